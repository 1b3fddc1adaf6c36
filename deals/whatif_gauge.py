"""When the silences of a stage would have gone dark, for one threshold after the other.

A piece of a silence is dark from where the time counted by then has come to the threshold; a
spell begins where a piece is dark and the one that it follows was not at its end. So all that a
threshold changes is a comparison of arrays that are reckoned once.
Instants and lengths are whole microseconds, instants since 1970 in UTC.
Source: SILENCE.md, "When it is dark"; docs/thresholds.md, "What it would have done".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deals.instants import Micros, to_instant
from deals.spans import Span
from deals.survival import Bools
from deals.whatif_clocks import Ages, Clocks
from deals.whatif_pieces import NO_PROMISE, Pieces
from deals.whatif_reading import NEVER, Past

IS_DARK, NOT_DARK = NEVER, -1  # in place of a time counted, where no threshold of the stage judges


@dataclass(frozen=True)
class Flags:
    """The spells (f,) that would have begun in a stage, in order: of which silence, and when.

    `in_time_again` says whether they were heard before as much time as the threshold was counted
    again, `is_known` whether that time is over and what became of it is known.
    """

    silence: Micros
    at: Micros
    in_time_again: Bools
    is_known: Bools

    def kept(self, which: Bools) -> Flags:
        """Keep some of them (f,)."""
        return Flags(
            self.silence[which], self.at[which], self.in_time_again[which], self.is_known[which]
        )


@dataclass(frozen=True)
class Gauge:
    """Pieces (p,) in a stage and those that they follow, with the time counted by their bounds.

    `first` is counted by where a piece begins, `last` by just before its end; `counted` by where
    it begins whatever judges it, `kept` by when the promise is due. Then, by the same clock, by
    when they were heard, by the silence's end and by now.
    """

    clocks: Clocks
    silence: Micros
    since: Micros
    clock: Micros
    promised: Micros
    is_here: Bools
    follows: Bools
    first: Micros
    last: Micros
    counted: Micros
    kept: Micros
    by_heard: Micros
    by_end: Micros
    by_now: Micros
    is_turned: Bools

    def flags(self, span: Span) -> Flags:
        """Return which spells a threshold would have begun, had it counted from the beginning."""
        length = self.clocks.lengths(span)[self.clock]
        is_dark, ends_dark = self.first >= length, self.last >= length
        after_dark = np.append(False, ends_dark[:-1])[: ends_dark.size] & self.follows
        begins = is_dark & ~after_dark & self.is_here
        crosses = ~is_dark & ends_dark & self.is_here
        at, age = self.since.copy(), self.counted.copy()
        by_promise = crosses & (self.promised != NO_PROMISE)
        at[by_promise], age[by_promise] = self.promised[by_promise], self.kept[by_promise]
        own = crosses & ~by_promise
        age[own] = length[own]
        left = length[own] - self.first[own]
        at[own] = self.clocks.add(self.clock[own], self.since[own], left)
        flagged = begins | crosses
        return self._followed(flagged, at[flagged], age[flagged], length[flagged])

    def _followed(self, flagged: Bools, at: Micros, age: Micros, length: Micros) -> Flags:
        until = age + length
        heard = self.by_heard[flagged] <= until
        is_over = self.by_now[flagged] >= until
        left = self.is_turned[flagged] & (self.by_end[flagged] < until)
        return Flags(self.silence[flagged], at, heard, is_over & (heard | ~left))


def gauge(past: Past, pieces: Pieces, *, is_working: bool) -> Gauge:
    """Reckon a stage's pieces in working time, or in calendar time."""
    is_here = pieces.stage == past.stage
    before = np.append(is_here[1:], False)[: is_here.size] & _is_followed(pieces)
    wanted = is_here | before
    cut = _only(pieces, wanted)
    clocks = cut.clocks if is_working else cut.clocks.calendar()
    is_here = is_here[wanted]

    ages = Ages(past.started, clocks, cut.holds)

    def counted(at: Micros) -> Micros:
        return ages.by(cut.silence, at, cut.clock)

    first, last = counted(cut.since), counted(cut.to - 1)
    begins, ends = first.copy(), last.copy()
    _judge_elsewhere(past, cut, is_here, begins, ends)
    promised = cut.promised != NO_PROMISE
    begins[promised] = np.where(cut.promised <= cut.since, IS_DARK, NOT_DARK)[promised]
    ends[promised] = np.where(cut.promised < cut.to, IS_DARK, NOT_DARK)[promised]
    ended = past.ended[cut.silence]
    heard = past.heard[cut.silence]
    is_heard = heard != NEVER
    within = np.clip(cut.promised, cut.since, cut.to - 1)
    return Gauge(
        clocks, cut.silence, cut.since, cut.clock, cut.promised, is_here, cut.follows,
        first=begins, last=ends, counted=first, kept=counted(within),
        by_heard=np.where(is_heard, counted(np.where(is_heard, heard, ended)), NEVER),
        by_end=counted(ended), by_now=counted(np.full(ended.size, past.now)),
        is_turned=past.is_turned[cut.silence],
    )  # fmt: skip


def _is_followed(pieces: Pieces) -> Bools:
    return np.append(pieces.follows[1:], False)[: pieces.follows.size]


def _only(pieces: Pieces, wanted: Bools) -> Pieces:
    return replace(
        pieces, silence=pieces.silence[wanted], since=pieces.since[wanted],
        to=pieces.to[wanted], stage=pieces.stage[wanted], clock=pieces.clock[wanted],
        promised=pieces.promised[wanted], follows=pieces.follows[wanted],
    )  # fmt: skip


def _judge_elsewhere(
    past: Past, pieces: Pieces, is_here: Bools, begins: Micros, ends: Micros
) -> None:
    """Say of the pieces in other stages whether they were dark by the thresholds in force there."""
    there = np.flatnonzero(~is_here)
    judged: dict[Span, list[int]] = {}
    for place in there:
        version = past.rulebook.threshold(
            int(pieces.stage[place]), to_instant(int(pieces.since[place]))
        )
        judged.setdefault(version.patience, []).append(int(place))
    for span, places in judged.items():
        own = np.array(places, np.int64)
        clocks = pieces.clocks if span.is_working else pieces.clocks.calendar()
        length = clocks.lengths(span)[pieces.clock[own]]
        ages = Ages(past.started, clocks, pieces.holds)
        for at, said in ((pieces.since[own], begins), (pieces.to[own] - 1, ends)):
            age = ages.by(pieces.silence[own], at, pieces.clock[own])
            said[own] = np.where(age >= length, IS_DARK, NOT_DARK)
