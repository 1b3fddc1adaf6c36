"""Doors for some roles only. What one may not see answers 404."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]


def reader(request: HttpRequest) -> User:
    """Return who reads this page; the site asks for a sign-in before any view runs."""
    assert isinstance(request.user, User)
    return request.user


def admins_only(view: View[P, R]) -> View[P, R]:
    """Show a page to admins, and to nobody else that it exists."""
    return _where(lambda user: user.is_admin, view)


def managers_only(view: View[P, R]) -> View[P, R]:
    """Show a page to managers and admins, and to nobody else that it exists."""
    return _where(lambda user: user.is_manager, view)


def _where(may: Callable[[User], bool], view: View[P, R]) -> View[P, R]:
    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> R:
        if not may(reader(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View[P, R]", door)
