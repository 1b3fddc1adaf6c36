"""Which contacts and deals a reader means by some words."""

from __future__ import annotations

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, When

from accounts.models import User
from contacts.models import Address, Contact
from deals.models import Deal, Outcome

FOUND = 20  # of each kind: whoever needs more narrows it down


def contacts_like(text: str, reader: User) -> list[Contact]:
    """Return contacts the reader may see with every word in name, company or an address."""
    found = Q(erased_at=None)
    for word in text.split():
        at = Address.objects.filter(contact=OuterRef("pk"), value__icontains=word)
        found &= (
            Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(company__name__icontains=word)
            | Q(Exists(at))
        )
    rows = Contact.objects.visible_to(reader).filter(found).select_related("company")
    return list(rows[:FOUND])


def deals_like(text: str, reader: User) -> list[Deal]:
    """Return deals the reader may see with every word in title, contact or company; open ones first."""
    found = Q()
    for word in text.split():
        found &= (
            Q(title__icontains=word)
            | Q(contact__first_name__icontains=word)
            | Q(contact__last_name__icontains=word)
            | Q(company__name__icontains=word)
        )
    rows = Deal.objects.visible_to(reader).filter(found)
    rows = rows.select_related("contact", "company", "stage", "owner")
    closed = Case(When(outcome=Outcome.OPEN, then=0), default=1, output_field=IntegerField())
    return list(rows.order_by(closed, "title", "pk")[:FOUND])
