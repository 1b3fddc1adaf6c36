"""Mail in tests: ordering one, and what it is ordered with."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from contacts.models import Address, Contact
from deals.models import Deal
from outreach import deliveries
from outreach.models import Delivery


def email_of(contact: Contact) -> Address:
    return contact.addresses.get(channel="email")


def order(deal: Deal, user: User, **fields: Any) -> Delivery:
    """Order a mail to a deal's contact, with words of its own unless `fields` has others."""
    contact = fields.pop("contact", deal.contact)
    address = fields.pop("address", None) or email_of(contact)
    subject = fields.pop("subject", "The whole fleet")
    body = fields.pop("body", "Hello Mara,\n\nis June still right?")
    return deliveries.order(deal, contact, address, subject, body, user=user, **fields)
