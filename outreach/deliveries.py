"""Order a mail, take the order back, and say what became of one that nobody here can tell.

The row is the order: it goes out from its `send_at` on, once, by `outreach.mail.send`.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User
from contacts.models import Address, Contact
from deals.models import Deal
from deals.replay import lock
from outreach import fates, suggest, tasks
from outreach.fates import bounced
from outreach.mail.sending import obstacles, senders
from outreach.models import Delivery, Suggestion

__all__ = ["arrived", "bounced", "cancel", "never_arrived", "order"]

State = Delivery.State
UNDO_WINDOW = timedelta(seconds=10)
# Brokers forget or repeat what is put off for longer.
LONGEST_COUNTDOWN = timedelta(minutes=5)
# A double click, or a page that was sent again.
TWICE_WITHIN = timedelta(minutes=5)
LONGEST_SUBJECT = 300
TOO_LATE = "It is too late: this mail is going out, or has gone."


@transaction.atomic
def order(  # noqa: PLR0913  # what a mail is, and for whom it is done
    deal: Deal, contact: Contact, address: Address, subject: str, body: str,
    *, user: User, now: datetime, suggestion: Suggestion | None = None,
    send_at: datetime | None = None,
) -> Delivery:  # fmt: skip
    """Order a mail for `send_at`, or as soon as it can no longer be undone; return its row.

    What was suggested for the deal counts as done. Raises ValidationError, with the remedy, where
    the mail may not go to the person, has no words, or was ordered a moment ago.
    """
    lock([deal.pk])
    made = Delivery(
        deal=deal, contact=contact, address=address, user=user, sender=senders.address_for(user),
        recipient=address.value, subject=subject.strip(), body=body.strip(),
        message_id=_new_message_id(), created_at=now, send_at=max(now + UNDO_WINDOW, send_at or now),
    )  # fmt: skip
    _refuse(made)
    made.suggestion = _settled(made, suggestion, now)
    made.save()
    _wake_a_worker(made, now)
    return made


@transaction.atomic
def cancel(delivery: Delivery, now: datetime) -> None:
    """Take an order back while it waits: what was suggested is open again.

    Raises ValidationError once it has begun to go out.
    """
    lock([delivery.deal_id])
    if not delivery.move(State.CANCELLED, among=[State.QUEUED], ended_at=now, problem=""):
        raise ValidationError(TOO_LATE, code="late")
    fates.reopen(delivery, now)


def arrived(delivery: Delivery, now: datetime) -> None:
    """Say of a mail whose fate is unknown that it arrived: it counts from when it was claimed."""
    _require_unknown(delivery)
    fates.sent(delivery, now=now)


def never_arrived(delivery: Delivery, now: datetime) -> None:
    """Say of a mail whose fate is unknown that it did not arrive: what was suggested is open again."""
    _require_unknown(delivery)
    fates.denied(delivery, now=now)


def _require_unknown(delivery: Delivery) -> None:
    if delivery.state != State.UNKNOWN:
        raise ValidationError("What became of this mail is known already.", code="known")


def _refuse(made: Delivery) -> None:
    """Raise ValidationError for a mail that may not or cannot be sent."""
    if why := obstacles.to_person(made.deal, made.contact, made.address):
        raise ValidationError(why, code="person")
    if not made.subject or not made.body:
        raise ValidationError("A mail needs a subject and a text.", code="empty")
    if len(made.subject) > LONGEST_SUBJECT:
        raise ValidationError(f"Keep the subject under {LONGEST_SUBJECT} characters.", code="long")
    header = made.subject + made.contact.name + str(made.user)
    if any(ord(sign) < 32 for sign in header):
        raise ValidationError("Subject and names must each be on one line.", code="header")
    try:
        validate_email(made.recipient)
    except ValidationError as error:
        raise ValidationError(
            f"“{made.recipient}” is not an e-mail address. Correct it on the contact’s page.",
            code="address",
        ) from error
    same = Delivery.objects.filter(
        deal=made.deal, recipient=made.recipient, subject=made.subject, body=made.body
    )
    alive = same.filter(state__in=[*Delivery.UNDER_WAY, State.SENT, State.UNKNOWN])
    if alive.filter(created_at__gt=made.created_at - TWICE_WITHIN).exists():
        raise ValidationError("This mail is on its way already.", code="twice")


def _settled(made: Delivery, suggestion: Suggestion | None, now: datetime) -> Suggestion | None:
    """Count what was suggested as done and return it; one that was never stored is none."""
    if suggestion is None or suggestion.pk is None:
        pending = Suggestion.objects.pending().filter(deal=made.deal, silence__ended_at=None)
        suggestion = pending.order_by("pk").first()
    if suggestion is not None:
        text = f"{made.subject}\n{made.body}"
        suggest.done(suggestion, user=made.user, now=now, text=text)
    return suggestion


def _new_message_id() -> str:
    """Return an id of our own, by which replies are matched later. Source: RFC 5322, 3.6.4."""
    return f"<{uuid.uuid4().hex}@{urlsplit(settings.BASE_URL).hostname or 'localhost'}>"


def _wake_a_worker(made: Delivery, now: datetime) -> None:
    """Ask for it to be sent in time; a message that gets lost is made up for by the next sweep."""
    wait = made.send_at - now
    if wait <= LONGEST_COUNTDOWN:
        ask = partial(tasks.send.apply_async, (made.pk,), countdown=wait.total_seconds())
        transaction.on_commit(ask, robust=True)
