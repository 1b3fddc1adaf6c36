"""What the page of a work calendar tells: its versions, and a trial in words. Pure text, no markup."""

from __future__ import annotations

from calendar import day_abbr
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from deals.calendar_year import NAMES, Kind
from deals.models import CalendarVersion
from deals.opening_hours import say_days, say_hours
from deals.try_it import Step, Trial

MINUTE = timedelta(minutes=1)
NONE = timedelta()


@dataclass(frozen=True)
class Described:
    """A version with its hours and extra days in words; weekdays that are alike stand together."""

    version: CalendarVersion
    week: list[tuple[str, str]]
    days: str


@dataclass(frozen=True)
class Line:
    """A step of a trial in words: which days, what they are, what they add, and what there is then."""

    days: str
    what: str
    counted: str
    total: str
    is_counting: bool


def described(version: CalendarVersion) -> Described:
    """Return a version with what it says in words."""
    hours = [say_hours(version.hours.get(str(day), [])) for day in range(len(day_abbr))]
    alike = [(said, list(days)) for said, days in groupby(range(len(hours)), key=hours.__getitem__)]
    week = [(_weekdays(days), said) for said, days in alike if said]
    return Described(version, week, say_days(version.special))


def _weekdays(days: Sequence[int]) -> str:
    """Say days that follow each other: "Mon", "Mon, Tue", "Mon–Fri"."""
    names = [day_abbr[day] for day in days]
    return f"{names[0]}–{names[-1]}" if len(names) > 2 else ", ".join(names)


def say_open(length: timedelta) -> str:
    """Say a length in hours, which working time is counted in: "8 h", "7 h 30 min", "0 h"."""
    minutes = round(length / MINUTE)
    hours, rest = divmod(minutes, 60)
    if rest:
        return f"{hours} h {rest} min" if hours else f"{rest} min"
    return f"{hours} h"


def lines(trial: Trial) -> list[Line]:
    """Return the steps of a trial in words, in order."""
    return [
        Line(
            _days(step),
            "; ".join(_what(trial, step)),
            say_open(step.counted),
            say_open(step.total),
            step.counted > NONE,
        )
        for step in trial.steps
    ]


def _days(step: Step) -> str:
    """Say which days: "Thursday 2 April 2026", "4–5 April", "29 January to 3 July 2026"."""
    first, last = step.first, step.last
    if first == last:
        return f"{first:%A} {_said(first)}"
    if step.days == 2:
        return f"{first:%A} {first.day} {first:%B} and {last:%A} {_said(last)}"
    return f"{_said(first)} to {_said(last)}"


def _said(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def _what(trial: Trial, step: Step) -> list[str]:
    start, end = (at.astimezone(trial.zone) for at in (trial.start, trial.dark_at))
    said = [_kind(trial, step)]
    if step.first <= start.date() <= step.last:
        said.append(f"silent since {start:%H:%M}")
    if step.shift:
        said.append(f"the clocks go {_shift(step.shift)}")
    if step.first <= end.date() <= step.last:
        said.append(f"dark at {end:%H:%M}")
    return said


def _kind(trial: Trial, step: Step) -> str:
    if step.day is None:
        return "Every hour counts" if not trial.span.is_working else f"{step.days} more days"
    if step.day.kind == Kind.OPEN:
        return f"{NAMES[Kind.OPEN]} {step.day.hours}"
    return step.day.what


def _shift(by: timedelta) -> str:
    return f"forward by {say_open(by)}" if by > NONE else f"back by {say_open(-by)}"
