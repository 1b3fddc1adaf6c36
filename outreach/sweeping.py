"""One sweep: mark what is due, queue what to do about it, tell what is to be told.

Each batch is a transaction of its own, so that several sweepers share the work and the web
gets its turn. Source: SILENCE.md, "What the sweep does".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction

from contacts.models import Address
from deals import missed, people, sweep
from deals.models import Silence
from deals.replay import lock, replay
from outreach import lines, notices, suggest
from outreach.steps import Steps

BATCH = 1000
# A back-to-back writer starves the web on SQLite: small batches with a pause do not.
SQLITE_BATCH = 200
SQLITE_PAUSE = timedelta(milliseconds=30)
# Short of the worker's soft limit (config.settings): the next tick goes on where this one stops.
LONGEST = timedelta(minutes=3)


@dataclass
class Swept:
    """What one sweep did; `marked_dark` counts silences by them only."""

    marked_dark: int = 0
    suggested: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self.began)

    @property
    def may_go_on(self) -> bool:
        """Whether there is time for another batch."""
        return self.elapsed < LONGEST


def run(now: datetime) -> Swept:
    """Do all that is due as of `now`, however many ticks were missed, and note the heartbeat.

    Harmless beside other sweepers: what one of them holds, the others pass by.
    """
    swept = Swept()
    _each(swept, missed.missed(now), lambda silences: missed.catch_up(silences, now))
    _until_empty(swept, lambda: _lapse(now))
    _until_empty(swept, lambda: _mark(now, swept))
    suggest.wake(now)
    steps = Steps.at(now)
    _each(swept, suggest.due(steps), lambda silences: _suggest(silences, steps, swept))
    _each(swept, lines.out_of_line(), lines.line_up)
    notices.tell(now)
    sweep.beat(now, marked_dark=swept.marked_dark, suggested=swept.suggested)
    return swept


def look_at(deals: Sequence[int], now: datetime) -> None:
    """Do for some deals what the next sweep would: mark what is due and queue what to do about it.

    Whoever took something back sees at once how things stand. In the caller's transaction.
    """
    lock(deals)
    replay(deals, now, is_sweep=True)
    dark = Silence.objects.open().by_them().filter(deal__in=deals, dark_at__isnull=False)
    suggest.for_silences(list(dark.values_list("pk", flat=True)), now)


@transaction.atomic
def reach(address: Address, deal: int, now: datetime) -> None:
    """Save an address for want of which nothing better could be suggested, and choose anew."""
    people.change_address(address)
    look_at([deal], now)


def _lapse(now: datetime) -> bool:
    """End the spells of one batch that is due no longer, and withdraw what was suggested."""
    lapsed = sweep.lapse_batch(now, limit=_limit())
    if lapsed:
        suggest.for_silences(lapsed, now)
    return bool(lapsed)


def _mark(now: datetime, swept: Swept) -> bool:
    """Mark one batch and queue its suggestions, or neither."""
    marked = sweep.mark_batch(now, limit=_limit())
    if marked:
        swept.marked_dark += Silence.objects.by_them().filter(pk__in=marked).count()
        swept.suggested += suggest.for_silences(marked, now)
    return bool(marked)


def _suggest(silences: list[int], steps: Steps, swept: Swept) -> None:
    swept.suggested += suggest.for_silences(silences, steps.now, steps)


def _until_empty(swept: Swept, batch: Callable[[], bool]) -> None:
    """Run a batch in its own transaction until there is nothing left for it."""
    found = True
    while found and swept.may_go_on:
        with transaction.atomic():
            found = batch()
        _let_others_write()


def _each(swept: Swept, ids: Iterable[int], batch: Callable[[list[int]], None]) -> None:
    """Run a batch over ids that were found before, so many at a time."""
    found: Iterator[int] = iter(list(ids))
    while swept.may_go_on and (some := list(islice(found, _limit()))):
        with transaction.atomic():
            batch(some)
        _let_others_write()


def _limit() -> int:
    return SQLITE_BATCH if connection.vendor == "sqlite" else BATCH


def _let_others_write() -> None:
    if connection.vendor == "sqlite":
        time.sleep(SQLITE_PAUSE.total_seconds())
