"""Numbers by two headings, each cell as dark as its share of the highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from deals.plots.caption import Caption, Key, thin
from deals.shares import ENOUGH

LEVELS = 5  # of the one colour scale: 1 is gold, 3 rose, 5 indigo; 0 is nothing


@dataclass(frozen=True, slots=True)
class Cell:
    """One number, as it is said (a line for each currency), and what it opens.

    None is a number that nobody can tell, such as a rate of nothing. `count` is how many stand
    behind a rate: few, and it is grey. `is_apart` says that some of it cannot be compared, and so
    has no part in the number; `title` what the lines leave out.
    """

    number: float | None
    lines: Sequence[str]
    url: str = ""
    count: int | None = None
    is_apart: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of cells; `note` says what the label alone cannot."""

    label: str
    cells: Sequence[Cell]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shade:
    """A cell with its level on the scale, 0 to 5, and why it is grey, if it is."""

    level: int
    lines: Sequence[str]
    url: str
    thin: str
    is_apart: bool
    title: str


@dataclass(frozen=True, slots=True)
class ShadedRow:
    """One line of shades."""

    label: str
    note: str
    shades: Sequence[Shade]


@dataclass(frozen=True, slots=True)
class Heat:
    """A heatmap: `templates/plots/heat.html` draws it, as the table that it is."""

    caption: Caption
    corner: str
    columns: Sequence[str]
    rows: Sequence[ShadedRow]
    legend: Sequence[Key]
    ends: tuple[str, str]
    scale: Sequence[int] = range(1, LEVELS + 1)


def draw(
    caption: Caption,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    corner: str = "",
    highest: float | None = None,
    ends: tuple[str, str] = ("least", "most"),
) -> Heat:
    """Shade cells by their share of `highest` (None: of the highest of them), from end to end."""
    numbers = [cell.number for row in rows for cell in row.cells if cell.number is not None]
    top = max(numbers, default=0) if highest is None else highest
    return Heat(
        caption,
        corner,
        columns,
        [ShadedRow(row.label, row.note, [_shade(cell, top) for cell in row.cells]) for row in rows],
        _legend([cell for row in rows for cell in row.cells]),
        ends,
    )


def _legend(cells: Sequence[Cell]) -> list[Key]:
    """Return what marks some of the cells, beside their shade."""
    marks = {
        Key("thin", f"hatched: under {ENOUGH}"): any(thin(each.count) for each in cells),
        Key("apart", "outlined: no exchange rate, so not shaded by it"): any(
            each.is_apart for each in cells
        ),
    }
    return [key for key, is_there in marks.items() if is_there]


def _shade(cell: Cell, top: float) -> Shade:
    level, few = level_of(cell.number, top), thin(cell.count)
    return Shade(level, cell.lines, cell.url, few, cell.is_apart, few or cell.title)


def level_of(number: float | None, highest: float) -> int:
    """Return how dark a number is, 1 to 5 by its share of the highest; 0 for nothing or unknown."""
    if number is None or number <= 0 or highest <= 0:
        return 0
    return min(max(ceil(LEVELS * number / highest), 1), LEVELS)
