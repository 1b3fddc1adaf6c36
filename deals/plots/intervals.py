"""Shares with the range in which the true ones likely lie, a line each, in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deals.plots.caption import Caption, Entry, thin
from deals.shares import Share

TRACK = 100  # units across: per cent
THINNEST = 1.0  # per cent: as much of a narrow range has to be seen


@dataclass(frozen=True, slots=True)
class Told:
    """One share by its label; `entries` fill the columns before it, `url` opens what it counts."""

    label: str
    share: Share
    entries: Sequence[Entry] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """One line: the interval from `x`, `width` wide, and the share at `at`, in per cent of the track."""

    label: str
    url: str
    entries: Sequence[tuple[str, Entry]]
    x: float
    width: float
    at: float | None
    said: str
    title: str
    thin: str


@dataclass(frozen=True, slots=True)
class Intervals:
    """A table of shares: `templates/plots/intervals.html` draws it."""

    caption: Caption
    corner: str
    headings: Sequence[str]
    ranges: Sequence[Range]


def draw(
    caption: Caption, headings: Sequence[str], shares: Sequence[Told], *, corner: str = ""
) -> Intervals:
    """Lay out shares with their Wilson intervals; `headings` name the columns of their entries."""
    return Intervals(caption, corner, headings, [place(told, headings) for told in shares])


def place(told: Told, headings: Sequence[str] = ()) -> Range:
    """Lay out one share on its track, 0 at the left end and 1 at the right; of nothing no point."""
    share = told.share
    low, high = (TRACK * end for end in share.interval)
    width = max(high - low, THINNEST)
    x = min(low, TRACK - width)
    at = None if share.rate is None else round(TRACK * share.rate, 2)
    said = "–" if at is None else f"{share.percent} %"
    likely = "likely {} to {} %".format(*share.range) if share.whole else "nothing known"
    entries = list(zip(headings, told.entries, strict=True))
    return Range(
        told.label, told.url, entries, round(x, 2), round(width, 2), at, said,
        f"{told.label}: {said} of {share.whole:,}, {likely}", thin(share.whole),
    )  # fmt: skip
