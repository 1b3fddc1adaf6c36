"""How the API answers: one resource with its tag, a page of a list, or nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from pydantic import BaseModel, Field

from accounts.api.problems import Problem, unprocessable, wrong_parameter
from accounts.api.values import Given, Page
from accounts.models import ApiToken, User
from accounts.numbers import row_number

LONGEST_PAGE = 200
USUAL_PAGE = 50
CURSOR = "after:"
Row = TypeVar("Row")


class ApiRequest(HttpRequest):
    """A call as it reaches an operation: with its token, whose it is, and when it came."""

    token: ApiToken
    user: User
    now: Any


class Paged(BaseModel):
    """Which page of a list, and how long it is."""

    limit: int = Field(default=USUAL_PAGE, ge=1, le=LONGEST_PAGE)
    cursor: str = Field(default="", max_length=100, description="From `next`; empty: the first.")


def one(given: Given, status: int = HTTPStatus.OK, location: str = "") -> HttpResponse:
    """Answer with one resource, and its tag for a later If-None-Match or If-Match."""
    body = given.model_dump_json()
    response = HttpResponse(body, status=status, content_type="application/json")
    response["ETag"] = tag(body)
    if location:
        response["Location"] = location
    return response


def nothing() -> HttpResponse:
    """Answer that it is done."""
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def tag(body: str | bytes) -> str:
    """Return the strong tag of a body: the same bytes, the same tag."""
    raw = body.encode() if isinstance(body, str) else body
    return f'"{hashlib.sha256(raw).hexdigest()[:32]}"'


def demand(request: HttpRequest, current: Given) -> None:
    """Refuse with 412 what was to be done to another state of a resource than the current one.

    Ask it of a resource that is locked and that the token may see.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    tags = parse_etags(header)
    if tags != ["*"] and tag(current.model_dump_json()) not in tags:
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED,
            "It has changed since you read it. Read it again, and decide anew.",
        )


def page(
    request: ApiRequest,
    asked: Paged,
    rows: QuerySet[Any],
    say: Callable[[list[Any]], Iterable[Given]],
) -> HttpResponse:
    """Answer with the rows after a cursor, by id, so that rows added meanwhile come last."""
    known = {*type(asked).model_fields}
    unknown = [name for name in request.GET if name not in known]
    if unknown:
        said = f"There is no such parameter. There are: {', '.join(sorted(known))}."
        raise unprocessable(wrong_parameter(name, said) for name in unknown)
    following = rows.filter(Q(pk__gt=_place(asked.cursor))).order_by("pk")
    found = list(following[: asked.limit + 1])
    shown = found[: asked.limit]
    following_url = _next_url(request, shown[-1].pk) if len(found) > len(shown) else None
    response = one(Page[Any](items=list(say(shown)), next=following_url))
    if following_url:
        response["Link"] = f'<{following_url}>; rel="next"'
    return response


def _next_url(request: HttpRequest, last: int) -> str:
    query = request.GET.copy()
    query["cursor"] = base64.urlsafe_b64encode(f"{CURSOR}{last}".encode()).decode().rstrip("=")
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _place(cursor: str) -> int:
    """Return after which id a page begins; raise Problem for a cursor that is none of ours."""
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        name, _, place = text.decode("ascii").partition(":")
        last = row_number(place)
        if f"{name}:" == CURSOR and last is not None:
            return last
    except (binascii.Error, ValueError):
        pass
    remedy = "This is no cursor of ours. Follow `next`, or leave it out to begin anew."
    raise unprocessable([wrong_parameter("cursor", remedy)])
