"""How long replies take, stage by stage: who is still silent after how long, on the stage's clock.

Time is counted as the stage's threshold counts it, so that the curve can be read at any: elapsed,
or open hours of the calendar that judged the silence, and what was held is left out.
Source: SILENCE.md, "When it is dark"; deals/survival.py; decision 114.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

import numpy as np
from django.db.models import QuerySet

from accounts.models import User
from deals import cohorts, histories, reply_times, survival
from deals.basis import Basis
from deals.darkness import Interval, elapsed
from deals.instants import to_instant, to_instants, to_micros
from deals.models import Silence, Stage
from deals.plots import curve, ticks
from deals.plots.caption import Caption
from deals.policies import CALENDAR_TIME, Rulebook, clock_of
from deals.reply_times import SECOND, Watched
from deals.scopes import Scope
from deals.shares import ENOUGH
from deals.spans import Span
from deals.spreadsheets import Value
from deals.standing import clipped
from deals.survival import CENSORED, Bools, Curve, Floats, Table
from deals.wording import say_duration
from deals.worktime import Clock

HALF = 0.5
NEARLY_ALL = 0.99  # of the answers; who was let go is watched for years after them
BEYOND = 1.5  # times as far as these: the curve is seen to be level
WIDE = 2.5  # thresholds: as far as a plot reaches at least


@dataclass(frozen=True)
class Waits:
    """How long the silences of a stage lasted, in seconds on the clock of a span.

    `span` is the threshold in force, `day` how long a day of its clock is, `table` counts them;
    `open` is how many of them may still be answered, the let-go ones too.
    """

    stage: Stage
    span: Span
    day: timedelta
    table: Table
    open: int

    @property
    def count(self) -> int:
        """How many silences stand behind it."""
        return int(self.table.at_risk[0]) if self.table.times.size else 0

    @property
    def replied(self) -> int:
        """How many of them were answered."""
        return int(self.table.replied.sum())

    @property
    def curve(self) -> Curve:
        """The share still silent by each time, with its 95 % band; closings count as censored."""
        return survival.kaplan_meier(self.table)

    def length(self, span: Span) -> float:
        """Return how long a span of the same clock is, in seconds."""
        return span.length(self.day).total_seconds()

    @property
    def longest(self) -> float:
        """How far a plot reaches: past the threshold, and past nearly all answers that tell."""
        is_told = self.table.at_risk >= ENOUGH
        told, answers = self.table.times[is_told], np.cumsum(self.table.replied[is_told])
        wide = WIDE * self.length(self.span)
        if not told.size or not answers[-1]:
            return wide
        last = told[np.searchsorted(answers, NEARLY_ALL * answers[-1])]
        return max(wide, min(float(told[-1]), BEYOND * float(last)))


def of_scope(reader: User, scope: Scope, basis: Basis | None = None) -> list[Waits]:
    """Return the waits of each stage in which silences began in the scope's days, in their order.

    A fixed number of queries however many silences there are; holds take some more.
    """
    found = reply_times.watched(cohorts.begun(reader, scope), scope.as_of)
    stages = Stage.objects.filter(pk__in=np.unique(found.stages).tolist())
    clocks = _Clocks.of(found, scope.as_of, (basis or Basis(scope.as_of)).rulebook)
    return [
        clocks.waits(stage, found.among(found.stages == stage.pk))
        for stage in stages.select_related("pipeline")
    ]


def of_parts(
    stage: Stage,
    silences: QuerySet[Silence, Any],
    now: datetime,
    part: Callable[[Watched], Sequence[Bools]],
) -> list[Waits]:
    """Return the waits of all of these silences of a stage, then of parts of them, read once.

    `part` says which of the silences (n,) each part has.
    """
    found = reply_times.watched(silences.filter(stage=stage), now)
    clocks = _Clocks.of(found, now)
    parts = [found, *(found.among(which) for which in part(found))]
    return [clocks.waits(stage, each) for each in parts]


@dataclass(frozen=True)
class _Clocks:
    """By which clock silences are measured as of an instant, and what of them was held."""

    rulebook: Rulebook
    now: datetime
    holds: Mapping[int, Sequence[Interval]]

    @classmethod
    def of(cls, found: Watched, now: datetime, rulebook: Rulebook | None = None) -> Self:
        """Read the holds of the deals that have some; in three queries the clocks, if not at hand."""
        rulebook = rulebook or Rulebook.load()
        deals = np.unique(found.deals[found.is_held]).tolist()
        known = histories.waiting(deals, rulebook) if deals else {}
        return cls(rulebook, now, {deal: waiting.holds for deal, waiting in known.items()})

    def waits(self, stage: Stage, found: Watched) -> Waits:
        """Measure silences on the clock of a stage's threshold."""
        span = self.rulebook.threshold(stage.pk, self.now).patience
        policy = self.rulebook.measure(span, self.rulebook.workspace_calendar, self.now)
        lengths = np.zeros(found.deals.size)
        for own, clock in self._measures(span, found):
            lengths[own] = self._lengths(found.among(own), clock)
            if span.unit == "wd":  # a day is another length for each of them, and one day for all
                lengths[own] *= policy.day / clock.average_open_day()
        is_open = (found.ends == CENSORED) & (found.until == to_micros(self.now))
        return Waits(stage, span, policy.day, Table.of(lengths, found.ends), int(is_open.sum()))

    def _measures(self, span: Span, found: Watched) -> Iterator[tuple[Bools, Any]]:
        """Yield which silences (n,) are measured by which clock: the one in force at their end."""
        if not span.is_working:
            yield np.ones(found.deals.size, np.bool_), CALENDAR_TIME
            return
        for calendar in np.unique(found.calendars).tolist():
            versions = self.rulebook.calendars[calendar]
            changes = np.array([to_micros(at) for at in versions.changes], np.int64)
            place = np.searchsorted(changes, found.until, side="right")
            on_it = found.calendars == calendar
            for each in np.unique(place[on_it]):
                own = on_it & (place == each)
                yield own, clock_of(versions.at(to_instant(int(found.until[own][0]))))

    def _lengths(self, found: Watched, clock: Clock) -> Floats:
        """Return how long each silence lasted on a clock, in seconds (n,), what was held left out."""
        since, until = to_instants(found.started), to_instants(found.until)
        lengths: Floats = clock.between_many(since, until).view(np.int64) / SECOND
        for place in np.flatnonzero(found.is_held):
            start, end = to_instant(int(found.started[place])), to_instant(int(found.until[place]))
            holds = clipped(self.holds[int(found.deals[place])], start)
            lengths[place] = elapsed(start, end, clock, holds).total_seconds()
        return lengths


