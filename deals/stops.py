"""Where a threshold can be dragged to: spans that people would set, from an hour to half a year."""

from __future__ import annotations

from datetime import timedelta

from deals.spans import Span

# How many of a unit are offered one by one, before the next one takes over where it left off.
HOURS, DAYS, WEEKS = 48, 28, 26
WORKING_DAYS = 60
A_WEEK_OF_HOURS = 5  # working days, hour by hour


def stops(*, is_working: bool, day: timedelta) -> list[tuple[Span, timedelta]]:
    """Return the spans in working or calendar time, ascending, with their lengths on its clock.

    `day` is how long a working day is: only that clock's hours are counted.
    """
    spans = _working(day) if is_working else _calendar()
    return [(span, span.length(day)) for span in spans]


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
