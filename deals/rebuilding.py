"""Replay every history of the workspace: to prove that the rows are in line, or to bring them there.

Source: SILENCE.md, "History".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from deals import particulars
from deals.models import Deal
from deals.replay import compare, lock, replay
from deals.sweep import last_sweep_at

CHUNK = 200
Told = Callable[[int, int], None]
Clock = Callable[[], datetime]  # it takes long: each chunk is judged as of its own instant


@dataclass
class Rebuilt:
    """How many deals were looked at, and the ids of those whose rows were not in line."""

    deals: int = 0
    differing: list[int] = field(default_factory=list)


def check(clock: Clock, told: Told = lambda *_: None) -> Rebuilt:
    """Compare all rows with a replay from nothing, and particulars with their deals, writing nothing.

    What is only left to the next sweep counts as equal: a deal differs if it does as of `now`
    and did as of the last sweep, or of what was recorded since.
    """
    return _each(lambda ids: _differing(ids, clock), told)


def rebuild(clock: Clock, told: Told = lambda *_: None) -> Rebuilt:
    """Bring all rows in line with their histories; return what was not."""
    return _each(lambda ids: _replayed(ids, clock), told)


def _each(work: Callable[[Sequence[int]], set[int]], told: Told) -> Rebuilt:
    result, total = Rebuilt(), Deal.objects.count()
    for ids in _chunks():
        result.differing += sorted(work(ids))
        result.deals += len(ids)
        told(result.deals, total)
    return result


def _chunks() -> Iterator[list[int]]:
    last = 0
    deals = Deal.objects.order_by("pk").values_list("pk", flat=True)
    while ids := list(deals.filter(pk__gt=last)[:CHUNK]):
        yield ids
        last = ids[-1]


def _differing(ids: Sequence[int], clock: Clock) -> set[int]:
    """Compare without locks, so that others can work, and what seems to differ again with them."""
    suspects = compare(ids, clock()).differing | particulars.differing(ids)
    if not suspects:
        return set()
    with transaction.atomic():
        lock(suspects)
        now = clock()
        differing = compare(suspects, now).differing
        swept_at = last_sweep_at()
        if swept_at and differing:
            differing = compare(differing, swept_at, until=now).differing
        return differing | particulars.differing(suspects)


@transaction.atomic
def _replayed(ids: Sequence[int], clock: Clock) -> set[int]:
    lock(ids)
    now = clock()
    unlike = particulars.differing(ids)
    differing = replay(ids, now, is_news=False)
    particulars.mend(unlike, now)
    return differing | unlike
