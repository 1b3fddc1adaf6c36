"""Take back what was just done: a token names one row, for one person, for a day.

Safe to run twice. Source: SILENCE.md, "Whose turn", rule 7: only undo takes a closing back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from contacts.models import Contact
from deals import conversation, course
from deals.models import Deal, Hold, OutcomeEntry, Promise, Silence, Touch
from outreach import (
    bulk_undo,
    calls,
    deliveries,
    letting_go,
    reasons,
    remarks,
    resting,
    suggest,
    sweeping,
)
from outreach.models import BulkAction, Delivery, Suggestion
from outreach.touches import take_back

SALT = "lamplighter.undo"
LASTS = timedelta(days=1)
Row = TypeVar("Row", Hold, Promise, OutcomeEntry)


class Kind(StrEnum):
    """What can be taken back."""

    TOUCH = "touch"
    DELETION = "deletion"
    TURN = "turn"
    CALL = "call"
    OUTCOME = "outcome"
    LET_GO = "let_go"
    LOOK = "look"
    HOLD = "hold"
    PROMISE = "promise"
    SUGGESTION = "suggestion"
    REASON = "reason"
    REMARK = "remark"
    BULK = "bulk"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What to say, and the deals that stand differently now."""

    text: str
    deals: Sequence[int] = ()


ALREADY = TakenBack("That was taken back already.")


class TooLateError(Exception):
    """What was done can be taken back no more; its words say why, for the reader."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What to take back: a row by kind and id, what it said before, and the page to return to."""

    kind: Kind
    pk: int
    back: str = "/"
    before: str = ""

    def token(self, user: User) -> str:
        """Return it signed, for one user."""
        return signing.dumps(
            [user.pk, self.kind, self.pk, self.back, self.before], salt=SALT, compress=True
        )

    @classmethod
    def read(cls, token: str, user: User) -> Undo:
        """Return what a token of this user names.

        Raises BadSignature for a forged one or another's, TooLateError after a day.
        """
        try:
            whose, kind, pk, back, before = signing.loads(token, salt=SALT, max_age=LASTS)
        except signing.SignatureExpired as error:
            raise TooLateError("It is too late: an undo lasts a day.") from error
        if whose != user.pk:
            raise signing.BadSignature
        return cls(Kind(kind), pk, back, before)


def run(undo: Undo, *, user: User, now: datetime) -> str:
    """Take it back and return what to say.

    Raises TooLateError where the deal has moved on, and DoesNotExist for a row out of sight.
    """
    with transaction.atomic():
        done = RUNS[undo.kind](undo, user, now)
        sweeping.look_at(done.deals, now)
    return done.text


def _touch(undo: Undo, user: User, now: datetime) -> TakenBack:
    touch = Touch.objects.visible_to(user).get(pk=undo.pk)
    if touch.deleted_at is not None:
        return ALREADY
    take_back(touch, now=now)
    return TakenBack("Taken back: the touch is gone.", [touch.deal_id])


def _call(undo: Undo, user: User, now: datetime) -> TakenBack:
    touch = Touch.objects.visible_to(user).select_related("address__contact").get(pk=undo.pk)
    if touch.deleted_at is not None:
        return ALREADY
    deals = calls.take_back(touch, undo.before, now=now)
    also = " The number counts as working again." if undo.before else ""
    return TakenBack(f"Taken back: the touch is gone.{also}", deals)


def _deletion(undo: Undo, user: User, now: datetime) -> TakenBack:
    touch = Touch.objects.visible_to(user).get(pk=undo.pk)
    if touch.deleted_at is None:
        return ALREADY
    conversation.restore(touch, now=now)
    return TakenBack("Taken back: the touch is there again.", [touch.deal_id])


def _turn(undo: Undo, user: User, now: datetime) -> TakenBack:
    touch = Touch.objects.visible_to(user).standing().get(pk=undo.pk)
    if touch.turn == undo.before:
        return ALREADY
    conversation.correct(touch, now=now, turn=undo.before)
    return TakenBack("Taken back: it waits for an answer again.", [touch.deal_id])


