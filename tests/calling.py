"""Programs that call the API, each with a token of somebody's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from accounts import tokens
from accounts.models import ApiToken, User

API = "/api/v1"
EVERYTHING = (ApiToken.Scope.READ, ApiToken.Scope.TOUCHES, ApiToken.Scope.DEALS)


@dataclass
class Answer:
    """What a call was answered: its status, what the body says, and its headers."""

    status: int
    said: Any
    headers: Any

    @property
    def fields(self) -> list[str]:
        """Which fields a problem names."""
        return [error["field"] for error in self.said["errors"]]


@dataclass
class Program:
    """A program with a secret."""

    secret: str

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, None, headers)

    def post(self, path: str, said: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, said, headers)

    def patch(self, path: str, said: Any, **headers: str) -> Answer:
        return self.call("PATCH", path, said, headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, None, headers)

    def call(self, method: str, path: str, said: Any, headers: dict[str, str]) -> Answer:
        """Call an address of the API, or the whole one that a page named as next."""
        url = path if path.startswith("http") else f"{API}{path}"
        body = said if isinstance(said, (str, bytes)) else json.dumps(said)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = {"Authorization": f"Bearer {self.secret}", **named}
        response = Client().generic(
            method, url, b"" if said is None else body, content_type="application/json",
            headers=told,
        )  # fmt: skip
        text = response.content.decode()
        return Answer(response.status_code, json.loads(text) if text else None, response.headers)


def program(user: User, *scopes: str, **told: Any) -> Program:
    """Return a program that calls in somebody's name; by default it may do all that they may."""
    now = datetime.now(UTC)
    _, secret = tokens.issue(user, name="Zap", scopes=scopes or EVERYTHING, now=now, **told)
    return Program(secret)
