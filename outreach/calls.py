"""How a call or a short message went: reached, voicemail, no answer, wrong number; sent or not.

A talk is two-way and was heard; a voicemail or no answer is an attempt. A wrong number reached
nobody: it is no attempt, the number is dead, and what to do is chosen anew.
Source: SILENCE.md, "Whose turn", rules 1 and 5, and "What the sweep does".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction

from accounts.models import User
from contacts.models import Address
from deals import people
from deals.models import Deal, Direction, Participation, Touch, Turn
from deals.replay import lock
from outreach import sweeping, touches
from outreach.models import Suggestion


class Result(models.TextChoices):
    """How it went; the first four are of calls, the last two of what is written in another app."""

    REACHED = "reached", "Reached"
    VOICEMAIL = "voicemail", "Voicemail"
    NO_ANSWER = "no_answer", "No answer"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    SENT = "sent", "Sent"
    NOT_SENT = "not_sent", "Did not send"


OF_CALLS = (Result.REACHED, Result.VOICEMAIL, Result.NO_ANSWER, Result.WRONG_NUMBER)
OF_MESSAGES = (Result.SENT, Result.NOT_SENT)


@dataclass(frozen=True, slots=True)
class Call:
    """What a rep says of one: at which address, how it went, in their words.

    Of a talk also whose turn it left, and until when they promised to come back, if they did.
    """

    address: Address
    result: Result
    note: str = ""
    turn: Turn = Turn.OURS
    promised_at: datetime | None = None


@transaction.atomic
def note(deal: Deal, call: Call, *, user: User, now: datetime) -> Touch | None:
    """Record how a call or a message went; None where nothing was sent, as that is nothing."""
    if call.result == Result.NOT_SENT:
        return None
    touch = touches.log(
        deal, _touch(call, user, now), user=user, now=now, promised_at=call.promised_at
    )
    if call.result == Result.WRONG_NUMBER:
        _set_health(call.address, Address.Health.DEAD)
        sweeping.look_at(_deals_of(call.address), now)
    return touch


@transaction.atomic
def take_back(touch: Touch, health: str, *, now: datetime) -> list[int]:
    """Take one back, with the health that its number had; return the deals concerned."""
    address = touch.address if health else None
    deals = sorted({touch.deal_id, *(_deals_of(address) if address else ())})
    lock(deals)
    touches.take_back(touch, now=now)
    if address is None:
        return deals
    _set_health(address, Address.Health(health))
    # what was chosen for want of this number; the next look chooses anew
    instead = Suggestion.objects.pending().filter(deal__in=deals, created_at__gte=touch.recorded_at)
    instead.update(state=Suggestion.State.WITHDRAWN, acted_at=now, after=None)
    return deals


def _deals_of(address: Address) -> list[int]:
    """Return the deals whose suggestions may rest on an address."""
    parts = Participation.objects.filter(contact=address.contact_id).order_by()
    return list(parts.values_list("deal", flat=True).distinct())


def _touch(call: Call, user: User, now: datetime) -> Touch:
    is_talk = call.result == Result.REACHED
    is_wrong = call.result == Result.WRONG_NUMBER
    return Touch(
        channel=call.address.channel, contact=call.address.contact, address=call.address,
        direction=Direction.TWO_WAY if is_talk else Direction.OUTBOUND, occurred_at=now, user=user,
        turn=call.turn if is_talk else Turn.UNCHANGED if is_wrong else Turn.THEIRS,
        is_delivered=not is_wrong, note=_words(call),
    )  # fmt: skip


def _words(call: Call) -> str:
    """Return the note of a touch: how it went where that is not plain from the touch itself."""
    if call.result in (Result.REACHED, Result.SENT):
        return call.note
    return f"{call.result.label}: {call.note}" if call.note else f"{call.result.label}."


def _set_health(address: Address, health: Address.Health) -> None:
    address.health = health
    people.change_address(address)
