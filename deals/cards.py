"""What is written down by hand about deals, contacts and companies: the doors of their pages.

Each is one transaction; what a silence or a suggestion depends on is locked first.
Source: SILENCE.md, "What the sweep does".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from contacts.models import Address, Company, Contact, Fact
from deals import calendars, course, particulars
from deals.models import Deal
from deals.people import deals_around
from deals.replay import lock


@transaction.atomic
def open_deal(deal: Deal, *, now: datetime, user: User) -> Deal:
    """Open a deal, and save the company that it names if that is new.

    Raises ValidationError for an opening in the future.
    """
    _keep(deal.company)
    return course.open_deal(deal, now=now, user=user)


@transaction.atomic
def change_deal(deal: Deal, changed: Collection[str], *, now: datetime) -> None:
    """Save those fields of a deal that people write; its course and people have doors of their own."""
    lock([deal.pk])
    _keep(deal.company)
    deal.save(update_fields=changed)
    particulars.note([deal.pk], now)


@transaction.atomic
def save_contact(
    contact: Contact,
    addresses: Iterable[Address],
    gone: Iterable[Address],
    *,
    now: datetime,
    changed: Collection[str] | None = None,
) -> Contact:
    """Save a contact with the addresses that changed, drop those that are gone.

    `changed` names the fields that say something new; None means all, of one who is new or was
    read under the locks. In a new company they live by its calendar from now on, unless they have
    one of their own. Raises ValidationError for somebody who was erased.
    """
    lock(deals_around([contact]) if contact.pk else [])
    if contact.pk:
        _hold_living(contact)
    _keep(contact.company)
    contact.save(update_fields=changed)
    if changed is not None:
        contact.refresh_from_db()  # the rest stays as others left it meanwhile
    for address in gone:
        address.delete()
    for address in addresses:
        address.contact = contact
        address.save()
    calendars.follow_company(contact, now=now)
    particulars.note_led_by([contact.pk], now)
    return contact


@transaction.atomic
def learn(contact: Contact, fact: Fact) -> Fact:
    """Note something personal about a contact, with where we know it from.

    Raises ValidationError for somebody who was erased.
    """
    _hold_living(contact)
    fact.contact = contact
    fact.save()
    return fact


def forget(fact: Fact) -> None:
    """Drop something personal that was noted about a contact."""
    fact.delete()


def _hold_living(contact: Contact) -> None:
    """Make sure that nobody erases a contact before the transaction ends, and nobody did."""
    rows = Contact.objects.filter(pk=contact.pk, erased_at=None)
    if not rows.select_for_update(no_key=True).exists():
        raise ValidationError(
            "This person was erased, or merged with another: nothing can be noted about them."
        )


def _keep(company: Company | None) -> None:
    """Save a company that was named in passing and is new."""
    if company is not None and not company.pk:
        company.save()
