"""One act on many deals: which are chosen, what would happen to each, and doing it.

A preview changes nothing. Doing acts on the deals that were shown, as they were shown: each
carries a mark of how it stood, and one that has changed since is left as it is, and named.
Source: docs/re-engaging.md, "Many deals at once"; decision 081.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from zlib import crc32

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts.models import User
from accounts.numbers import row_number
from deals import listing
from deals.models import Deal, Hold
from deals.replay import lock
from deals.wording import say_money
from outreach.acts import Act, Candidate
from outreach.models import BulkAction

LIMIT = listing.AT_ONCE
BATCH = 50  # deals in one transaction: nobody else waits longer for one of them
SQLITE_PAUSE_SECONDS = 0.03  # between two, so that others write too
CHANGED = "Changed since you looked"
ONLY_COVERED = "Yours to see for a time, not to give away"


@dataclass(frozen=True, slots=True)
class Line:
    """One deal of a preview: what becomes of it, or why it is left out."""

    candidate: Candidate
    fate: str = ""
    why: str = ""

    @property
    def deal(self) -> Deal:
        return self.candidate.deal


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would do to chosen deals; `hidden` counts those out of the reader's sight."""

    act: Act
    lines: Sequence[Line]
    hidden: int

    @property
    def acted(self) -> list[Line]:
        return [line for line in self.lines if not line.why]

    @property
    def left(self) -> list[Line]:
        return [line for line in self.lines if line.why]

    @property
    def amounts(self) -> str:
        """What those acted on are worth together, each currency for itself."""
        sums: dict[str, Decimal] = {}
        for line in self.acted:
            if line.deal.amount is not None:
                so_far = sums.get(line.deal.currency, Decimal())
                sums[line.deal.currency] = so_far + line.deal.amount
        return " + ".join(say_money(amount, code) for code, amount in sorted(sums.items()))

    @property
    def chosen(self) -> str:
        """Those acted on with their marks, for a form to bring back."""
        return ",".join(f"{line.deal.pk}.{line.candidate.mark}" for line in self.acted)


@dataclass(slots=True)
class Outcome:
    """What was done, and what was left as it is with the reason, title by title."""

    action: BulkAction
    left: list[tuple[str, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.action.done)


def preview(act: Act, ids: Iterable[int], *, user: User, now: datetime) -> Preview:
    """Say what an act would do, changing nothing, in a number of queries that does not grow."""
    asked = set(ids)
    found = candidates(asked, user, now)
    return Preview(act, [_line(act, each) for each in found], len(asked) - len(found))


def candidates(ids: Iterable[int], user: User, now: datetime) -> list[Candidate]:
    """Return those of some deals that a reader may see, in order of id, as they stand."""
    deals = Deal.objects.visible_to(user).filter(pk__in=set(ids)).order_by("pk")
    rows = listing.rows(listing.with_people(deals), now)
    found = [row.deal for row in rows]
    holds = list(Hold.objects.filter(deal__in=found, ends_at__gt=now).order_by("ends_at", "pk"))
    mine = Deal.objects.overseen_by(user).filter(pk__in=[deal.pk for deal in found])
    overseen = set(mine.order_by().values_list("pk", flat=True))
    told = []
    for row in rows:
        held = tuple(hold for hold in holds if hold.deal_id == row.deal.pk)
        is_overseen = row.deal.pk in overseen
        told.append(Candidate(row.deal, row.stands, held, is_overseen, _mark(row.deal, held)))
    return told


def act_on(act: Act, marks: Mapping[int, str], *, user: User, now: datetime) -> Outcome:
    """Do it to the deals of a preview, batch by batch, each batch all or nothing.

    `marks` are how they stood. What was done is recorded as it is done, for the undo.
    """
    outcome = Outcome(BulkAction.objects.create(kind=act.kind, user=user, done_at=now))
    ids = iter(sorted(marks))
    while some := list(islice(ids, BATCH)):
        with transaction.atomic():
            lock(some)
            _do(act, candidates(some, user, now), marks, outcome, now)
            outcome.action.save(update_fields=["done"])
        if connection.vendor == "sqlite":
            time.sleep(SQLITE_PAUSE_SECONDS)
    if not outcome.count:
        outcome.action.delete()
    return outcome


def read_marks(text: str) -> dict[int, str]:
    """Read what a form brought back: ids with their marks, at most as many as go at once."""
    pairs = (part.partition(".") for part in text.split(",")[:LIMIT])
    numbered = ((row_number(pk), mark) for pk, _, mark in pairs)
    return {pk: mark for pk, mark in numbered if pk is not None}


def _do(
    act: Act,
    found: Sequence[Candidate],
    marks: Mapping[int, str],
    outcome: Outcome,
    now: datetime,
) -> None:
    """Act on those of one batch that are as they were, and note the others with the reason."""
    deals = []
    for candidate in found:
        is_same = candidate.mark == marks[candidate.deal.pk]
        if why := _line(act, candidate).why if is_same else CHANGED:
            outcome.left.append((candidate.deal.title, why))
        else:
            deals.append(candidate.deal)
    try:
        outcome.action.done += act.do(deals, outcome.action.user, now)
    except ValidationError as error:
        outcome.left += [(deal.title, " ".join(error.messages)) for deal in deals]


def _line(act: Act, candidate: Candidate) -> Line:
    why = act.keeps_out(candidate) if candidate.is_overseen else ONLY_COVERED
    return Line(candidate, fate="" if why else act.fate, why=why)


def _mark(deal: Deal, holds: Sequence[Hold]) -> str:
    """Return a short word that is another one once somebody spoke, moved, held or gave it away."""
    silences: list[object] = [
        (each.pk, each.by, each.attempts, each.held_until, each.promised_at)
        for each in deal.open_silences  # type: ignore[attr-defined]  # listing.with_people
    ]
    told = (deal.owner_id, deal.stage_id, deal.outcome, silences, [hold.pk for hold in holds])
    return f"{crc32(repr(told).encode()):08x}"
