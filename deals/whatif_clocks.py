"""How long silences lasted by many instants, on many clocks at once, with their holds left out.

Instants and lengths are whole microseconds, instants since 1970 in UTC. Pure, over arrays.
Source: SILENCE.md, "When it is dark".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from deals.instants import MICROSECOND, Micros, to_durations, to_instants
from deals.spans import Span
from deals.worktime import CalendarClock, Clock

CALENDAR = CalendarClock()


@dataclass(frozen=True)
class Clocks:
    """The clocks that time goes by, each with how long its working day is."""

    clocks: Sequence[Clock]
    days: Sequence[timedelta]

    def calendar(self) -> Clocks:
        """Return as many clocks that count 24 hours a day."""
        return Clocks([CALENDAR] * len(self.clocks), self.days)

    def lengths(self, span: Span) -> Micros:
        """Return how long a span is on each clock."""
        return np.array([span.length(day) // MICROSECOND for day in self.days], np.int64)

    def between(self, which: Micros, since: Micros, to: Micros) -> Micros:
        """Return the time counted from instant to instant (k,), each on the clock it names (k,)."""
        result = np.zeros(which.size, np.int64)
        for place in np.unique(which):
            own = which == place
            starts, ends = to_instants(since[own]), to_instants(to[own])
            result[own] = self.clocks[place].between_many(starts, ends).view(np.int64)
        return result

    def add(self, which: Micros, since: Micros, lengths: Micros) -> Micros:
        """Return the instants (k,) by which so much is counted, each on the clock it names (k,)."""
        result = np.zeros(which.size, np.int64)
        for place in np.unique(which):
            own = which == place
            starts, amounts = to_instants(since[own]), to_durations(lengths[own])
            result[own] = self.clocks[place].add_many(starts, amounts).view(np.int64)
        return result


@dataclass(frozen=True)
class Holds:
    """Stretches (h,) in which the clock of a silence stands still: merged, silence after silence."""

    silence: Micros
    since: Micros
    to: Micros

    def before(self, silence: Micros, instants: Micros, which: Micros, clocks: Clocks) -> Micros:
        """Return how much of each silence (k,) was held before an instant that is in no hold (k,)."""
        held = np.zeros(silence.size, np.int64)
        if not self.silence.size:
            return held
        first = np.searchsorted(self.silence, silence)
        after = np.searchsorted(self.silence, silence, side="right")
        count = after - first
        asked = np.repeat(np.arange(silence.size), count)
        step = np.arange(asked.size) - np.repeat(np.cumsum(count) - count, count)
        hold = first[asked] + step
        past = self.since[hold] < instants[asked]
        asked, hold = asked[past], hold[past]
        length = clocks.between(which[asked], self.since[hold], self.to[hold])
        np.add.at(held, asked, length)
        return held


@dataclass(frozen=True)
class Ages:
    """How old silences were: `started` has the start of each (n,)."""

    started: Micros
    clocks: Clocks
    holds: Holds

    def by(self, silence: Micros, at: Micros, which: Micros) -> Micros:
        """Return the time counted from a silence's start to an instant in no hold; all (k,)."""
        whole = self.clocks.between(which, self.started[silence], at)
        return whole - self.holds.before(silence, at, which, self.clocks)
