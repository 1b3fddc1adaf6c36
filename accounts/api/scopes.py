"""What a token may do: each operation names the scope that it needs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from accounts import tokens
from accounts.api.answers import ApiRequest
from accounts.api.problems import Problem
from accounts.models import ApiToken


class Token(HttpBearer):
    """A token that is good for a scope; the door has found out whose it is."""

    def __init__(self, scope: ApiToken.Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        return self.authenticate(request, "")

    def authenticate(self, request: HttpRequest, _secret: str) -> ApiToken:
        """Return the token of a call; raise Problem where it lacks the scope."""
        token = cast("ApiRequest", request).token
        if not tokens.grants(token, self.scope):
            raise _lacking(self.scope)
        return token


def _lacking(scope: ApiToken.Scope) -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN,
        f"This token lacks the scope “{scope.value}”. Make one that has it, in the settings.",
        headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope.value}"'},
    )


READ = Token(ApiToken.Scope.READ)
TOUCHES = Token(ApiToken.Scope.TOUCHES)
DEALS = Token(ApiToken.Scope.DEALS)
ADMIN = Token(ApiToken.Scope.ADMIN)
