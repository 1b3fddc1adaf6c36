"""Why a mail may not go to somebody: asked when it is ordered, and again right before it goes.

Source: SILENCE.md, "What the sweep does": no opt-out, no dead address, no reply in between.
"""

from __future__ import annotations

from django.db.models import Max

from contacts.models import Address, Channel, Contact, OptOut
from deals.models import Deal, Direction, Ending, Silence, Touch
from outreach.models import Delivery

CHOOSE = "Choose or add another one."


def to_person(deal: Deal, contact: Contact, address: Address | None) -> str:
    """Return why a mail about a deal may not go to somebody's address; "" where it may."""
    if contact.erased_at is not None:
        return "This person was erased."
    if address is None or (address.contact_id, address.channel) != (contact.pk, Channel.EMAIL):
        return f"This is no e-mail address of {contact}. {CHOOSE}"
    if address.health != Address.Health.ALIVE:
        return f"{address} does not work. {CHOOSE}"
    if address.consent == Address.Consent.REFUSED:
        return f"{contact} asked us not to use {address}. {CHOOSE}"
    refused = OptOut.objects.filter(contact=contact, lifted_at=None)
    if refused.filter(channel__in=["", Channel.EMAIL]).exists():
        return f"{contact} wants to hear nothing more by e-mail."
    parts = deal.participations.filter(contact=contact).values_list("left_at", flat=True)
    if parts and None not in parts:
        return f"{contact} no longer takes part in this deal."
    return ""


def before_sending(delivery: Delivery) -> str:
    """Return why an ordered mail must not go out any more; "" where it still holds.

    The caller holds the deal's lock, so that nothing of this changes before it is claimed.
    """
    deal = Deal.objects.get(pk=delivery.deal_id)
    if delivery.user is not None and not delivery.user.is_active:
        return f"{delivery.user} does not work here any more."
    if why := to_person(deal, delivery.contact, delivery.address):
        return why
    if _replied_since(delivery):
        return "They were heard in the meantime. Read that first."
    if deal.closed_at is not None and deal.closed_at > delivery.created_at:
        return "The deal was closed in the meantime."
    if _is_over(delivery):
        return "The deal has moved on since it was written. Look at it again first."
    return ""


def _replied_since(delivery: Delivery) -> bool:
    """Whether they were heard after all that was known when the mail was ordered.

    An old archive that is imported meanwhile tells of words that were said before: no reply.
    """
    touches = Touch.objects.standing().filter(deal=delivery.deal_id)
    known = touches.filter(recorded_at__lt=delivery.created_at).aggregate(Max("occurred_at"))
    since = touches.filter(is_heard=True, recorded_at__gte=delivery.created_at)
    heard = since.exclude(direction=Direction.OUTBOUND)
    last = known["occurred_at__max"]
    return (heard.filter(occurred_at__gt=last) if last else heard).exists()


def _is_over(delivery: Delivery) -> bool:
    """Whether the silence that the mail was to end has ended, but for letting go with that mail."""
    if delivery.suggestion is None:
        return False
    silence = Silence.objects.get(pk=delivery.suggestion.silence_id)
    if silence.ended_at is None:
        return False
    is_closing_note = silence.ending in (Ending.LET_GO, Ending.CLOSED)
    return not (is_closing_note and silence.ended_at <= delivery.created_at)
