"""One cell's text as an instant, an amount, a choice: read exactly or refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from deals.conversation import CLOCK_SKEW
from deals.importing import instants, sums
from deals.importing.instants import SHORT_DATE

EARLIEST_YEAR = 1970  # what lies before is an empty date in disguise: 0001, 1899, 1900
LATEST_YEAR = 9000  # keeps every sum of zones inside the calendar
ADDRESS = re.compile(r"(?:.*<(?:mailto:)?([^<>\s]+@[^<>\s]+)>|mailto:(\S+))$", re.IGNORECASE)
YES_OR_NO = {
    "yes": True, "true": True, "1": True, "ja": True, "wahr": True, "no": False, "false": False,
    "0": False, "nein": False, "falsch": False,
}  # fmt: skip


class RefusalError(ValueError):
    """Why a row is set aside: a sentence without its subject, which is the row."""


@dataclass
class Reader:
    """How the instants of one import are written, and until when they can have been.

    `decimal` is the sign before the cents where a person has said it, "," or "."; `currency` that
    of amounts which name none. `without_zone` counts the instants that were read in `zone`,
    `swapped` those that only make sense with day and month the other way round than declared,
    `counted` those that stood there as numbers; `rounded` the amounts that were finer than cents,
    `several` the rows of which only the first contact or company counts.
    """

    dates: str
    zone: ZoneInfo
    now: datetime
    decimal: str = ""
    currency: str = ""
    without_zone: int = 0
    swapped: int = 0
    counted: int = 0
    rounded: int = 0
    several: int = 0

    def instant(self, name: str, text: str) -> datetime:
        """Read an instant that is past, in UTC; without a zone of its own it is in ours."""
        at = instants.iso(text) or self._otherwise(text) or self._declared(name, text)
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

    def _otherwise(self, text: str) -> datetime | None:
        """Read what no order of day and month can turn round."""
        if "%" in self.dates:
            return None
        at = instants.year_first(text) or instants.spelt(text)
        if at is None and (at := instants.counted(text)):
            self.counted += 1
        return at

    def _declared(self, name: str, text: str) -> datetime:
        if "%" in self.dates:
            return _parsed(name, text, text, self.dates)
        match = SHORT_DATE.fullmatch(text)
        if not match:
            raise RefusalError(f"{name} “{text}” is no date: write it as 2026-03-31T14:30:00+02:00")
        order = self.dates
        if order == "iso" and match[1] == match[3]:
            order = "day/month/year"  # 4/4/2026 is the same either way
        if order == "iso":
            raise RefusalError(
                f"{name} “{text}” could be read with the day or the month first: say how dates are "
                "written, day/month/year or month/day/year"
            )
        first, _, second, third, hour, minute, seconds, half = match.groups()
        parts = dict(zip(re.split(r"[/.]", order), (first, second, third), strict=True))
        if len(third) == 2 and parts["year"] == third:  # 13.2.26, as spreadsheets shorten it
            parts["year"] = str(instants.full_year(third))
        if len(parts["year"]) != 4:
            raise RefusalError(f"{name} “{text}” has no year of four digits")
        self.swapped += int(parts["month"]) > 12 >= int(parts["day"])
        plain = f"{parts['year']}-{parts['month']}-{parts['day']}"
        plain += f" {instants.of_24(int(hour or 0), half)}:{minute or 0}:{seconds or 0}"
        return _parsed(name, text, plain, "%Y-%m-%d %H:%M:%S", f" as {self.dates}")


def _parsed(name: str, text: str, plain: str, form: str, said: str = "") -> datetime:
    try:
        return datetime.strptime(plain, form)  # noqa: DTZ007 -- the zone is set by the caller
    except ValueError as error:
        raise RefusalError(
            f"{name} “{text}” is no date{said or f' as {form}'}: correct it, or the order of "
            "day and month that was declared"
        ) from error


def amount(text: str, stated: str, reader: Reader) -> tuple[Decimal | None, str]:
    """Read an exact amount that is not negative, with its currency: as its cell or `stated` says.

    "" for the currency where neither says it and nothing was declared.
    """
    try:
        said = sums.read(text, reader.decimal)
    except ValueError as error:
        raise RefusalError(f"amount “{text}”: {error}") from error
    code = currency("currency", stated, reader.currency) if stated else ""
    if code and said.mark and code not in sums.codes(said.mark):
        raise RefusalError(
            f"amount “{text}” is not in {code}, as currency says: correct one of them"
        )
    if said.mark and not code:
        code = currency("currency", said.mark, reader.currency)
    reader.rounded += said.is_rounded
    return said.amount, code or ("" if said.amount is None else reader.currency)


def currency(name: str, text: str, usual: str = "") -> str:
    """Read the code of a currency in use, its mark or its name; `usual` of those that share one."""
    code = sums.currency(text, usual)
    if not code:
        raise RefusalError(f"{name} “{text}” is no currency in use: write its code, such as EUR")
    return code


def emails(name: str, text: str) -> list[str]:
    """Read e-mail addresses, also “Mara Lind <mara@example.org>”, several by commas or semicolons."""
    parts = (_bare(part.strip()) for part in re.split(r"[;,\n]", text))
    return [email(name, part) for part in dict.fromkeys(parts) if part]


def _bare(text: str) -> str:
    match = ADDRESS.match(text)
    return (match[1] or match[2]) if match else text


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


def yes_or_no(said: Mapping[str, str], name: str) -> bool | None:
    """Read yes or no; what is empty says nothing."""
    if not said.get(name):
        return None
    return YES_OR_NO[one_of(name, said[name], tuple(YES_OR_NO))]


def words(name: str, text: str, longest: int) -> str:
    """Read a text that its column can hold."""
    if len(text) > longest:
        raise RefusalError(f"{name} is {len(text)} characters long: at most {longest} can be kept")
    return text
