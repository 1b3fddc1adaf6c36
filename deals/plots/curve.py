"""Who is still silent after how long: falling steps with their 95 % band, and marks for thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deals.plots import ticks
from deals.plots.caption import Caption, Entry, Key, Line, Sheet
from deals.plots.frame import FIELD, LETTER, Frame, Mark, named, room_for, within
from deals.plots.ticks import Tick
from deals.survival import Curve

LINE = 15  # pixels between the words of two marks
ROWS = 3  # of words above one another before they share a line again
SEGMENTS = ("first", "second", "third")  # the look's names of lines, told apart by their dashes


@dataclass(frozen=True, slots=True)
class Threshold:
    """A mark across the curve: `kind` is "current", "chosen" (it can be dragged) or "suggested".

    `at` is in the curve's unit, `said` what is written beside it, `url` what it opens.
    """

    kind: str
    at: float
    said: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One curve of a plot, by its label; `url` opens what it counts."""

    label: str
    curve: Curve
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A threshold laid out: at `x` per cent from `top` to the floor, its words at `y` pixels."""

    kind: str
    at: float
    x: float
    top: int
    text: str
    text_x: float
    text_y: int
    anchor: str
    url: str


@dataclass(frozen=True, slots=True)
class Stairs:
    """One curve laid out in a field FIELD wide and as high as the frame is deep: SVG points."""

    kind: str
    label: str
    url: str
    line: str
    band: str


@dataclass(frozen=True, slots=True)
class Band:
    """A survival plot, laid out: `templates/plots/band.html` draws it.

    `longest` is the time at the right end: the place of a time is
    `frame.left + frame.width * time / longest`, in per cent.
    """

    caption: Caption
    frame: Frame
    legend: Sequence[Key]
    longest: float
    stairs: Sequence[Stairs]
    rules: Sequence[Rule]
    grid: Sequence[Mark]
    labels: Sequence[Mark]
    sheet: Sheet
    field: float = FIELD


def draw(
    caption: Caption,
    segments: Sequence[Segment],
    *,
    longest: float,
    axis: Sequence[Tick],
    thresholds: Sequence[Threshold] = (),
) -> Band:
    """Lay out one curve, or up to three to compare, from 0 to `longest` in the curves' unit.

    `axis` has the round times to name. What lies past the right end is left out; a threshold
    past it stands at it.
    """
    grid = ticks.shares()
    frame = Frame(height=240, top=14 + LINE * min(len(thresholds), ROWS), left=room_for(["100 %"]))
    longest = longest if longest > 0 else 1.0
    told = segments[: len(SEGMENTS)]
    return Band(
        caption=caption,
        frame=frame,
        legend=[Key(kind, each.label) for kind, each in _kinds(told)] if len(told) > 1 else [],
        longest=longest,
        stairs=[_stairs(kind, each, longest, frame.depth) for kind, each in _kinds(told)],
        rules=list(_rules(thresholds, longest, frame)),
        grid=[Mark(frame.y(tick.value), tick.text) for tick in grid],
        labels=_labels(axis, longest, frame),
        sheet=_sheet(told, axis, thresholds, longest),
    )


def _kinds(segments: Sequence[Segment]) -> Iterator[tuple[str, Segment]]:
    return zip(SEGMENTS, segments, strict=False)


def at(curve: Curve, time: float) -> tuple[float, float, float, int]:
    """Return share, low, high and how many were at risk just after a time; before all ends 1, 1, 1."""
    place = int(np.searchsorted(curve.times, time, side="right"))
    left = int(curve.at_risk[place]) if place < curve.times.size else 0
    if not place:
        return 1.0, 1.0, 1.0, left
    values = (curve.share, curve.low, curve.high)
    share, low, high = (float(each[place - 1]) for each in values)
    return share, low, high, left


def _stairs(kind: str, segment: Segment, longest: float, depth: int) -> Stairs:
    """Return the steps as points, at most one step for each unit of the field."""
    curve = segment.curve
    shown = int(np.searchsorted(curve.times, longest, side="right"))
    x = np.concatenate([[0.0], np.round(FIELD * curve.times[:shown] / longest)])
    sides = [
        np.concatenate([[0.0], np.round(depth * (1 - each[:shown]), 1)])
        for each in (curve.share, curve.high, curve.low)
    ]
    is_last = np.append(np.diff(x) > 0, True)  # of those at one unit the last tells
    is_last[0] = True  # but for the beginning, where all are silent
    end = FIELD if shown < curve.times.size or not shown else float(x[-1])
    levels = np.stack(sides)[:, is_last]
    falls = np.append(True, (np.diff(levels) != 0).any(axis=0))
    share, high, low = (_steps(x[is_last][falls], level, end) for level in levels[:, falls])
    return Stairs(
        kind, segment.label, segment.url, _points(share), _points([*high, *reversed(low)])
    )


def _steps(x: np.ndarray, y: np.ndarray, end: float) -> list[tuple[float, float]]:
    """Return the corners of steps that stay level until the next time, then fall."""
    corners: list[tuple[float, float]] = []
    for place, (here, level) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        if place:
            corners.append((here, corners[-1][1]))
        corners.append((here, level))
    if end > corners[-1][0]:
        corners.append((end, corners[-1][1]))
    return corners


def _points(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in corners)


def _rules(thresholds: Sequence[Threshold], longest: float, frame: Frame) -> Iterator[Rule]:
    """Yield the marks from left to right, the words of neighbours one below the other."""
    for place, each in enumerate(sorted(thresholds, key=lambda one: one.at)):
        x = frame.x(each.at / longest)
        y = 10 + LINE * (place % ROWS)
        fits = x + 1 + len(each.said) * LETTER <= frame.right
        is_left = not fits and x - 1 - len(each.said) * LETTER >= 0
        text_x, side = (x - 1, "end") if is_left else (x + 1, "")
        if not fits and not is_left:
            text_x, side = frame.right, "end"
        yield Rule(
            each.kind, each.at, x, y - 8, each.said, round(text_x, 2), y, side, each.url
        )  # fmt: skip


def _labels(axis: Sequence[Tick], longest: float, frame: Frame) -> list[Mark]:
    shown = [tick for tick in axis if tick.value <= longest]
    return named((frame.x(tick.value / longest), tick.text) for tick in shown)


def _sheet(
    segments: Sequence[Segment],
    axis: Sequence[Tick],
    thresholds: Sequence[Threshold],
    longest: float,
) -> Sheet:
    """Return the curve read off at the axis' times and at the thresholds."""
    times = {tick.value: tick.text for tick in axis if tick.value <= longest}
    times.update({each.at: each.said for each in thresholds})
    headings = [
        heading.strip()
        for each in segments
        for heading in (f"{each.label} still silent", f"{each.label} 95 %", f"{each.label} left")
    ]
    opened = {each.at: each.url for each in thresholds}
    lines = [
        Line(
            text,
            [
                entry
                for each in segments
                for entry in _entries(each.curve, time, opened.get(time) or each.url)
            ],
        )
        for time, text in sorted(times.items())
    ]
    return Sheet("After", headings, lines)


def _entries(curve: Curve, time: float, url: str) -> list[Entry]:
    share, low, high, left = at(curve, time)
    likely = f"{100 * within(low):.0f} to {100 * within(high):.0f} %"
    return [Entry(f"{100 * share:.0f} %", url), Entry(likely), Entry(f"{left:,}")]
