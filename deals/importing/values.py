"""One cell's text as an instant, an amount, a choice: read exactly or refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.currencies import CURRENCIES
from deals.amounts import read_amount
from deals.conversation import CLOCK_SKEW

EARLIEST_YEAR = 1970  # what lies before is an empty date in disguise: 0001, 1899, 1900
LATEST_YEAR = 9000  # keeps every sum of zones inside the calendar
SHORT_DATE = re.compile(
    r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})"
    r"(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])\.?[Mm]\.?)?)?",
    re.ASCII,
)
CODE = re.compile(r"^[A-Z]{3}(?=[-\d])|(?<=\d)[A-Z]{3}$")  # as in "EUR 1.000"
PLACES = {"year": "%Y", "month": "%m", "day": "%d"}


class RefusalError(ValueError):
    """Why a row is set aside: a sentence without its subject, which is the row."""


@dataclass
class Reader:
    """How the instants of one import are written, and until when they can have been.

    `decimal` is the sign before the cents where a person has said it, "," or ".".
    `without_zone` counts those that were read in `zone`, `swapped` those that only make sense
    with day and month the other way round than declared.
    """

    dates: str
    zone: ZoneInfo
    now: datetime
    decimal: str = ""
    without_zone: int = 0
    swapped: int = 0

    def instant(self, name: str, text: str) -> datetime:
        """Read an instant that is past, in UTC; without a zone of its own it is in ours."""
        at = _iso(text) or self._declared(name, text)
        if at.year < EARLIEST_YEAR:
            raise RefusalError(
                f"{name} is in the year {at.year}: leave it empty where the date is not known"
            )
        if at.year > LATEST_YEAR:
            raise RefusalError(f"{name} is in the year {at.year}, which is to come: correct it")
        self.without_zone += at.tzinfo is None
        at = (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
        if at > self.now + CLOCK_SKEW:
            raise RefusalError(f"{name} “{text}” is in the future: only what has happened comes in")
        return min(at, self.now)

    def _declared(self, name: str, text: str) -> datetime:
        if "%" in self.dates:
            return _parsed(name, text, text, self.dates)
        match = SHORT_DATE.fullmatch(text)
        if not match:
            raise RefusalError(f"{name} “{text}” is no date: write it as 2026-03-31T14:30:00+02:00")
        if self.dates == "iso":
            raise RefusalError(
                f"{name} “{text}” could be read with the day or the month first: say how dates are "
                "written, day/month/year or month/day/year"
            )
        first, sign, second, third, hour, minute, seconds, half = match.groups()
        parts = dict(zip(re.split(r"[/.]", self.dates), (first, second, third), strict=True))
        if sign == "." and len(parts["year"]) == 2:  # 13.2.26, as German spreadsheets shorten it
            parts["year"] = ("20" if int(parts["year"]) < EARLIEST_YEAR % 100 else "19") + parts[
                "year"
            ]
        if len(parts["year"]) != 4:
            raise RefusalError(f"{name} “{text}” has no year of four digits")
        self.swapped += int(parts["month"]) > 12 >= int(parts["day"])
        plain = f"{parts['year']}-{parts['month']}-{parts['day']}"
        plain += f" {_of_24(int(hour or 0), half)}:{minute or 0}:{seconds or 0}"
        return _parsed(name, text, plain, "%Y-%m-%d %H:%M:%S", f" as {self.dates}")


def _of_24(hour: int, half: str | None) -> int:
    """Return an hour of the day: 12 AM is 0, 12 PM is 12; an hour that is none stays one."""
    if not half or not 1 <= hour <= 12:
        return hour if not half else 99
    return hour % 12 + (12 if half in "Pp" else 0)


def _iso(text: str) -> datetime | None:
    """Read ISO 8601; what begins with anything but a year of four digits is something else."""
    if not re.match(r"\d{4}-?\d{2}-?\d{2}", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parsed(name: str, text: str, plain: str, form: str, said: str = "") -> datetime:
    try:
        return datetime.strptime(plain, form)  # noqa: DTZ007 -- the zone is set by the caller
    except ValueError as error:
        raise RefusalError(
            f"{name} “{text}” is no date{said or f' as {form}'}: correct it, or the order of "
            "day and month that was declared"
        ) from error


def amount(name: str, text: str, decimal: str = "") -> Decimal:
    """Read an exact amount that is not negative; `decimal` settles what "1.000" means."""
    try:
        return read_amount(_pointed(text, decimal) if decimal else text)
    except ValueError as error:
        raise RefusalError(f"{name} “{text}”: {error}") from error


def _pointed(text: str, decimal: str) -> str:
    """Return an amount with a point before its cents and no other marks; "1,2,3" stays as it is."""
    group = "," if decimal == "." else "."
    bare = CODE.sub("", text.replace("\u00a0", "").replace(" ", ""))
    whole, sign, cents = bare.partition(decimal)
    if group in whole and not re.fullmatch(rf"\D*\d{{1,3}}(?:\{group}\d{{2,3}})+\D*", whole):
        return text
    whole, cents = whole.replace(group, ""), cents.rstrip("0").ljust(2, "0")
    return f"{whole}.{cents}" if sign else whole


def currency(name: str, text: str) -> str:
    """Read the code of a currency in use."""
    code = text.upper()
    if code not in CURRENCIES:
        raise RefusalError(f"{name} “{text}” is no currency in use: write its code, such as EUR")
    return code


def email(name: str, text: str) -> str:
    """Read an e-mail address."""
    try:
        validate_email(text)
    except ValidationError as error:
        raise RefusalError(
            f"{name} “{text}” is no e-mail address: correct it or empty it"
        ) from error
    return text


def one_of(name: str, text: str, choices: Collection[str]) -> str:
    """Read one of a few words, without regard to case, spaces and hyphens."""
    word = re.sub(r"[\s-]+", "_", text.casefold())
    if word not in choices:
        raise RefusalError(f"{name} “{text}” is not known: write one of {', '.join(choices)}")
    return word


def words(name: str, text: str, longest: int) -> str:
    """Read a text that its column can hold."""
    if len(text) > longest:
        raise RefusalError(f"{name} is {len(text)} characters long: at most {longest} can be kept")
    return text
