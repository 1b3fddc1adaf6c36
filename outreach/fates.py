"""What becomes of a mail that was ordered: each end of it, whoever learns of it.

Every fate is one transaction that moves the row by compare-and-set, so that none happens twice.
A mail becomes a touch when a server has accepted it; what did not go out or did not arrive gives
its suggestion back. Source: SILENCE.md, "Whose turn", rule 5; docs/decisions/079.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import Truncator

from contacts.models import Address, Channel
from deals import conversation, people
from deals.models import Direction, Touch, Turn
from deals.replay import lock
from outreach import suggest, sweeping
from outreach.mail.sorting.fullness import spares_address
from outreach.models import Delivery, Notice, Suggestion

State = Delivery.State
SOURCE = "delivery"
# After these waits, an hour in all, a server that puts a mail off has had its chances.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 30))
# Longer than the worker's hard limit for a task (config.settings) and than every time-out of one
# conversation with a server together: whoever claimed it that long ago does not come back.
LOST_AFTER = timedelta(minutes=15)


@transaction.atomic
def sent(delivery: Delivery, *, now: datetime) -> None:
    """Note that the server has accepted it: it counts as a touch of the moment it was claimed."""
    lock([delivery.deal_id])
    if not delivery.move(
        State.SENT, among=[State.SENDING, State.UNKNOWN], ended_at=now, problem=""
    ):
        return
    assert delivery.claimed_at is not None
    touch = Touch(
        channel=Channel.EMAIL, direction=Direction.OUTBOUND, turn=Turn.THEIRS,
        occurred_at=delivery.claimed_at, contact_id=delivery.contact_id,
        address_id=delivery.address_id, user_id=delivery.user_id, subject=delivery.subject,
        note=delivery.body, source=SOURCE, external_id=delivery.message_id,
    )  # fmt: skip
    delivery.touch = conversation.record(delivery.deal, touch, now=now).touch
    delivery.save(update_fields=["touch"])
    _put_away(delivery, now)


@transaction.atomic
def put_off(delivery: Delivery, why: str, *, now: datetime) -> None:
    """Try again later: the server has certainly not accepted it. After an hour it has failed."""
    if delivery.tries >= len(WAITS):
        failed(delivery, why, now=now)
        return
    delivery.move(
        State.QUEUED, among=[State.SENDING], claimed_at=None, problem=_clipped(why),
        send_at=now + WAITS[delivery.tries], tries=delivery.tries + 1,
    )  # fmt: skip


@transaction.atomic
def failed(delivery: Delivery, why: str, *, now: datetime) -> None:
    """Note that it did not go out and never will: its suggestion is open again."""
    lock([delivery.deal_id])
    if delivery.move(State.FAILED, among=[State.SENDING], ended_at=now, problem=_clipped(why)):
        reopen(delivery, now)
        _tell(delivery, Notice.Kind.NOT_SENT, f"did not go out. {why}", now)


@transaction.atomic
def denied(delivery: Delivery, *, now: datetime) -> None:
    """Note that somebody looked and it never arrived: its suggestion is open again."""
    lock([delivery.deal_id])
    why = "Somebody looked: it never arrived."
    if delivery.move(State.FAILED, among=[State.UNKNOWN], ended_at=now, problem=why):
        _put_away(delivery, now)
        reopen(delivery, now)


@transaction.atomic
def called_off(delivery: Delivery, why: str, *, now: datetime) -> None:
    """Note that it must not go out any more, and tell whoever ordered it."""
    lock([delivery.deal_id])
    if delivery.move(State.CANCELLED, among=[State.QUEUED], ended_at=now, problem=_clipped(why)):
        reopen(delivery, now)
        _tell(delivery, Notice.Kind.NOT_SENT, f"was not sent. {why}", now)


@transaction.atomic
def bounced(delivery: Delivery, why: str, *, now: datetime) -> None:
    """Note that it did not arrive, at once or after it had been sent: it is our move.

    Its touch is struck out, so that it gives no turn and is no attempt; the address is dead, but
    where `why` says that its mailbox is full.
    """
    concerned = {delivery.deal_id, *people.deals_around([delivery.contact])}
    lock(concerned)
    before = [State.SENDING, State.SENT, State.UNKNOWN]
    if not delivery.move(State.BOUNCED, among=before, ended_at=now, problem=_clipped(why)):
        return
    if delivery.touch is not None:
        conversation.correct(delivery.touch, now=now, is_delivered=False)
    if delivery.address is not None and not spares_address(why):
        delivery.address.health = Address.Health.DEAD
        people.change_address(delivery.address)
    _put_away(delivery, now)
    reopen(delivery, now)
    _tell(delivery, Notice.Kind.NOT_ARRIVED, "did not arrive: our move.", now)


@transaction.atomic
def unclear(delivery: Delivery, *, now: datetime) -> None:
    """Note that nobody here can tell whether it went out: a person is asked, nothing is resent."""
    if delivery.move(State.UNKNOWN, among=[State.SENDING]):
        _tell(
            delivery, Notice.Kind.UNKNOWN_SENT, "may or may not have gone out: please check.", now
        )


def give_up_lost(now: datetime) -> None:
    """Ask about the mails whose worker never came back."""
    long_ago = now - LOST_AFTER
    for delivery in Delivery.objects.filter(state=State.SENDING, claimed_at__lte=long_ago):
        unclear(delivery, now=now)


def reopen(delivery: Delivery, now: datetime) -> None:
    """Open the suggestion again that a mail was to do; in the caller's transaction and lock."""
    done = Suggestion.objects.filter(deliveries=delivery, state=Suggestion.State.DONE)
    suggestion = done.filter(silence__ended_at=None).first()
    if suggestion is not None:
        suggest.undo(suggestion, now=now)
    sweeping.look_at([delivery.deal_id], now)


def _tell(delivery: Delivery, kind: Notice.Kind, what: str, now: datetime) -> None:
    """Tell whoever ordered it, or the deal's owner where they are gone, once."""
    deal = delivery.deal
    text = f"{deal.title}: the mail to {delivery.contact} {what}"
    told = {"user_id": delivery.user_id or deal.owner_id, "deal": deal, "text": _clipped(text)}
    Notice.objects.get_or_create(
        kind=kind, key=str(delivery.pk), defaults={**told, "created_at": now}
    )


def _put_away(delivery: Delivery, now: datetime) -> None:
    """Put the question away that has been answered."""
    asked = Notice.objects.filter(kind=Notice.Kind.UNKNOWN_SENT, key=str(delivery.pk))
    asked.filter(read_at=None).update(read_at=now)


def _clipped(text: str) -> str:
    return Truncator(text).chars(300)
