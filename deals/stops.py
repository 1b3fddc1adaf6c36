"""Spans that people would set as a threshold, and the even ones between which one is dragged."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from deals.spans import Span

# How many of a unit are offered one by one, before the next one takes over where it left off.
HOURS, DAYS, WEEKS = 48, 28, 26
WORKING_DAYS = 60
A_WEEK_OF_HOURS = 5  # working days, hour by hour
MANY, MOST = 100, 400  # notches of a slider: a few pixels wide each, or one


def stops(*, is_working: bool, day: timedelta) -> list[tuple[Span, timedelta]]:
    """Return the spans in working or calendar time, ascending, with their lengths on its clock.

    `day` is how long a working day is: only that clock's hours are counted.
    """
    spans = _working(day) if is_working else _calendar()
    return [(span, span.length(day)) for span in spans]


def notches(reach: timedelta, current: Span, day: timedelta) -> list[Span]:
    """Return spans evenly apart on the clock of `current`, ascending, the last at `reach` or past it.

    So a slider over them stands where an axis of time would. Hours, days or weeks, whichever are
    few, but none longer than `current`.
    """
    names = ("wh", "wd") if current.is_working else ("h", "d", "w")
    units = [Span(1, name) for name in names]
    short = [unit for unit in units if unit.length(day) <= current.length(day)] or units[:1]
    counts = {unit: max(ceil(reach / unit.length(day)), 1) for unit in short}
    unit = next((unit for unit in short if counts[unit] <= MANY), short[-1])
    step = ceil(counts[unit] / MOST)
    return [
        Span(place * step, unit.unit) for place in range(1, ceil(counts[unit] / step) + 1)
    ]  # fmt: skip


def _calendar() -> list[Span]:
    days = [Span(count, "d") for count in range(HOURS // 24 + 1, DAYS + 1)]
    weeks = [Span(count, "w") for count in range(DAYS // 7 + 1, WEEKS + 1)]
    return [*(Span(count, "h") for count in range(1, HOURS + 1)), *days, *weeks]


def _working(day: timedelta) -> list[Span]:
    hours = [
        Span(count, "wh") for count in range(1, A_WEEK_OF_HOURS * day // timedelta(hours=1) + 1)
    ]
    last = hours[-1].length(day) if hours else timedelta()
    days = [Span(count, "wd") for count in range(1, WORKING_DAYS + 1)]
    return [*hours, *(span for span in days if span.length(day) > last)]
