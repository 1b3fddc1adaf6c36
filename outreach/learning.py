"""What is learned from the own history, once a day: rates, chances, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from outreach import chances, rates
from outreach.chances import Chances
from outreach.lines import line_up
from outreach.models import Suggestion
from outreach.ranking import Stakes, rank

BATCH = 200  # suggestions ranked in a transaction: short, so that the web gets its turn


def learn(now: datetime, *, by_hand: bool = False) -> None:
    """Learn anew what is due, or by hand all of it, and rank by it what waits to be done.

    Safe to run twice, and side by side.
    """
    if not (by_hand or chances.are_due(now)):
        return
    rates.learn(now)
    chances.learn(now, by_hand=by_hand)
    rank_anew(now)


def rank_anew(now: datetime) -> None:
    """Rank what is queued or snoozed as of now: chances fall while a silence lasts."""
    known = Chances.load()
    for batch in _batches():
        changed = []
        for row in batch:
            deal, stage = row.deal, row.stage
            stakes = Stakes(deal.amount, deal.currency, stage.pk, stage.name, stage.chance)
            ranked = rank(stakes, now - row.silence.started_at, known)
            if (row.rank, row.rank_parts) != (ranked.value, ranked.parts):
                row.rank, row.rank_parts = ranked.value, ranked.parts
                changed.append(row)
        with transaction.atomic():
            Suggestion.objects.bulk_update(changed, ["rank", "rank_parts"])
            line_up(row.contact_id for row in changed)


def _batches() -> Iterator[list[Suggestion]]:
    """Yield the pending suggestions, so many at a time, in order of id."""
    pending = Suggestion.objects.pending().select_related("deal", "stage", "silence")
    last = 0
    while batch := list(pending.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk
