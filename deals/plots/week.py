"""How much falls on each hour of the week: a small grid of seven days by 24 hours."""

from __future__ import annotations

from calendar import day_abbr, day_name
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deals.plots.caption import Caption, Entry, Line, Sheet
from deals.plots.frame import Frame, Mark, room_for
from deals.plots.heat import LEVELS, level_of
from deals.survival import Counts

HOURS, DAYS = 24, 7
NAMED = 6  # hours between two that are named
ROW = 22  # pixels
GAP = 1  # pixel between two rows
SHARE = 0.92  # of an hour's width, drawn


@dataclass(frozen=True, slots=True)
class Square:
    """One hour of the week: `x` and `width` in per cent, `y` and `height` in pixels; level 0 to 5."""

    x: float
    y: float
    width: float
    height: float
    level: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Week:
    """A week, laid out: `templates/plots/week.html` draws it."""

    caption: Caption
    frame: Frame
    squares: Sequence[Square]
    days: Sequence[Mark]
    hours: Sequence[Mark]
    sheet: Sheet
    scale: Sequence[int] = range(1, LEVELS + 1)


def draw(
    caption: Caption, counts: Counts, url: Callable[[int, int], str] = lambda day, hour: ""
) -> Week:
    """Lay out counts (7, 24): Monday first, hours from midnight. `url` opens what an hour counts."""
    names = list(day_abbr)
    frame = Frame(height=ROW * DAYS + 26, top=2, bottom=24, left=room_for(names))
    width = frame.width / HOURS
    return Week(
        caption=caption,
        frame=frame,
        squares=list(_squares(counts, frame, width, url)),
        days=[Mark(frame.top + ROW * place + ROW * 0.68, name) for place, name in enumerate(names)],
        hours=[
            Mark(round(frame.left + width * hour, 2), f"{hour}:00")
            for hour in range(0, HOURS, NAMED)
        ],
        sheet=_sheet(counts, url),
    )


def _squares(
    counts: Counts, frame: Frame, width: float, url: Callable[[int, int], str]
) -> Iterator[Square]:
    highest = int(np.max(counts, initial=0))
    for day in range(DAYS):
        for hour in range(HOURS):
            count = int(counts[day, hour])
            yield Square(
                round(frame.left + width * hour, 2), frame.top + ROW * day, round(width * SHARE, 2),
                ROW - GAP, level_of(count, highest), f"{_say(day, hour)}: {count:,}",
                url(day, hour) if count else "",
            )  # fmt: skip


def _say(day: int, hour: int) -> str:
    return f"{day_name[day]} {hour}:00 to {hour + 1}:00"


def _sheet(counts: Counts, url: Callable[[int, int], str]) -> Sheet:
    """Return hours by days, which is narrow enough for a phone; hours without any are left out."""
    lines = [
        Line(
            f"{hour}:00",
            [
                Entry(f"{counts[day, hour]:,}", url(day, hour) if counts[day, hour] else "")
                for day in range(DAYS)
            ],
        )
        for hour in range(HOURS)
        if np.any(counts[:, hour])
    ]
    return Sheet("From", list(day_abbr), lines)
