"""Bars in groups: one group for each step of a period, one bar in it for each series."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from deals.plots import ticks
from deals.plots.caption import Caption, Entry, Key, Line, Sheet
from deals.plots.frame import LETTER, Frame, Mark, named, room_for, spread
from deals.plots.ticks import Tick

WIDEST = 2.6  # per cent of the width, for one bar
ROOM = 0.8  # of a group's width, for its bars
GAP = 0.9  # of a bar's width, drawn
LOWEST = 1.5  # pixels: as much of a small number has to be seen


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a group, as it is said, and the address that opens what it counts."""

    number: float
    said: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One step: its label, and a value for each series in their order.

    `short` is how the axis says it; empty: as the label does.
    """

    label: str
    values: Sequence[Value]
    short: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `x` and `width` in per cent, `y` and `height` in pixels."""

    x: float
    y: float
    width: float
    height: float
    mark: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A plot of bars, laid out: `templates/plots/bars.html` draws it."""

    caption: Caption
    frame: Frame
    legend: Sequence[Key]
    bars: Sequence[Bar]
    grid: Sequence[Mark]
    labels: Sequence[Mark]
    sheet: Sheet


def draw(
    caption: Caption,
    series: Sequence[Key],
    groups: Sequence[Group],
    *,
    corner: str = "",
    lines: Callable[[float], Sequence[Tick]] = ticks.counts,
) -> Bars:
    """Lay out groups of bars; `lines` makes the grid from the highest number.

    `corner` heads the first column of the table. Nothing below zero can be shown: it stands at it.
    """
    highest = max((value.number for group in groups for value in group.values), default=0)
    grid = lines(max(highest, 0))
    frame, top = Frame(left=room_for(ticks.texts(grid))), grid[-1].value
    return Bars(
        caption=caption,
        frame=frame,
        legend=series,
        bars=list(_bars(series, groups, frame, top)),
        grid=[Mark(frame.y(tick.value / top), tick.text) for tick in grid if tick.value],
        labels=_labels(groups, frame),
        sheet=_sheet(series, groups, corner),
    )


def _bars(
    series: Sequence[Key], groups: Sequence[Group], frame: Frame, top: float
) -> Iterator[Bar]:
    step = frame.width / max(len(groups), 1)
    width = min(step * ROOM / max(len(series), 1), WIDEST)
    for place, group in enumerate(groups):
        start = frame.left + step * (place + 0.5) - width * len(series) / 2
        for nth, (value, key) in enumerate(zip(group.values, series, strict=True)):
            if value.number > 0:
                y = min(frame.y(value.number / top), frame.floor - LOWEST)
                yield Bar(
                    round(start + nth * width, 2), y, round(width * GAP, 2),
                    round(frame.floor - y, 1), key.mark,
                    f"{group.label}: {value.said} {key.label}", value.url,
                )  # fmt: skip


def _labels(groups: Sequence[Group], frame: Frame) -> list[Mark]:
    step = frame.width / max(len(groups), 1)
    texts = [group.short or group.label for group in groups]
    named_places = (
        (round(frame.left + step * (place + 0.5), 2), texts[place])
        for place in range(0, len(groups), spread(texts, frame.width))
    )  # one that would not stand under its group is left out
    return named(
        (at, text) for at, text in named_places if at + len(text) * LETTER / 2 <= frame.right
    )


def _sheet(series: Sequence[Key], groups: Sequence[Group], corner: str) -> Sheet:
    lines = [
        Line(group.label, [Entry(value.said, value.url) for value in group.values])
        for group in groups
    ]
    return Sheet(corner, [key.label for key in series], lines)
