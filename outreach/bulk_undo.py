"""Take an act on many deals back, through the doors of single deals, where nothing came since.

Source: SILENCE.md, "Whose turn", rule 7: only undo takes a closing back; decision 081.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from deals import conversation, course
from deals.models import Deal, Hold, OutcomeEntry
from deals.people import hand_over
from deals.replay import lock
from outreach.models import BulkAction
from outreach.wording import say_count

NAMED = 5  # deals that the answer names


def take_back(action: BulkAction, *, user: User, now: datetime) -> list[int]:
    """Take back what can be, in the caller's transaction; return the deals that are as before.

    Left as they are: what has moved on since, and what is not the user's to give by now.
    """
    ids = [deal for deal, _, _ in action.done]
    lock(ids)
    mine = Deal.objects.overseen_by(user).filter(pk__in=ids)
    match action.kind:
        case BulkAction.Kind.REASSIGN:
            back = _owners(action, mine, user, now)
        case BulkAction.Kind.PAUSE:
            back = _pauses(action, mine, now)
        case _:
            back = _let_gos(action, mine, now)
    action.undone_at = now
    action.save(update_fields=["undone_at"])
    return back


def say(action: BulkAction, back: list[int], user: User) -> str:
    """Say how many are as before, and which have moved on as far as the user may see them."""
    text = f"Taken back: {say_count(len(back), 'deal is', 'deals are').lower()} as before."
    moved_on = {deal for deal, _, _ in action.done}.difference(back)
    if not moved_on:
        return text
    seen = Deal.objects.visible_to(user).filter(pk__in=moved_on).order_by("title", "pk")
    named = ", ".join(f"“{title}”" for title in seen.values_list("title", flat=True)[:NAMED])
    named += " and others" if len(moved_on) > NAMED else ""
    stay = say_count(len(moved_on), "deal has", "deals have")
    return f"{text} {stay} moved on since{f': {named}' if named else ''}."


def _owners(action: BulkAction, mine: QuerySet[Deal], user: User, now: datetime) -> list[int]:
    """Give deals back to those of their former owners who may have them."""
    owners = dict(mine.order_by().values_list("pk", "owner"))
    taken: dict[int, list[int]] = defaultdict(list)
    for deal, owner, before in action.done:
        if owners.get(deal) == owner:
            taken[before].append(deal)
    back = []
    for former in User.objects.assignable_by(user).filter(pk__in=taken):
        hand_over(taken[former.pk], former, now=now)
        back += taken[former.pk]
    return back


def _pauses(action: BulkAction, mine: QuerySet[Deal], now: datetime) -> list[int]:
    """Take back the pauses that last still."""
    made = Hold.objects.filter(pk__in=[row for _, row, _ in action.done], deal__in=mine)
    lasting = list(made.filter(ends_at__gt=now))
    back = [held.deal_id for held in lasting if held.deal_id]
    conversation.release_many(lasting, now=now)
    return back


def _let_gos(action: BulkAction, mine: QuerySet[Deal], now: datetime) -> list[int]:
    """Take back the let-gos that are still the last word on their deals."""
    made = OutcomeEntry.objects.filter(pk__in=[row for _, row, _ in action.done], deal__in=mine)
    same_instant = Q(occurred_at=OuterRef("occurred_at"), pk__gt=OuterRef("pk"))
    later = Q(occurred_at__gt=OuterRef("occurred_at")) | same_instant
    overtaken = Exists(OutcomeEntry.objects.filter(later, deal=OuterRef("deal")))
    last = list(made.exclude(overtaken).filter(deal__closed_at=F("occurred_at")))
    course.undo_many(last, now=now)
    return [entry.deal_id for entry in last]