def say(waits: Waits) -> str:
    """Say a stage's waits in a sentence, the text alternative of their plot."""
    if not waits.count:
        return "No silence of this stage began in this time. Look further back."
    told = waits.curve
    half = told.times[told.share <= HALF]
    unit = " of working time" if waits.span.is_working else ""
    answered = "Fewer than half were answered"
    if half.size:
        within = say_duration(timedelta(seconds=float(half[0])), waits.day)
        answered = f"Half were answered within {within}{unit}"
    share, low, high, _ = curve.at(told, waits.length(waits.span))
    likely = f"{100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
    still = f", {waits.open:,} of them may still be answered" if waits.open else ""
    return (
        f"{answered}; past the threshold of {waits.span} {likely} are still silent."
        f" {waits.count:,} silence{'' if waits.count == 1 else 's'}{still}."
    )


def written(waits: Waits) -> Iterator[Sequence[Value]]:
    """Yield the table of a file: a row for each time at which a silence ended or was last seen."""
    unit = "working hours" if waits.span.is_working else "hours"
    yield [f"After ({unit})", "At risk", "Replied", "Closed", "Still silent", "From", "To"]
    told, table = waits.curve, waits.table
    columns = (table.at_risk, table.replied, table.closed, told.share, told.low, told.high)
    for time, risk, replied, closed, *shares in zip(
        told.times.tolist(), *(column.tolist() for column in columns), strict=True
    ):
        said = [Decimal(f"{share:.6f}") for share in shares]
        yield [Decimal(f"{time / 3600:.6f}"), risk, replied, closed, *said]


def plot(
    waits: Waits, caption: Caption, thresholds: Sequence[curve.Threshold] = (), url: str = ""
) -> curve.Band:
    """Lay out a stage's waits, with the threshold in force unless others are given.

    `url` opens the silences that it counts.
    """
    length = waits.length(waits.span)
    share, *_ = curve.at(waits.curve, length)
    current = curve.Threshold("current", length, f"{waits.span}: {100 * share:.0f} %")
    return curve.draw(
        caption,
        [curve.Segment("", waits.curve, url)],
        longest=waits.longest,
        axis=ticks.durations(timedelta(seconds=waits.longest), waits.day),
        thresholds=thresholds or [current],
    )
