"""What stands around a plot: its heading and finding, its legend, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from deals.shares import ENOUGH


@dataclass(frozen=True, slots=True)
class Switch:
    """Another measure of the same plot, as a link; the one that is shown is current."""

    label: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """A plot's heading, its finding in a sentence (the text alternative), and ways on from it.

    `name` is its id, once on a page. `count` is how many stand behind the whole plot: none, and
    only the finding is shown; fewer than ENOUGH, and it is grey. None: does not matter here.
    `csv_url` and `xlsx_url` lead to its table as files.
    """

    name: str
    title: str
    finding: str
    count: int | None = None
    csv_url: str = ""
    xlsx_url: str = ""
    switches: Sequence[Switch] = ()
    level: int = 2  # of the heading

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self.count == 0

    @property
    def thin(self) -> str:
        """Why it is drawn in grey; empty where enough stands behind it."""
        return thin(self.count)


def thin(count: int | None) -> str:
    """Say that a number stands on few: "Only 4: too few to rely on"; nothing where it does not."""
    return f"Only {count}: too few to rely on" if count is not None and 0 < count < ENOUGH else ""


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: `mark` is the look's name of a colour."""

    mark: str
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of the table behind a plot; `url` opens what it counts."""

    said: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table behind a plot."""

    label: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The same numbers as a table: what stands in the corner, the headings, the rows."""

    corner: str
    headings: Sequence[str] = ()
    lines: Sequence[Line] = field(default_factory=list)
