"""The kinds of values that the API takes and gives, each as its description says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from ninja import Path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from accounts.models import User

LARGEST_ID = 2**63 - 1  # what a database's key can hold
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
AN_INSTANT = "Write an instant with its zone, such as 2026-03-02T09:00:00Z or …T10:00:00+01:00."
NO_NUL = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\x00\s][^\x00]*$"
Item = TypeVar("Item")


class Taken(BaseModel):
    """What a program sends: a field that is not known is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class Changes(Taken):
    """What a program changes: only the fields that it sends, so that defaults mean nothing."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> Any:
        said = handler(core)
        for each in handler.resolve_ref_schema(said).get("properties", {}).values():
            each.pop("default", None)
        return said

    def sent(self) -> dict[str, Any]:
        """Return the fields that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Given(BaseModel):
    """What the API answers."""


class Named(Given):
    """A row that another one mentions."""

    id: int
    name: str


class Page(Given, Generic[Item]):
    """Some rows of a list, and the address of those that follow: null on the last page."""

    items: list[Item]
    next: str | None


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("It holds a NUL character, which cannot be kept: leave it out.")
    return text


def _read_instant(value: Any) -> datetime:
    match = INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(AN_INSTANT)
    day, minute, second, fraction, zone = match.groups()
    text = f"{day}T{minute}{second or ':00'}{(fraction or '')[:7]}{zone.upper()}"
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"There is no such day or hour. {AN_INSTANT}") from None
    if not EARLIEST <= at < LATEST:
        raise ValueError("That is before 1970 or after 2199: check the year.")
    return at


NUL_FREE = AfterValidator(_without_nul)
PLAIN = Field(json_schema_extra={"pattern": NO_NUL})
SAYS_SOMETHING = Field(json_schema_extra={"pattern": NOT_BLANK})
Id = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]
QueryId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PathId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Our id.")]
Switch = Annotated[bool, Field(strict=True)]
Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "With its zone."}),
]
QueryInstant = Instant

# Lines lose the blanks around them, as in the forms of the pages; notes are kept as they are.
Code = Annotated[str, StringConstraints(max_length=10, strip_whitespace=True), PLAIN, NUL_FREE]
Word = Annotated[str, StringConstraints(max_length=60, strip_whitespace=True), PLAIN, NUL_FREE]
Country = Annotated[str, StringConstraints(max_length=80, strip_whitespace=True), PLAIN, NUL_FREE]
Line = Annotated[str, StringConstraints(max_length=120, strip_whitespace=True), PLAIN, NUL_FREE]
Title = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), PLAIN, NUL_FREE]
Subject = Annotated[str, StringConstraints(max_length=300, strip_whitespace=True), PLAIN, NUL_FREE]
Note = Annotated[str, StringConstraints(max_length=20_000), PLAIN, NUL_FREE]
Sought = Annotated[str, PLAIN, NUL_FREE]  # in a parameter of the address
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    SAYS_SOMETHING,
    NUL_FREE,
]
Contactable = Annotated[
    str,
    StringConstraints(min_length=1, max_length=254, strip_whitespace=True),
    SAYS_SOMETHING,
    NUL_FREE,
]


def named(row: Any) -> Named:
    """Return a row's id and what it is called."""
    return Named(id=row.pk, name=str(row))


def named_or_none(row: Any) -> Named | None:
    """Return a row's id and what it is called, or None where there is none."""
    return None if row is None else named(row)


class UserOut(Given):
    """Somebody who works here."""

    id: int
    name: str
    email: str | None
    role: str
    team: Named | None

    @classmethod
    def of(cls, user: User) -> UserOut:
        """Describe a user, read with their team."""
        return cls(
            id=user.pk, name=str(user), email=user.email, role=user.role,
            team=named_or_none(user.team),
        )  # fmt: skip


def changed(row: Any, said: Mapping[str, Any]) -> list[str]:
    """Set the fields of a row that are said otherwise; return their names."""
    names = [name for name, value in said.items() if getattr(row, name) != value]
    for name in names:
        setattr(row, name, said[name])
    return names
