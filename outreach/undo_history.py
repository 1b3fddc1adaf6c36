"""Take back what was just written into the history of a deal.

Each returns what to say; it raises TooLateError where the deal has moved on, and DoesNotExist for
a row out of sight. Source: SILENCE.md, "Whose turn", rule 7: only undo takes a closing back.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from accounts.models import User
from contacts.models import Contact
from deals import conversation, course
from deals.models import Deal, Hold, OutcomeEntry, Promise, Touch
from outreach import calls, letting_go, resting
from outreach.touches import take_back
from outreach.undo_tokens import ALREADY, TakenBack, TooLateError, Undo

Row = TypeVar("Row", Hold, Promise, OutcomeEntry)


def touch(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Take a touch out again that was recorded."""
    touch = Touch.objects.visible_to(user).get(pk=undo.pk)
    if touch.deleted_at is not None:
        return ALREADY
    take_back(touch, now=now)
    return TakenBack("Taken back: the touch is gone.", [touch.deal_id])


def call(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Take a call out again, and what it said of the number."""
    touch = Touch.objects.visible_to(user).select_related("address__contact").get(pk=undo.pk)
    if touch.deleted_at is not None:
        return ALREADY
    deals = calls.take_back(touch, undo.before, now=now)
    also = " The number counts as working again." if undo.before else ""
    return TakenBack(f"Taken back: the touch is gone.{also}", deals)


def deletion(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let a touch stand again that was taken out."""
    touch = Touch.objects.visible_to(user).get(pk=undo.pk)
    if touch.deleted_at is None:
        return ALREADY
    conversation.restore(touch, now=now)
    return TakenBack("Taken back: the touch is there again.", [touch.deal_id])


def turn(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let a touch leave the turn again that it left before."""
    touch = Touch.objects.visible_to(user).standing().get(pk=undo.pk)
    if touch.turn == undo.before:
        return ALREADY
    conversation.correct(touch, now=now, turn=undo.before)
    return TakenBack("Taken back: it waits for an answer again.", [touch.deal_id])


def outcome(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let a deal stand as before its last outcome."""
    entry = _last_outcome(undo, user)
    if entry is None:
        return ALREADY
    course.undo(entry, now=now)
    return TakenBack(f"Taken back: “{entry.deal}” is as it was.", [entry.deal_id])


def let_go(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let a deal stand as before it was let go, with its closing note."""
    entry = _last_outcome(undo, user)
    if entry is None:
        return ALREADY
    note = letting_go.take_back(entry, undo.before, now=now)
    text = f"Taken back: “{entry.deal}” is as it was. {note}".strip()
    return TakenBack(text, [entry.deal_id])


def look(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let the day to look again be what it was."""
    entry = _still_there(OutcomeEntry.objects.all(), undo, user)
    if entry is None or resting.let_go_of(entry.deal) != entry:
        raise TooLateError("It is too late: the deal rests no more.")
    day = date.fromisoformat(undo.before) if undo.before else None
    if entry.look_again_on == day:
        return ALREADY
    resting.look_later(entry.deal, day)
    return TakenBack("Taken back: the day to look again is as it was.")


def _last_outcome(undo: Undo, user: User) -> OutcomeEntry | None:
    """Return the entry, None where it is gone; raise TooLateError where it is not the last one."""
    entry = _still_there(OutcomeEntry.objects.all(), undo, user)
    if entry is None:
        return None
    later = Q(occurred_at__gt=entry.occurred_at) | Q(occurred_at=entry.occurred_at, pk__gt=entry.pk)
    if OutcomeEntry.objects.filter(later, deal=entry.deal_id).exists():
        raise TooLateError("It is too late: the deal has moved on since. Look at its thread.")
    return entry


def hold(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let the clock run again."""
    held = _still_there(Hold.objects.all(), undo, user)
    if held is None:
        return ALREADY
    if held.ends_at is not None and held.ends_at <= now:
        raise TooLateError("It is too late: the pause is over.")
    deals = conversation.deals_of_hold(held)
    conversation.release(held, now=now)
    return TakenBack("Taken back: the clock runs again.", deals)


def promise(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let the threshold count again instead of a promised day."""
    promise = _still_there(Promise.objects.all(), undo, user)
    if promise is None:
        return ALREADY
    if promise.due_at <= now:
        raise TooLateError("It is too late: the promised day is over.")
    conversation.release(promise, now=now)
    return TakenBack("Taken back: the stage’s threshold counts again.", [promise.deal_id])


def _still_there(rows: QuerySet[Row], undo: Undo, user: User) -> Row | None:
    """Return the row, None where it is gone; raise DoesNotExist where the reader may not see it."""
    row = rows.filter(pk=undo.pk).first()
    if row is None:
        return None
    if row.deal is not None:
        Deal.objects.visible_to(user).get(pk=row.deal.pk)
    elif row.contact is not None:
        Contact.objects.visible_to(user).get(pk=row.contact.pk)
    return row
