"""How long the silences by them of a stage took to be answered, read for the statistics.

A silence counts in the stage that it was in last, from its start in elapsed time. Who was let go
stays at risk until they are heard or the deal is closed, so that letting go does not prove
itself right. Source: SILENCE.md, "What to do (plays)"; docs/re-engaging.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import OuterRef, QuerySet, Subquery

from deals.models import Ending, Outcome, OutcomeEntry, Silence
from deals.survival import CENSORED, CLOSED, REPLIED, Table

CHUNK = 2000  # rows in memory at a time; an array keeps 16 bytes of each
# What ends the waiting for good. `turned` does not: nobody waits, yet they may still be heard.
ENDS: dict[str, int] = {Ending.REPLIED: REPLIED, Ending.CLOSED: CLOSED, Ending.WITHDRAWN: CLOSED}
PAIR = np.dtype((np.float64, 2))


def of_stage(stage: int, now: datetime) -> Table:
    """Count the silences by them of a stage as of `now`, in two queries; durations in seconds."""
    began = Silence.objects.by_them().filter(stage=stage, started_at__lt=now).order_by()
    found = np.fromiter(_pairs(began, now), PAIR)
    return Table.of(found[:, 0], found[:, 1])


def _pairs(began: QuerySet[Silence], now: datetime) -> Iterator[tuple[float, int]]:
    """Yield of each silence how long it was watched, and how it ended."""
    ended = began.exclude(ending=Ending.LET_GO).values_list("started_at", "ended_at", "ending")
    for started_at, ended_at, ending in ended.iterator(CHUNK):
        yield _seen(started_at, ended_at, ENDS.get(ending, CENSORED), now)
    for started_at, relit_at, closed_at, again_at in _let_go(began).iterator(CHUNK):
        ends = ((relit_at, REPLIED), (closed_at, CLOSED), (not relit_at and again_at, CENSORED))
        at, end = min(((at, end) for at, end in ends if at), default=(None, CENSORED))
        yield _seen(started_at, at, end, now)


def _let_go(began: QuerySet[Silence]) -> QuerySet[Silence, tuple[Any, ...]]:
    """Return of each that was let go: start, answer, closing, and when it was let go once more.

    Of an answer after that only the latest one tells, so the one before is watched no longer.
    """
    later = OutcomeEntry.objects.filter(deal=OuterRef("deal"), occurred_at__gt=OuterRef("ended_at"))
    later = later.order_by("occurred_at")
    closings = later.filter(is_let_go=False).exclude(outcome=Outcome.OPEN)
    return began.filter(ending=Ending.LET_GO).values_list(
        "started_at",
        "relit_at",
        Subquery(closings.values("occurred_at")[:1]),
        Subquery(later.filter(is_let_go=True).values("occurred_at")[:1]),
    )


def _seen(
    started_at: datetime, ended_at: datetime | None, end: int, now: datetime
) -> tuple[float, int]:
    """Return the seconds watched until `now`, and how it ended unless that is yet to come."""
    if ended_at is None or ended_at > now:
        return (now - started_at).total_seconds(), CENSORED
    return (ended_at - started_at).total_seconds(), end
