"""How the API says that something is wrong: problem+json, naming the field and the remedy.

Source: RFC 9457.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as RuleError
from django.http import HttpResponse
from pydantic import BaseModel, Field

CONTENT_TYPE = "application/problem+json"
LONGEST_NAME = 80  # characters of a field's name that are said back
SENTENCES = {
    "missing": "It is missing: add it.",
    "extra_forbidden": "There is no such field: take it out, or check its spelling.",
    "string_unicode": "Half of a surrogate pair is no character: send whole ones.",
    "model_type": "It should be an object with named fields.",
    "model_attributes_type": "It should be an object with named fields.",
    "dict_type": "It should be an object with named fields.",
}


class Wrong(BaseModel):
    """One thing that is wrong: where, and what to do about it."""

    field: str = Field(description="The field, with dots on the way to it; empty for the whole.")
    pointer: str | None = Field(
        default=None, description="A JSON pointer into the body, such as #/items/0/channel."
    )
    parameter: str | None = Field(
        default=None, description="The parameter of the address, or the header."
    )
    detail: str


class ProblemOut(BaseModel):
    """What went wrong. Source: RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []


class Problem(Exception):  # noqa: N818  # RFC 9457's word for it
    """An answer that says what is wrong, with its headers."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Iterable[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.said = ProblemOut(
            title=status.phrase, status=status, detail=detail, errors=list(errors)
        )
        self.headers = dict(headers or {})

    def response(self) -> HttpResponse:
        """Return it as an answer."""
        body = self.said.model_dump_json(exclude_none=True)
        return HttpResponse(
            body, status=self.said.status, content_type=CONTENT_TYPE, headers=self.headers
        )


def not_found(what: str) -> Problem:
    """Say that there is no such thing, or none that this token may see: one sentence for both."""
    return Problem(HTTPStatus.NOT_FOUND, f"There is no such {what}, or it is not yours to see.")


def conflict(detail: str) -> Problem:
    """Say that it cannot be done as things stand."""
    return Problem(HTTPStatus.CONFLICT, detail)


def unprocessable(errors: Iterable[Wrong]) -> Problem:
    """Say which fields cannot be taken, and why not."""
    errors = list(errors)
    first = errors[0]
    lead = f"{first.field}: {first.detail}" if first.field else first.detail
    more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, lead + more, errors)


def wrong(detail: str, *path: str | int) -> Wrong:
    """Return what is wrong with a field of the body; without a path with all of it."""
    names = [_said(part) for part in path]
    pointer = "#" + "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
    return Wrong(field=".".join(names), pointer=pointer, detail=detail)


def wrong_parameter(name: str, detail: str) -> Wrong:
    """Return what is wrong with a parameter of the address, or with a header."""
    return Wrong(field=_said(name), parameter=_said(name), detail=detail)


def of_shape(errors: Iterable[Mapping[str, Any]], at: tuple[str | int, ...] = ()) -> list[Wrong]:
    """Return what pydantic found in a body, which stands at a place in the whole."""
    return [wrong(_sentence(error), *at, *_path(error["loc"])) for error in errors]


def of_call(errors: Iterable[Mapping[str, Any]]) -> list[Wrong]:
    """Return what ninja found in a call: in its body, its path, its query."""
    found = []
    for error in errors:
        source, *rest = error["loc"]
        if source == "body":  # the first name after it is our own, for the whole body
            found.append(wrong(_sentence(error), *_path(rest[1:])))
        else:
            found.append(wrong_parameter(str(rest[-1] if rest else ""), _sentence(error)))
    return found


def of_rule(error: RuleError, at: tuple[str | int, ...] = ()) -> list[Wrong]:
    """Return what a rule of the domain refused."""
    if not hasattr(error, "error_dict"):
        return [wrong(message, *at) for message in error.messages]
    found = []
    for name, messages in error.message_dict.items():
        path = at if name == NON_FIELD_ERRORS else (*at, name)
        found += [wrong(message, *path) for message in messages]
    return found


def _sentence(error: Mapping[str, Any]) -> str:
    said = SENTENCES.get(error["type"], error["msg"].removeprefix("Value error, "))
    said = said.replace("Input should", "It should")
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _path(loc: Iterable[str | int]) -> list[str | int]:
    """Leave out what pydantic names only to tell the members of a union apart."""
    return [part for part in loc if isinstance(part, int) or not _is_member(part)]


def _is_member(part: str) -> bool:
    return part in ("int", "str", "constrained-int", "constrained-str") or part[:1].isupper()


def _said(part: object) -> str:
    """Say a name back as text that can be written, however it was sent."""
    return str(part)[:LONGEST_NAME].encode("utf-8", "replace").decode()
