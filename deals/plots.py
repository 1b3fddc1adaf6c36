"""Where the shapes of the report's plot stand. The template draws them; colours are the look's.

Sideways all is in per cent of the width, so that words keep their size on any screen; upwards in
pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from deals.report_tables import Table

LEFT = 6.0  # per cent of the width, for the numbers at the grid's lines
HEIGHT, TOP, BOTTOM = 200, 16, 24  # pixels; plot.css has the height, the rest is room for words
WIDEST = 2.6  # per cent of the width, for one bar
LABELS = 6  # how many days fit under the axis on a narrow screen
TICKS = 4
ROOM = 0.8  # of a step's width, for its bars
MARKS = ("bar-dark", "bar-relit", "bar-let-go")  # in the order of `reports.PLOTTED`


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, what it says, and the query behind it."""

    x: float
    y: float
    width: float
    height: float
    mark: str
    title: str
    query: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something written at an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A plot of bars, step by step."""

    bars: Sequence[Bar]
    ticks: Sequence[Mark]
    labels: Sequence[Mark]
    floor: int = HEIGHT - BOTTOM


def bars(steps: Table) -> Bars:
    """Lay out the report's weeks or months as bars, three to a step."""
    highest = max((cell.tally.count for row in steps.rows for cell in row.cells), default=0)
    tick = tick_of(highest)
    top = max(tick * ceil(highest / tick), tick)
    return Bars(
        bars=list(_bars(steps, top)),
        ticks=[Mark(_y(value, top), str(value)) for value in range(tick, top + 1, tick)],
        labels=list(_labels(steps)),
    )


def tick_of(highest: int) -> int:
    """Return the distance of the grid's lines: 1, 2 or 5 times a power of ten."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size * TICKS >= highest:
                return factor * size
        size *= 10


def _y(value: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)


def _step_width(steps: Table) -> float:
    return (100 - LEFT) / max(len(steps.rows), 1)


def _bars(steps: Table, top: int) -> Iterator[Bar]:
    step = _step_width(steps)
    width = min(step * ROOM / len(MARKS), WIDEST)
    for place, row in enumerate(steps.rows):
        start = LEFT + step * (place + 0.5) - width * len(MARKS) / 2
        for nth, (cell, mark) in enumerate(zip(row.cells, MARKS, strict=True)):
            y = _y(cell.tally.count, top)
            title = f"{cell.column}, {steps.corner.lower()} {row.label}: {cell.tally.count}"
            if cell.tally.count:
                yield Bar(
                    round(start + nth * width, 2), y, round(width * 0.9, 2),
                    round(HEIGHT - BOTTOM - y, 1), mark, title, cell.query,
                )  # fmt: skip


def _labels(steps: Table) -> Iterator[Mark]:
    step = _step_width(steps)
    every = max(ceil(len(steps.rows) / LABELS), 1)
    for place in range(0, len(steps.rows), every):
        yield Mark(round(LEFT + step * (place + 0.5), 2), steps.rows[place].label)
