"""Believe a provider once: take its mail in, and see to mail of ours that did not arrive."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from anymail.signals import EventType
from django.db import IntegrityError, transaction

from outreach import fates
from outreach.mail import receive
from outreach.mail.doors import capture
from outreach.mail.doors.provider_mail import REMEMBERED, Handed, ReplayError
from outreach.mail.doors.providers import Told
from outreach.mail.sending import unsubscribe
from outreach.models import Delivery, Door, ProviderPost

State = Delivery.State
# A bounce without our Message-ID is about the last mail to that address, if there was one lately.
LATELY = timedelta(days=5)
DID_NOT_ARRIVE = (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED)
NOT_TAKEN_APART = (
    "The mail provider posted it in pieces that are nested too deep. Look at it there, and note by "
    "hand what it says."
)
SOFT = (
    "soft",
    "transient",
    "blocked",
)  # as providers call a refusal that says nothing of the address


@transaction.atomic
def believe(told: Told, origin: str, *, now: datetime) -> None:
    """Take in what a provider told, in one transaction. Raises ReplayError the second time."""
    try:
        with transaction.atomic():
            ProviderPost.objects.create(key=told.key, seen_at=now)
    except IntegrityError as error:
        raise ReplayError from error
    ProviderPost.objects.filter(seen_at__lt=now - REMEMBERED).delete()
    for mail in told.mails:
        _take(mail, origin, now)
    if told.unread:
        waits = receive.take(
            Door.WEBHOOK, told.unread, now=now, received_at=now, origin=origin, is_claimed=True
        )
        receive.set_aside(waits, NOT_TAKEN_APART, now)
    for event in told.events:
        _see_to(event, now)


def _take(mail: Handed, origin: str, now: datetime) -> None:
    received_at = min(mail.received_at, now) if mail.received_at else now
    capture.take_in(
        Door.WEBHOOK, mail.raw, now=now, received_at=received_at, envelope_sender=mail.sender,
        envelope_recipient=mail.recipient, origin=origin,
    )  # fmt: skip


def _see_to(event: Any, now: datetime) -> None:
    """See to what became of one mail of ours."""
    delivery = _delivery(event, now)
    if delivery is None:
        return
    if event.event_type in DID_NOT_ARRIVE and not _is_soft(event):
        fates.bounced(delivery, _why(event), now=now)
    elif event.event_type in (EventType.COMPLAINED, EventType.UNSUBSCRIBED):
        unsubscribe.unsubscribe(delivery.contact, now, note="Told by the mail provider")


def _delivery(event: Any, now: datetime) -> Delivery | None:
    mails = Delivery.objects.select_related("contact", "address", "deal", "touch")
    name = (event.message_id or "").strip("<> ")
    if name and (known := mails.filter(message_id=f"<{name}>").first()):
        return known
    recipient = event.recipient or ""
    lately = mails.filter(recipient__iexact=recipient, claimed_at__gte=now - LATELY)
    return lately.filter(state__in=[State.SENT, State.UNKNOWN]).order_by("-claimed_at").first()


def _is_soft(event: Any) -> bool:
    said = event.esp_event if isinstance(event.esp_event, dict) else {}
    words = f"{said.get('event', '')} {said.get('type', '')} {said.get('Type', '')}".lower()
    return any(word in words for word in SOFT)


def _why(event: Any) -> str:
    said = event.mta_response or event.description or "The provider could not deliver it."
    return " ".join(str(said).split())
