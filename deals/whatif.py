"""What a threshold would have done to a stage over the last months, had it always counted.

The past is read once and then asked of one threshold after the other, so that a slider is
answered at once. Nothing is written. Source: docs/thresholds.md, "What it would have done".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from deals.instants import Micros, to_micros
from deals.segments import Segment
from deals.shares import Share
from deals.spans import Span
from deals.survival import Bools
from deals.whatif_gauge import Flags, Gauge, gauge
from deals.whatif_pieces import Pieces, cut
from deals.whatif_reading import Past, read

MONTH = timedelta(days=365.2425 / 12)  # the Gregorian calendar's average month
MONTHS = 6  # long enough to count, short enough to be about today


@dataclass(frozen=True, slots=True)
class Would:
    """What a threshold would have done.

    `flags` dark spells would have begun, `a_month` on average. Of `anyway.whole` flags it is
    known what came of them in as much time again; `anyway.part` were heard by then: false alarms.
    `later` is how much later, in elapsed time, the truly dark would have been found than by the
    current threshold, on median: negative if earlier, None if none was. `found` of them it
    finds, `missed` it does not.
    """

    span: Span
    flags: int
    a_month: float
    anyway: Share
    later: timedelta | None
    found: int
    missed: int


@dataclass
class WhatIf:
    """The silences by them of a stage since an instant, ready to be asked of thresholds.

    `since` is the beginning of the period that flags are counted in, `months` how long it is.
    """

    past: Past
    pieces: Pieces
    since: datetime
    now: datetime
    among: Bools
    _gauges: dict[bool, Gauge] = field(default_factory=dict)
    _flags: dict[Span, Flags] = field(default_factory=dict)

    @classmethod
    def of(cls, stage: int, now: datetime, months: int = MONTHS) -> WhatIf:
        """Read the last months of a stage as of `now`, or all there is where that is less."""
        past = read(stage, earliest := now - months * MONTH, now)
        began = int(past.started.min()) if past.started.size else to_micros(now)
        ago = timedelta(microseconds=max(to_micros(now) - began, 0))
        since = max(earliest, now - ago)
        return cls(past, cut(past), since, now, np.ones(past.ids.size, np.bool_))

    def within(self, segment: Segment | None) -> WhatIf:
        """Return the same of a segment only, without reading it again."""
        if segment is None:
            return self
        return replace(self, among=self.past.traits.among(segment))

    @property
    def months(self) -> float:
        """How many months the period has."""
        return max((self.now - self.since) / MONTH, timedelta(days=1) / MONTH)

    def flags(self, span: Span) -> Flags:
        """Return the spells that a threshold would have begun, at any time up to now."""
        if span not in self._flags:
            self._flags[span] = self._gauge(is_working=span.is_working).flags(span)
        every = self._flags[span]
        return every.kept(self.among[every.silence])

    def would(self, span: Span, current: Span) -> Would:
        """Return what a threshold would have done, beside the current one."""
        flags, since = self.flags(span), to_micros(self.since)
        counted = flags.kept(flags.at >= since)
        known = counted.is_known
        anyway = Share(int(counted.in_time_again[known].sum()), int(known.sum()))
        delays, missed = self._delays(flags, current)
        median = float(np.median(delays)) if delays.size else None
        return Would(
            span=span, flags=counted.at.size, a_month=counted.at.size / self.months,
            anyway=anyway, later=None if median is None else timedelta(microseconds=median),
            found=delays.size, missed=missed,
        )  # fmt: skip

    def _gauge(self, *, is_working: bool) -> Gauge:
        if is_working not in self._gauges:
            self._gauges[is_working] = gauge(self.past, self.pieces, is_working=is_working)
        return self._gauges[is_working]

    def _delays(self, flags: Flags, current: Span) -> tuple[Micros, int]:
        """Return how much later each of the truly dark is found, and how many never are."""
        known = _firsts(self.flags(current))
        in_vain = known.is_known & ~known.in_time_again
        dark = known.kept(in_vain & (known.at >= to_micros(self.since)))
        found = _firsts(flags)
        is_found = np.isin(dark.silence, found.silence)
        place = np.searchsorted(found.silence, dark.silence[is_found])
        delays = found.at[place] - dark.at[is_found]
        return delays, int((~is_found).sum())


def _firsts(flags: Flags) -> Flags:
    """Keep the first flag of each silence."""
    is_first = np.ones(flags.silence.size, np.bool_)
    is_first[1:] = flags.silence[1:] != flags.silence[:-1]
    return flags.kept(is_first)
