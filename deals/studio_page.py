"""What the threshold studio shows of one stage: the curve, the figures of a tried threshold, an advice.

Pure of the web: the views hand it what was asked. Source: docs/thresholds.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from deals import curves
from deals.advice import Advice
from deals.curves import Waits
from deals.plots import curve, ticks
from deals.plots.caption import Caption
from deals.segments import Segment
from deals.shares import Share
from deals.spans import Span
from deals.stops import notches
from deals.studio import Studio
from deals.thresholds import Effect
from deals.whatif import Would
from deals.wording import say_duration

MINUS = "−"
FEW_FLAGS = 10  # a month: below it a tenth of a flag still tells something


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the slider stops: the code that is set there, and how it is said."""

    code: str
    said: str


@dataclass(frozen=True, slots=True)
class Told:
    """One figure of a tried threshold, beside the one in force."""

    name: str
    said: str
    beside: str


@dataclass(frozen=True)
class Bench:
    """One stage with the threshold that is tried on it, on all its silences or on a segment's.

    `effect` is what setting it would change now, of all that are open.
    """

    studio: Studio
    tried: Span
    effect: Effect
    segment: Segment | None = None

    @property
    def current(self) -> Span:
        """The threshold in force."""
        return self.studio.current

    @property
    def is_change(self) -> bool:
        """Whether another threshold than the one in force is tried."""
        return self.tried != self.current

    @property
    def is_comparable(self) -> bool:
        """Whether the tried one is counted on the clock of the curve."""
        return self.tried.is_working == self.current.is_working

    @property
    def clock(self) -> str:
        """How the curve counts time."""
        return "working time" if self.current.is_working else "calendar time"

    @property
    def waits(self) -> Waits:
        """The silences that are shown."""
        parts = (part for parting in self.studio.partings for part in parting.parts)
        return next((p.waits for p in parts if p.segment == self.segment), self.studio.waits)

    @property
    def segments(self) -> list[Segment]:
        """The segments to choose from: those that answer differently, and the one that is shown."""
        return [
            part.segment
            for parting in self.studio.partings
            if parting.differs or self.segment in [part.segment for part in parting.parts]
            for part in parting.parts
        ]

    @cached_property
    def advice(self) -> Advice:
        """Which threshold the history of these silences speaks for."""
        return self.studio.advice_of(self.waits)

    @cached_property
    def stops(self) -> Sequence[Stop]:
        """Where the slider can stand, evenly apart on the axis of the curve, from the first after 0.

        What is as long as the threshold in force is called as that is.
        """
        spans = (self.current if self._is_current(span) else span for span in self._notches)
        return [Stop(span.code, str(span)) for span in spans]

    @property
    def place(self) -> int:
        """The stop nearest to the tried threshold, from 1; to the one in force on another clock."""
        span = self.tried if self.is_comparable else self.current
        nearest = round(self._seconds(span) / self._seconds(self._notches[0]))
        return min(max(nearest, 1), len(self._notches))

    @property
    def plot(self) -> curve.Band:
        """The curve, with the threshold in force, the tried one and the one that is advised."""
        shown = [curve.Segment(self.segment.label if self.segment else "", self.waits.curve)]
        if self.segment:
            shown.append(curve.Segment("All", self.studio.waits.curve))
        longest = self._seconds(self._notches[-1])  # the end of the slider, whoever is shown
        return curve.draw(
            self._caption, shown, longest=longest,
            axis=ticks.durations(timedelta(seconds=longest), self.waits.day),
            thresholds=list(self._marks()),
        )  # fmt: skip

    @cached_property
    def would(self) -> Would:
        """What the tried threshold would have done."""
        return self.studio.would(self.tried, self.segment)

    @cached_property
    def did(self) -> Would:
        """What the threshold in force would have done, had it always counted."""
        return self.studio.would(self.current, self.segment)

    @property
    def figures(self) -> list[Told]:
        """The figures of the tried threshold, each against the one in force."""
        return [self._flags, self._anyway, self._later, self._dark]

    @cached_property
    def _notches(self) -> list[Span]:
        waits = self.studio.waits
        return notches(timedelta(seconds=waits.longest), self.current, waits.day)

    def _is_current(self, span: Span) -> bool:
        return self._seconds(span) == self._seconds(self.current)

    def _seconds(self, span: Span) -> float:
        return self.studio.waits.length(span)

    @property
    def _caption(self) -> Caption:
        return Caption(
            name="still-silent", title="Who is still silent after…",
            finding=curves.say(self.waits), count=self.waits.count, level=3,
        )  # fmt: skip

    def _marks(self) -> Iterator[curve.Threshold]:
        yield self._mark("current", self.current, "threshold ")
        if self.is_change and self.is_comparable:
            yield self._mark("chosen", self.tried)
        if self.advice.span:
            yield self._mark("suggested", self.advice.span, "suggested ")

    def _mark(self, kind: str, span: Span, name: str = "") -> curve.Threshold:
        share, *_ = curve.at(self.waits.curve, self._seconds(span))
        return curve.Threshold(kind, self._seconds(span), f"{name}{span}: {100 * share:.0f} %")

    @property
    def _flags(self) -> Told:
        now, then = self.did.a_month, self.would.a_month
        less = then < now
        apart = say_count(abs(then - now))
        against = f"{MINUS if less else '+'}{apart} against today" if apart != "0" else "as today"
        return Told("Flags a month", say_count(then), against if self.is_change else "today")

    @property
    def _anyway(self) -> Told:
        said, before = (_say_share(would.anyway) for would in (self.would, self.did))
        beside = f"was {before}" if self.is_change else "today"
        whole = self.would.anyway
        if not whole.whole:
            return Told("Would have replied anyway", said, f"{beside}; not known of any flag yet")
        low, high = whole.range
        beside += f"; likely {low} to {high} %"
        if not whole.is_enough:
            beside += f", on {whole.whole} flag{'' if whole.whole == 1 else 's'} only"
        return Told("Would have replied anyway", said, beside)

    @property
    def _later(self) -> Told:
        later, missed = self.would.later, self.would.missed
        if not self.is_change:
            return Told("Found later by", "0", "this is today’s threshold")
        lost = f"; {missed} would not be found" if missed else ""
        if later is None:
            return Told("Found later by", "–", f"none truly dark to find{lost}")
        name = "Found earlier by" if later < timedelta() else "Found later by"
        length = say_duration(abs(later)) if later else "0"
        return Told(name, length, f"on median, for the truly dark{lost}")

    @property
    def _dark(self) -> Told:
        beside = f"now {self.effect.dark_before:,}" if self.is_change else "today"
        said = f"{self.effect.dark_after:,}"
        return Told("Dark at this moment", said, f"{beside}, of all open deals")


def say_count(number: float) -> str:
    """Say a number a month: whole, or with one decimal where it is small."""
    if 0 < number < FEW_FLAGS:
        return f"{number:.1f}".removesuffix(".0")
    return f"{number:,.0f}"


def _say_share(share: Share) -> str:
    return f"{share.percent} %" if share.whole else "–"
