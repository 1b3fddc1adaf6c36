"""How long the silences by them took to be answered, read for the statistics.

A silence counts in the stage that it was in last, from its start. Who was let go stays at risk
until they are heard or the deal is closed, so that letting go does not prove itself right.
Instants are whole microseconds since 1970, in UTC.
Source: SILENCE.md, "What to do (plays)"; decision 070; docs/re-engaging.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import OuterRef, QuerySet, Subquery

from deals.instants import Micros, to_micros
from deals.models import Ending, Outcome, OutcomeEntry, Silence
from deals.survival import CENSORED, CLOSED, REPLIED, Bools, Floats, Table

CHUNK = 2000  # rows in memory at a time; arrays keep 56 bytes of each
SECOND = 1_000_000  # microseconds
# What ends the waiting for good. `turned` does not: nobody waits, yet they may still be heard.
ENDS: dict[str, int] = {Ending.REPLIED: REPLIED, Ending.CLOSED: CLOSED, Ending.WITHDRAWN: CLOSED}
ROW = np.dtype((np.int64, 7))
FIELDS = ("deal_id", "stage_id", "calendar_id", "held_until", "started_at")


@dataclass(frozen=True)
class Watched:
    """Silences by them, each from its start until it ended or we stopped looking; all (n,).

    Deals, stages and calendars are ids; `ends` are CENSORED, REPLIED and CLOSED; `is_held` says
    of which the clock ever stood still.
    """

    deals: Micros
    stages: Micros
    calendars: Micros
    is_held: Bools
    started: Micros
    until: Micros
    ends: Micros

    @property
    def elapsed(self) -> Floats:
        """How long each was watched in elapsed time, in seconds (n,)."""
        lengths: Floats = (self.until - self.started) / SECOND
        return lengths

    def among(self, which: Bools) -> Watched:
        """Keep some of them (n,)."""
        return Watched(
            self.deals[which], self.stages[which], self.calendars[which], self.is_held[which],
            self.started[which], self.until[which], self.ends[which],
        )  # fmt: skip


def of_stage(stage: int, now: datetime) -> Table:
    """Count the silences by them of a stage as of `now`, in two queries; durations in seconds."""
    found = watched(Silence.objects.filter(stage=stage), now)
    return Table.of(found.elapsed, found.ends)


def watched(silences: QuerySet[Silence], now: datetime) -> Watched:
    """Read which of these silences are by them, and how they stood as of `now`, in two queries."""
    began = silences.filter(by="them", started_at__lt=now).order_by()
    found = np.fromiter(_rows(began, now), ROW)
    deals, stages, calendars, held, started, until, ends = found.T
    return Watched(deals, stages, calendars, held.astype(np.bool_), started, until, ends)


def _rows(began: QuerySet[Silence], now: datetime) -> Iterator[tuple[int, ...]]:
    """Yield each silence as a row of Watched."""
    ended = began.exclude(ending=Ending.LET_GO).values_list(*FIELDS, "ended_at", "ending")
    for *said, ended_at, ending in ended.iterator(CHUNK):
        yield _row(said, ended_at, ENDS.get(ending, CENSORED), now)
    for *said, relit_at, closed_at, again_at in _let_go(began).iterator(CHUNK):
        ends = ((relit_at, REPLIED), (closed_at, CLOSED), (not relit_at and again_at, CENSORED))
        at, end = min(((at, end) for at, end in ends if at), default=(None, CENSORED))
        yield _row(said, at, end, now)


def _let_go(began: QuerySet[Silence]) -> QuerySet[Silence, tuple[Any, ...]]:
    """Return of each that was let go: answer, closing, and when it was let go once more.

    Of an answer after that only the latest one tells, so the one before is watched no longer.
    """
    later = OutcomeEntry.objects.filter(deal=OuterRef("deal"), occurred_at__gt=OuterRef("ended_at"))
    later = later.order_by("occurred_at")
    closings = later.filter(is_let_go=False).exclude(outcome=Outcome.OPEN)
    return began.filter(ending=Ending.LET_GO).values_list(
        *FIELDS,
        "relit_at",
        Subquery(closings.values("occurred_at")[:1]),
        Subquery(later.filter(is_let_go=True).values("occurred_at")[:1]),
    )


def _row(said: list[Any], ended_at: datetime | None, end: int, now: datetime) -> tuple[int, ...]:
    """Return what is kept of a silence: it is watched until it ended, unless that is yet to come."""
    deal, stage, calendar, held_until, started_at = said
    if ended_at is None or ended_at > now:
        ended_at, end = now, CENSORED
    held = held_until is not None
    return deal, stage, calendar, held, to_micros(started_at), to_micros(ended_at), end
