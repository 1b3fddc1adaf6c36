"""Mark what is due and end what is due no longer, once, however many sweepers run.

Source: SILENCE.md, "What the sweep does"; docs/architecture.md, "The heart".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.db.models import Q

from deals.cutoffs import OPEN, Cutoffs
from deals.models import By, Heartbeat, Silence
from deals.replay import replay

DUE = Q(dark_at=None)
MARKED = Q(dark_at__isnull=False)


def mark_batch(now: datetime, *, limit: int = 1000) -> list[int]:
    """Mark up to `limit` due silences dark in the caller's transaction; return the ids this call marked.

    By us, dark means that our answer is overdue. `dark_at` becomes the instant the threshold was
    crossed, not `now`. An empty list says that nothing due is left that no other sweeper holds.
    Source: SILENCE.md, "What the sweep does".
    """
    cutoffs = Cutoffs.at(now)
    for ids in _batches(_due_ids(cutoffs, limit), limit):
        claimed = claim(ids, DUE)
        replay([deal for _, deal in claimed], now, is_sweep=True)
        marked = _still([pk for pk, _ in claimed], MARKED)
        if marked:
            return marked
    return []


def lapse_batch(now: datetime, *, limit: int = 1000) -> list[int]:
    """End the spells of up to `limit` silences that are due no longer; return their ids.

    A hold that began, a threshold that was raised or a promise that was made ends a spell at
    its own instant, not at `now`.
    """
    cutoffs = Cutoffs.at(now)
    for ids in _batches(_lapsed_ids(cutoffs, limit), limit):
        claimed = claim(ids, MARKED)
        replay([deal for _, deal in claimed], now, is_sweep=True)
        lapsed = _still([pk for pk, _ in claimed], DUE)
        if lapsed:
            return lapsed
    return []


def _batches(ids: Iterator[int], limit: int) -> Iterator[list[int]]:
    while batch := list(islice(ids, limit)):
        yield batch


def claim(ids: Sequence[int], condition: Q) -> list[tuple[int, int]]:
    """Lock those of the silences that nobody else works on; return (silence, deal) ids.

    The condition is asked again under the lock: what a reply ended meanwhile is left alone.
    """
    return Silence.objects.filter(OPEN & condition, pk__in=ids).lock(skip_locked=True)


def _still(ids: Sequence[int], condition: Q) -> list[int]:
    rows = Silence.objects.filter(OPEN & condition, pk__in=ids).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _due_ids(cutoffs: Cutoffs, limit: int) -> Iterator[int]:
    """Yield the open silences that are due and not marked, policy by policy, oldest first."""
    now = cutoffs.now
    for by in (By.THEM, By.US):
        held = Q(pk__in=[])
        for cutoff in cutoffs.each(by):
            due = Silence.objects.filter(
                cutoff.sure(now) & DUE, clock_from__lte=cutoff.at
            ).order_by("clock_from")
            yield from due.values_list("pk", flat=True)[:limit]
            held |= cutoff.single(now) & Q(started_at__lte=cutoff.at)
        broken = OPEN & Q(by=by, promised_at__lte=now)
        yield from cutoffs.judged(Silence.objects.filter((held | broken) & DUE))


def _lapsed_ids(cutoffs: Cutoffs, limit: int) -> Iterator[int]:
    """Yield the marked silences that are due no longer."""
    now = cutoffs.now
    for by in (By.THEM, By.US):
        held = Q(pk__in=[])
        for cutoff in cutoffs.each(by):
            early = Silence.objects.filter(
                cutoff.sure(now) & MARKED, clock_from__gt=cutoff.at
            ).order_by("clock_from")
            yield from early.values_list("pk", flat=True)[:limit]
            held |= cutoff.single(now)
        promised = OPEN & Q(by=by, promised_at__isnull=False)
        singles = Silence.objects.filter((held | promised) & MARKED)
        due = set(cutoffs.judged(singles))
        yield from (pk for pk in singles.values_list("pk", flat=True) if pk not in due)


def beat(now: datetime, *, marked_dark: int, suggested: int) -> None:
    """Note that a sweep came to its end at `now`."""
    Heartbeat.objects.update_or_create(
        unique=True,
        defaults={"swept_at": now, "marked_dark": marked_dark, "suggested": suggested},
    )


def last_sweep_at() -> datetime | None:
    """Return when the last sweep came to its end, or None before the first."""
    return Heartbeat.objects.values_list("swept_at", flat=True).first()
