"""Cut silences into pieces in each of which one stage, one calendar and one promise judge them.

What is held is in no piece. Instants are whole microseconds since 1970, in UTC.
Source: SILENCE.md, "When it is dark".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from deals.darkness import Interval, merged
from deals.histories import Waiting
from deals.instants import Micros, to_instant, to_micros
from deals.policies import clock_of
from deals.survival import Bools
from deals.whatif_clocks import Clocks, Holds
from deals.whatif_reading import Past

NO_PROMISE = -1
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Pieces:
    """Stretches (p,) of silences, in order; `silence` is the place in a Past.

    `clock` says whose working time counts, `promised` for when they promised, NO_PROMISE where
    they did not; `follows` whether a piece begins where the one before it ends.
    """

    silence: Micros
    since: Micros
    to: Micros
    stage: Micros
    clock: Micros
    promised: Micros
    follows: Bools
    clocks: Clocks
    holds: Holds


@dataclass
class _Marks:
    """What is found of silences one by one: where to cut, and what is held; (silence, instant)."""

    cuts: list[tuple[int, int]] = field(default_factory=list)
    holds: list[tuple[int, int, int]] = field(default_factory=list)


def cut(past: Past) -> Pieces:
    """Cut the silences of a past."""
    marks = _Marks()
    moved = _moved(past)
    for place in moved:
        _mark(past, int(place), marks)
    holds = Holds(*(np.array(marks.holds, np.int64).reshape(-1, 3).T))
    silence, since = _bounds(past, marks, holds)
    to = np.append(since[1:], 0)
    last = np.append(silence[1:] != silence[:-1], True)[: silence.size]
    to[last] = past.ended[silence[last]]
    free = ~_are_held(silence, since, holds)
    silence, since, to = silence[free], since[free], to[free]
    follows = np.zeros(silence.size, np.bool_)
    follows[1:] = (silence[1:] == silence[:-1]) & (since[1:] == to[:-1])
    stage = past.entries.stages_at(past.deals[silence], since, past.stages[silence])
    judges = _Judges(past)
    clock, promised = judges.judge(silence, since, moved)
    return Pieces(silence, since, to, stage, clock, promised, follows, judges.clocks(), holds)


def _moved(past: Past) -> Micros:
    """Return the places of the silences whose clock something moves."""
    deals = np.fromiter(past.waiting, np.int64, len(past.waiting))
    return np.flatnonzero(np.isin(past.deals, deals))


def _mark(past: Past, place: int, marks: _Marks) -> None:
    """Note where holds, promises and calendars of their own cut one silence."""
    waiting = past.waiting[int(past.deals[place])]
    started, ended = int(past.started[place]), int(past.ended[place])
    start, end = to_instant(started), to_instant(ended)
    marks.cuts += [(place, to_micros(at)) for at in _turns(waiting, past) if start < at < end]
    for hold in merged(Interval(max(h.since, start), min(h.to, end)) for h in waiting.holds):
        marks.holds.append((place, to_micros(hold.since), to_micros(hold.to)))


def _turns(waiting: Waiting, past: Past) -> Iterator[datetime]:
    yield from waiting.changes
    yield from (promise.made_at for promise in waiting.promises)
    yield from past.rulebook.changes([], waiting.calendars)


def _bounds(past: Past, marks: _Marks, holds: Holds) -> tuple[Micros, Micros]:
    """Return where pieces begin, silence after silence: which silence, and when."""
    cuts = np.array(marks.cuts, np.int64).reshape(-1, 2)
    parts = [
        (np.arange(past.ids.size), past.started),
        _entered(past),
        (cuts[:, 0], cuts[:, 1]),
        (holds.silence, holds.since),
        (holds.silence, holds.to),
        *((np.arange(past.ids.size), np.full(past.ids.size, at)) for at in _changes(past)),
    ]
    silence, at = (np.concatenate(side) for side in zip(*parts, strict=True))
    inside = (at >= past.started[silence]) & (at < past.ended[silence])
    found = np.unique(np.stack([silence[inside], at[inside]], axis=1), axis=0)
    return found[:, 0], found[:, 1]


def _changes(past: Past) -> list[int]:
    """Return when other stages' thresholds and the workspace's calendar changed."""
    book = past.rulebook
    others = {int(each) for each in np.unique(past.entries.stages)} - {past.stage}
    known = [stage for stage in others if stage in book.thresholds]
    return [to_micros(at) for at in book.changes(known, [book.workspace_calendar])]


def _entered(past: Past) -> tuple[Micros, Micros]:
    """Return during which silence each stage entry fell, where in any, and when."""
    entries = past.entries
    order = np.lexsort((past.started, past.deals))
    moments = np.unique(np.concatenate([past.started, entries.at]))

    def key(deals: Micros, at: Micros) -> Micros:
        return deals * (moments.size + 1) + np.searchsorted(moments, at)

    began = key(past.deals[order], past.started[order])
    place = np.searchsorted(began, key(entries.deals, entries.at), side="right") - 1
    known = place >= 0
    silence = order[place[known]]
    deals, at = entries.deals[known], entries.at[known]
    same = past.deals[silence] == deals
    return silence[same], at[same]


def _are_held(silence: Micros, since: Micros, holds: Holds) -> Bools:
    """Return which pieces lie in a hold: between a hold's two bounds there is no other piece free."""
    held = np.zeros(silence.size, np.bool_)
    for place, begins, ends in zip(holds.silence, holds.since, holds.to, strict=True):
        first, after = np.searchsorted(silence, [place, place + 1])
        own = since[first:after]
        held[first:after] |= (own >= begins) & (own < ends)
    return held


class _Judges:
    """Whose working time counts in each piece, and which promise stands in it."""

    def __init__(self, past: Past) -> None:
        self.past, self.book = past, past.rulebook
        own = self.book.calendars[self.book.workspace_calendar]
        self.versions = [own.at(at) for at in (BEGINNING, *own.changes)]
        self.changes = np.array([to_micros(at) for at in own.changes], np.int64)
        self.places = {version.pk: place for place, version in enumerate(self.versions)}

    def judge(self, silence: Micros, since: Micros, moved: Micros) -> tuple[Micros, Micros]:
        """Return for each piece the place of its clock, and for when they promised."""
        clock = np.searchsorted(self.changes, since, side="right").astype(np.int64)
        promised = np.full(since.size, NO_PROMISE, np.int64)
        for piece in np.flatnonzero(np.isin(silence, moved)):
            place, at = int(silence[piece]), to_instant(int(since[piece]))
            waiting = self.past.waiting[int(self.past.deals[place])]
            clock[piece] = self._clock(waiting, at)
            promised[piece] = self._promised(waiting, place, at)
        return clock, promised

    def _clock(self, waiting: Waiting, at: datetime) -> int:
        version = self.book.calendars[waiting.calendar("them", at)].at(at)
        if version.pk not in self.places:
            self.places[version.pk] = len(self.versions)
            self.versions.append(version)
        return self.places[version.pk]

    def _promised(self, waiting: Waiting, place: int, at: datetime) -> int:
        start = to_instant(int(self.past.started[place]))
        standing = [each for each in waiting.promises if start <= each.made_at <= at]
        return to_micros(standing[-1].due_at) if standing else NO_PROMISE

    def clocks(self) -> Clocks:
        """Return the clocks that were named."""
        clocks = [clock_of(version) for version in self.versions]
        return Clocks(clocks, [clock.average_open_day() for clock in clocks])
