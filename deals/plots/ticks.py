"""Round places on an axis: counts, money, shares, lengths of time, days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count as counting
from math import ceil, floor

from deals.wording import SIGNS

MOST = 4  # lines of a grid; more are in the way
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SHORT = ((10**12, " T"), (10**9, " B"), (10**6, " M"), (10**3, " k"))
OF_AN_HOUR = (1, 2, 5, 10, 15, 30)  # minutes
OF_A_DAY = (1, 2, 4, 6, 12)  # hours
OF_A_YEAR = (1, 2, 3, 6)  # months


@dataclass(frozen=True, slots=True)
class Tick:
    """A round place on an axis, in the axis' own unit, and what is written there."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class DayTick:
    """A day that an axis names."""

    on: date
    text: str


def step_of(highest: float, most: int = MOST, *, least: float = 1) -> float:
    """Return the distance of the grid's lines: 1, 2 or 5 times a power of ten, `least` or more.

    At most `most` of them reach the highest value.
    """
    size = least
    while True:
        for factor in (1, 2, 5):
            if factor * size * most >= highest:
                return factor * size
        size *= 10


def counts(highest: float) -> list[Tick]:
    """Return the lines for counts: from the first above zero up to one at or past the highest."""
    return [Tick(value, say_short(value)) for value in _up_to(highest)]


def money(highest: float | Decimal, currency: str) -> list[Tick]:
    """Return the lines for amounts in one currency: "€ 20 k", "€ 1.5 M"."""
    return [Tick(value, say_money(value, currency)) for value in _up_to(float(highest))]


def shares(step: float = 0.25) -> list[Tick]:
    """Return the lines for shares from 0 to 1, each `step`: "0 %", "25 %", … "100 %"."""
    return [
        Tick(place * step, f"{100 * place * step:.0f} %") for place in range(round(1 / step) + 1)
    ]


def durations(longest: timedelta, day: timedelta = DAY, most: int = 8) -> list[Tick]:
    """Return round lengths of time in seconds from 0 to the longest; `day` is how long a day is.

    Up to a day in minutes and hours, past it in days: of 24 hours, or of open ones.
    """
    step, unit, name = _length_step(max(longest, MINUTE) / most, day)
    places = range(floor(longest / (step * unit)) + 1)
    texts = (f"{_plain(place * step)} {name}" if place else "0" for place in places)
    return [
        Tick((place * step * unit).total_seconds(), text)
        for place, text in zip(places, texts, strict=True)
    ]


def days(first: date, last: date, most: int = 6) -> list[DayTick]:
    """Return days to name from the first to the last: each so-many-th, Mondays, or firsts of months."""
    number = (last - first).days + 1
    if number <= 7 * most:
        step = 1 if number <= most else 2 if number <= 2 * most else 7
        start = first + timedelta(days=-first.weekday() % 7) if step == 7 else first
        named = [start + timedelta(days=place) for place in range(0, number, step)]
    else:
        named = list(_months(first, last, most))
    spans_years = first.year != last.year
    return [DayTick(on, _say_day(on, with_year=spans_years)) for on in named if on <= last]


def say_short(number: float) -> str:
    """Say a number in at most five letters: "950", "12 k", "1.5 M"."""
    for size, name in SHORT:
        if number >= size and (number >= 10 * size or not number % (size / 10)):
            return f"{_plain(number / size)}{name}"
    return f"{_plain(number):}"


def say_money(number: float, currency: str) -> str:
    """Say an amount as short as the number: "€ 12 k"."""
    return f"{SIGNS.get(currency, currency)} {say_short(number)}".strip()


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) or number >= 100 else f"{number:,.1f}"


def _up_to(highest: float) -> list[float]:
    step = step_of(highest)
    return [step * place for place in range(1, max(ceil(highest / step), 1) + 1)]


def _length_step(apart: timedelta, day: timedelta) -> tuple[int, timedelta, str]:
    """Return how many of which unit lie between two lines that are at least so far apart."""
    for number in OF_AN_HOUR:
        if number * MINUTE >= apart:
            return number, MINUTE, "min"
    for number in OF_A_DAY:
        if number * HOUR >= apart and 2 * number * HOUR <= day:
            return number, HOUR, "h"
    return int(step_of(apart / day, 1)), day, "d"


def _months(first: date, last: date, most: int) -> Iterator[date]:
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next(
        (each for each in OF_A_YEAR if months <= each * most), 12 * ceil(months / 12 / most)
    )
    for number in counting():
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        if date(year, month + 1, 1) > last:
            return
        if (
            date(year, month + 1, 1) >= first
            and month % step == 0
            and not year % max(step // 12, 1)
        ):
            yield date(year, month + 1, 1)


def _say_day(on: date, *, with_year: bool) -> str:
    return f"{on.day} {on:%b}{f' {on.year}' if with_year else ''}"


def texts(ticks: Sequence[Tick]) -> list[str]:
    """Return what is written at the lines."""
    return [tick.text for tick in ticks]
