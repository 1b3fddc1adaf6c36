"""Make somebody who wrote to us a contact, as a person says who they are."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from contacts.models import Address, Channel, Contact
from deals import cards
from deals.models import Stage
from outreach.mail import match
from outreach.mail.filing import decide
from outreach.models import Mail


@transaction.atomic
def welcome(
    mail: Mail, contact: Contact, *, user: User, now: datetime, stage: Stage | None, title: str
) -> Contact:  # fmt: skip
    """Save a contact with the address of a mail's other side; all their mail files itself.

    With a `stage` a deal is opened there. Somebody who has the address already is taken instead.
    Raises ValidationError for a mail that somebody has decided about meanwhile.
    """
    if not contact.pk:
        addresses = match.others(mail)[:1]
        if not match.contacts_at(addresses):
            contact.owner = user
            rows = [Address(channel=Channel.EMAIL, value=value) for value in addresses]
            cards.save_contact(contact, rows, [], now=now)
    told = {"stage": stage, "title": title} if stage else {}
    return decide.create_contact(mail, user=user, now=now, **told)  # type: ignore[arg-type]