def _outcome(undo: Undo, user: User, now: datetime) -> TakenBack:
    entry = _last_outcome(undo, user)
    if entry is None:
        return ALREADY
    course.undo(entry, now=now)
    return TakenBack(f"Taken back: “{entry.deal}” is as it was.", [entry.deal_id])


def _let_go(undo: Undo, user: User, now: datetime) -> TakenBack:
    entry = _last_outcome(undo, user)
    if entry is None:
        return ALREADY
    note = letting_go.take_back(entry, undo.before, now=now)
    text = f"Taken back: “{entry.deal}” is as it was. {note}".strip()
    return TakenBack(text, [entry.deal_id])


def _look(undo: Undo, user: User, now: datetime) -> TakenBack:
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


def _hold(undo: Undo, user: User, now: datetime) -> TakenBack:
    held = _still_there(Hold.objects.all(), undo, user)
    if held is None:
        return ALREADY
    if held.ends_at is not None and held.ends_at <= now:
        raise TooLateError("It is too late: the pause is over.")
    deals = conversation.deals_of_hold(held)
    conversation.release(held, now=now)
    return TakenBack("Taken back: the clock runs again.", deals)


def _promise(undo: Undo, user: User, now: datetime) -> TakenBack:
    promise = _still_there(Promise.objects.all(), undo, user)
    if promise is None:
        return ALREADY
    if promise.due_at <= now:
        raise TooLateError("It is too late: the promised day is over.")
    conversation.release(promise, now=now)
    return TakenBack("Taken back: the stage’s threshold counts again.", [promise.deal_id])


def _suggestion(undo: Undo, user: User, now: datetime) -> TakenBack:
    suggestion = Suggestion.objects.visible_to(user).get(pk=undo.pk)
    if suggestion.state == Suggestion.State.QUEUED:
        return ALREADY
    if suggestion.silence.ended_at is not None:
        raise TooLateError("It is too late: that silence is over.")
    try:
        suggest.undo(suggestion, now=now)
    except ValidationError as error:
        raise TooLateError("It is too late: the deal has moved on since.") from error
    return TakenBack("Taken back: it is on your list again.")


def _delivery(undo: Undo, user: User, now: datetime) -> TakenBack:
    delivery = Delivery.objects.visible_to(user).get(pk=undo.pk)
    if delivery.state == Delivery.State.CANCELLED:
        return ALREADY
    try:
        deliveries.cancel(delivery, now)
    except ValidationError as error:
        raise TooLateError(str(error.message)) from error
    return TakenBack("Taken back: the mail does not go out. Your text is still there.")


def _bulk(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Take back what an act on many deals did, where nothing has happened since; name the rest."""
    action = BulkAction.objects.select_for_update(no_key=True).get(pk=undo.pk, user=user)
    if action.undone_at is not None:
        return ALREADY
    back = bulk_undo.take_back(action, user=user, now=now)
    return TakenBack(bulk_undo.say(action, back, user), back)


def _reason(undo: Undo, user: User, now: datetime) -> TakenBack:
    silence = Silence.objects.visible_to(user).get(pk=undo.pk)
    if not reasons.take_back(silence, undo.before, now=now):
        return ALREADY
    return TakenBack("Taken back: the reason is as it was before.")


def _remark(undo: Undo, user: User, now: datetime) -> TakenBack:
    if not remarks.restore(undo.pk, undo.before, user=user, now=now):
        return ALREADY
    return TakenBack("Taken back: the remark is there again.")


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


RUNS: dict[Kind, Callable[[Undo, User, datetime], TakenBack]] = {
    Kind.TOUCH: _touch,
    Kind.DELETION: _deletion,
    Kind.TURN: _turn,
    Kind.CALL: _call,
    Kind.OUTCOME: _outcome,
    Kind.LET_GO: _let_go,
    Kind.LOOK: _look,
    Kind.HOLD: _hold,
    Kind.PROMISE: _promise,
    Kind.SUGGESTION: _suggestion,
    Kind.REASON: _reason,
    Kind.REMARK: _remark,
    Kind.BULK: _bulk,
    Kind.DELIVERY: _delivery,
}
