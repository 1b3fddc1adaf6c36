"""How days, months and times are said in the languages that templates are shipped in.

Small tables of our own: what a draft says must not hang on which locales a machine has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

A_YEAR = 12  # months: a month further back is said with its year


@dataclass(frozen=True)
class Speech:
    """One language: names from January and from Monday on, and the patterns around them."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    this_month: str
    in_month: str
    in_year: str
    time: str
    last: str
    their_time: str


SPEECHES = {
    "en": Speech(
        months=(
            "January", "February", "March", "April", "May", "June", "July", "August",
            "September", "October", "November", "December",
        ),
        weekdays=(
            "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
        ),
        this_month="this month",
        in_month="in {month}",
        in_year="in {month} {at:%Y}",
        time="{weekday} {at.day} {month} at {at:%H:%M}",
        last=" or ",
        their_time="{times} (your time)",
    ),
    "de": Speech(
        months=(
            "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August",
            "September", "Oktober", "November", "Dezember",
        ),
        weekdays=(
            "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
        ),
        this_month="diesen Monat",
        in_month="im {month}",
        in_year="im {month} {at:%Y}",
        time="{weekday} ({at.day}.{at.month}.) um {at:%H:%M} Uhr",
        last=" oder ",
        their_time="{times} (Ihre Ortszeit)",
    ),
}  # fmt: skip


def speech_of(language: str) -> Speech | None:
    """Return how a language such as "de-AT" says days; None where there is no table for it."""
    return SPEECHES.get(language.lower().partition("-")[0])


def say_month(day: date, today: date | None, speech: Speech) -> str:
    """Say in which month a day was: "this month", "in July", and with the year where it is far."""
    pattern = speech.in_year
    if today is not None:
        months = 12 * (today.year - day.year) + today.month - day.month
        near = speech.this_month if months == 0 else speech.in_month
        pattern = near if 0 <= months < A_YEAR else speech.in_year
    return pattern.format(month=speech.months[day.month - 1], at=day)


def say_times(times: Sequence[datetime], speech: Speech, *, is_theirs: bool = False) -> str:
    """Say times as they stand on the clock they come in, joined by "or"; "" for none.

    `is_theirs` says that it is not the writer's clock.
    """
    said = [
        speech.time.format(
            weekday=speech.weekdays[at.weekday()], month=speech.months[at.month - 1], at=at
        )
        for at in times
    ]
    joined = speech.last.join([part for part in (", ".join(said[:-1]), *said[-1:]) if part])
    return speech.their_time.format(times=joined) if joined and is_theirs else joined
