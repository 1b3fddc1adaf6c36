"""Take back what was just done: a token names one row, for one person, for a day.

Safe to run twice. What stands in a deal's history is in `undo_history`, the tokens are in
`undo_tokens`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from deals.models import Deal, Silence
from outreach import (
    bulk_undo,
    deliveries,
    mail_undo,
    reasons,
    remarks,
    suggest,
    sweeping,
    undo_history,
)
from outreach.mail.filing import decide
from outreach.models import BulkAction, Delivery, IgnoredSender, Mail, Remark, Suggestion
from outreach.undo_tokens import ALREADY, SALT, Kind, TakenBack, TooLateError, Undo

__all__ = ["ALREADY", "SALT", "Kind", "TakenBack", "TooLateError", "Undo", "run"]


def run(undo: Undo, *, user: User, now: datetime) -> str:
    """Take it back and return what to say.

    Raises TooLateError where the deal has moved on, and DoesNotExist for a row out of sight.
    """
    with transaction.atomic():
        done = RUNS[undo.kind](undo, user, now)
        sweeping.look_at(done.deals, now)
    return done.text


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


def _mail(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Put a mail back on the deal where it was."""
    mail = Mail.objects.visible_to(user).get(pk=undo.pk)
    before, there = Deal.objects.visible_to(user).get(pk=undo.before), mail.deal_id
    if not decide.move(mail, before, user=user, now=now):
        return ALREADY
    deals = [pk for pk in (before.pk, there) if pk is not None]
    return TakenBack(f"Taken back: the mail is on “{before}” again.", deals)


def _word(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Let a mail wait again as it did before this reader's word."""
    mail = Mail.objects.visible_to(user).get(pk=undo.pk)
    try:
        deals = mail_undo.take_back(mail, mail_undo.Word.read(undo.before), now=now)
    except ValidationError as error:
        raise TooLateError(str(error.message)) from error
    return ALREADY if deals is None else TakenBack("Taken back: the mail waits again.", deals)


def _ignored(undo: Undo, user: User, now: datetime) -> TakenBack:
    """Ask about a sender again; a token is the reader's own, so it was they who ignored them."""
    sender = IgnoredSender.objects.filter(pk=undo.pk).first()
    if sender is None:
        return ALREADY
    decide.unignore(sender)
    return TakenBack(f"Taken back: mail of {sender} that comes from now on is asked about.")


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
    remark = Remark.objects.visible_to(user).get(pk=undo.pk)
    if remark.deleted_at is None:
        return ALREADY
    remarks.restore(remark, now=now)
    return TakenBack("Taken back: the remark is there again.")


RUNS: dict[Kind, Callable[[Undo, User, datetime], TakenBack]] = {
    Kind.TOUCH: undo_history.touch,
    Kind.DELETION: undo_history.deletion,
    Kind.TURN: undo_history.turn,
    Kind.CALL: undo_history.call,
    Kind.OUTCOME: undo_history.outcome,
    Kind.LET_GO: undo_history.let_go,
    Kind.LOOK: undo_history.look,
    Kind.HOLD: undo_history.hold,
    Kind.PROMISE: undo_history.promise,
    Kind.SUGGESTION: _suggestion,
    Kind.REASON: _reason,
    Kind.REMARK: _remark,
    Kind.BULK: _bulk,
    Kind.DELIVERY: _delivery,
    Kind.MAIL: _mail,
    Kind.WORD: _word,
    Kind.IGNORED: _ignored,
}
