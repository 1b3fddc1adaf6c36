"""The conversation strip: when they were heard, when we wrote, and the silences between. Pure geometry.

Units are those of the picture, 640 by 86: time runs from left to right, their side is above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

WIDTH, LEFT, RIGHT = 640, 18, 622
THEIR_Y, BOTH_Y, OUR_Y = 28, 40, 52
LABEL_ROOM = 62  # what a date needs beside another one
TICK_ROOM = 66  # what the words "went dark" need to the right of their tick
KINDS = {
    "inbound": ("heard", THEIR_Y, 5),
    "two_way": ("both", BOTH_Y, 5),
    "outbound": ("sent", OUR_Y, 4),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One touch: `direction` as `Touch.direction` says it."""

    at: datetime
    direction: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A silence by them or a hold; None as `to` means that it lasts still."""

    since: datetime
    to: datetime | None
    dark_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    kind: str
    x: float
    y: int
    radius: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch; `kind` says whether night fell in it."""

    x: float
    width: float
    kind: str = "lit"


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """What the template draws, and the same in words for those who cannot see it."""

    text: str
    dots: list[Dot]
    silences: list[Bar]
    holds: list[Bar]
    ticks: list[Label]
    dates: list[Label]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where an instant between two others stands."""

    since: datetime
    to: datetime

    def x(self, at: datetime) -> float:
        """Return the place of an instant, kept inside the picture."""
        whole = (self.to - self.since).total_seconds() or 1.0
        share = (at - self.since).total_seconds() / whole
        return round(LEFT + min(max(share, 0.0), 1.0) * (RIGHT - LEFT), 1)

    def bar(self, stretch: Stretch) -> Bar:
        """Return a stretch from its start to its end, at least a hair wide."""
        start, end = self.x(stretch.since), self.x(stretch.to or self.to)
        kind = "night" if stretch.dark_at else "lit"
        return Bar(start, round(max(end - start, 2.0), 1), kind)


def draw(
    marks: Sequence[Mark],
    silences: Sequence[Stretch],
    holds: Sequence[Stretch],
    *,
    now: datetime,
    zone: tzinfo,
) -> Strip:
    """Lay out a conversation up to `now`; dates are said in `zone`."""
    marks = sorted(marks, key=lambda mark: mark.at)
    started = [mark.at for mark in marks] or [silence.since for silence in silences]
    scale = Scale(min(started, default=now), now)
    seen = [stretch for stretch in silences if (stretch.to or now) > scale.since]
    return Strip(
        text=describe(marks, seen, now, zone),
        dots=[_dot(mark, scale) for mark in marks],
        silences=[scale.bar(stretch) for stretch in seen],
        holds=[scale.bar(hold) for hold in holds if (hold.to or now) > scale.since],
        ticks=_ticks(seen, scale),
        dates=_dates(marks, scale, zone),
    )


def describe(
    marks: Sequence[Mark], silences: Sequence[Stretch], now: datetime, zone: tzinfo
) -> str:
    """Say the strip in one sentence; `marks` are in order."""
    if not marks:
        return "Conversation strip: nobody has said anything yet."
    heard = [mark for mark in marks if mark.direction != "outbound"]
    parts = [f"Conversation strip since {_day(marks[0].at, zone)}:"]
    if heard:
        parts.append(f"heard {_times(len(heard))}, last on {_day(heard[-1].at, zone)};")
        ours = [mark for mark in marks if mark.at > heard[-1].at]
        parts.append(f"{_touches(len(ours))} of ours since")
    else:
        parts.append(f"never heard, {_touches(len(marks))} of ours")
    dark_at = next((stretch.dark_at for stretch in silences if stretch.to is None), None)
    if dark_at is not None:
        parts.append(f"; went dark on {_day(dark_at, zone)}")
    return " ".join(parts).replace(" ;", ";") + "."


def _dot(mark: Mark, scale: Scale) -> Dot:
    kind, y, radius = KINDS[mark.direction]
    return Dot(kind, scale.x(mark.at), y, radius)


def _ticks(silences: Sequence[Stretch], scale: Scale) -> list[Label]:
    """Return where silences went dark; only the one that lasts is named."""
    ticks = []
    for stretch in silences:
        if stretch.dark_at is None:
            continue
        x = scale.x(stretch.dark_at)
        text = "went dark" if stretch.to is None else ""
        ticks.append(Label(x, text, "end" if x > RIGHT - TICK_ROOM else ""))
    return ticks


def _dates(marks: Sequence[Mark], scale: Scale, zone: tzinfo) -> list[Label]:
    """Return the first day, the day they were last heard where there is room, and now."""
    labels = [Label(RIGHT, "now", "end")]
    if marks and scale.x(marks[0].at) < RIGHT - LABEL_ROOM:
        labels.append(Label(LEFT - 8, _short(marks[0].at, zone)))
    heard = [mark for mark in marks if mark.direction != "outbound"]
    if heard and LEFT + LABEL_ROOM < (x := scale.x(heard[-1].at)) < RIGHT - LABEL_ROOM:
        labels.append(Label(x, _short(heard[-1].at, zone), "middle"))
    return labels


def _short(at: datetime, zone: tzinfo) -> str:
    there = at.astimezone(zone)
    return f"{there.day} {there:%b}"


def _day(at: datetime, zone: tzinfo) -> str:
    there = at.astimezone(zone)
    return f"{there.day} {there:%B}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _touches(count: int) -> str:
    return "no touch" if not count else "1 touch" if count == 1 else f"{count} touches"
