"""One click that ends all e-mail to somebody, where the law of marketing mail asks for it.

Source: RFC 8058. Off unless the workspace offers it: mail from one person to another has a reply.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from contacts.models import Channel, Contact, OptOut
from deals import people
from deals.replay import lock
from outreach import sweeping
from outreach.models import Delivery

SIGNER = Signer(salt="outreach.unsubscribe")


def address_of(delivery: Delivery) -> str:
    """Return the address at which whoever received a mail ends all further ones."""
    token = SIGNER.sign(str(delivery.pk))
    return f"{settings.BASE_URL}{reverse('outreach:unsubscribe', args=[token])}"


def headers_of(delivery: Delivery) -> dict[str, str]:
    """Return the headers by which mail programs offer one click. Source: RFC 8058, 3.1."""
    return {
        "List-Unsubscribe": f"<{address_of(delivery)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def contact_of(token: str) -> Contact | None:
    """Return who received the mail that a token came with; None for a forged one."""
    try:
        pk = SIGNER.unsign(token)
    except BadSignature:
        return None
    delivery = Delivery.objects.filter(pk=pk).select_related("contact").first()
    return delivery.contact if delivery else None


@transaction.atomic
def unsubscribe(contact: Contact, now: datetime, note: str = "By the link in a mail") -> None:
    """Note that a contact wants no more e-mail, once; what was suggested by e-mail is withdrawn."""
    lock(people.deals_with(contact))  # before the contact, as everybody does
    locked = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    standing = OptOut.objects.filter(contact=locked, lifted_at=None)
    if standing.filter(channel__in=["", Channel.EMAIL]).exists():
        return
    people.opt_out(locked, now=now, channel=Channel.EMAIL, note=note)
    sweeping.look_at(people.deals_with(locked), now)
