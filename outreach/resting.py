"""Let-go deals whose day for another look has come, and what a rep decides about one.

Nothing is stored for it: a deal is worth another look while it rests by its latest let-go and the
day that this names is here. Heard before, it reopens and is none of these any more.
Source: SILENCE.md, "What to do (plays)"; decision 083.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Cover, User
from deals.models import Deal, Outcome, OutcomeEntry
from deals.replay import lock

COLUMNS = (
    "pk", "deal_id", "occurred_at", "reason", "look_again_on", "deal__title", "deal__amount",
    "deal__currency", "deal__wanted", "deal__contact__first_name", "deal__contact__last_name",
    "deal__company__name", "deal__owner_id", "deal__owner__name", "deal__stage__name",
)  # fmt: skip
MOVED_ON = "This deal rests no more. Look at it again: something has happened since."


@dataclass(frozen=True, slots=True)
class Again:
    """A deal of the group: what was wanted, when it was let go, and why.

    `cover` is the one by which it stands in the reader's queue, None for their own.
    """

    flat: Any  # a named row of values_list with COLUMNS
    cover: Cover | None = None

    @property
    def deal(self) -> int:
        return int(self.flat.deal_id)

    @property
    def person(self) -> str:
        first, last = self.flat.deal__contact__first_name, self.flat.deal__contact__last_name
        return f"{first} {last}".strip()

    @property
    def company(self) -> str:
        return self.flat.deal__company__name or ""


@dataclass(frozen=True, slots=True)
class Rest:
    """The let-go by which a deal rests, and whether its day for another look has come."""

    entry: OutcomeEntry
    has_come: bool


def by_their_let_go() -> QuerySet[OutcomeEntry]:
    """Return the let-gos by which deals rest now: the one that was their last closing."""
    entries = OutcomeEntry.objects.filter(is_let_go=True, deal__outcome=Outcome.RESTING)
    return entries.filter(outcome=Outcome.RESTING, occurred_at=F("deal__closed_at"))


def rows(reader: User, owned: Q, today: date, limit: int) -> list[Again]:
    """Return at most so many deals that are worth another look, the latest day first, in one query.

    `owned` narrows `deal__owner`; `today` is the reader's day.
    """
    entries = by_their_let_go().filter(owned, look_again_on__lte=today)
    seen = entries.filter(deal__in=Deal.objects.visible_to(reader))
    ordered = seen.order_by("-look_again_on", "-pk")
    return [Again(flat) for flat in ordered.values_list(*COLUMNS, named=True)[:limit]]


def let_go_of(deal: Deal) -> OutcomeEntry | None:
    """Return the let-go by which a deal rests, None where it does not."""
    return by_their_let_go().filter(deal=deal).select_related("user").order_by("-pk").first()


def rest_of(deal: Deal, today: date) -> Rest | None:
    """Return how a deal rests on the reader's day, None where it does not; no query for those."""
    entry = let_go_of(deal) if deal.outcome == Outcome.RESTING else None
    if entry is None:
        return None
    day = entry.look_again_on
    return Rest(entry, day is not None and day <= today)


@transaction.atomic
def look_later(deal: Deal, day: date | None) -> OutcomeEntry:
    """Look at a resting deal again on another day; None means never, unless they are heard.

    The sweep tells of the new day anew. Raises ValidationError where the deal rests no more.
    """
    lock([deal.pk])
    entry = let_go_of(deal)
    if entry is None:
        raise ValidationError(MOVED_ON, code="moved_on")
    entry.look_again_on, entry.told_at = day, None
    entry.save(update_fields=["look_again_on", "told_at"])
    return entry
