"""Who lives by which work calendar now, who may read it, and removing one that nobody needs.

Source: decision 124.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from contacts.models import Company, Contact
from deals.models import CalendarUse, Silence, WorkCalendar

NAMED = 20  # contacts and companies named on a calendar's page; the rest is counted


@dataclass(frozen=True)
class Users:
    """Who lives by a calendar, as far as a reader may see them: some by name, all counted.

    `contacts` are those with this calendar of their own; `heirs` how many have it by their company.
    """

    companies: list[Company]
    companies_count: int
    contacts: list[Contact]
    contacts_count: int
    heirs: int

    def __bool__(self) -> bool:
        return bool(self.companies_count or self.contacts_count or self.heirs)


def uses_of_contacts() -> QuerySet[CalendarUse]:
    """Return by what each contact lives now: their last row, unless that is the workspace's calendar."""
    later = CalendarUse.objects.filter(contact=OuterRef("contact"), pk__gt=OuterRef("pk"))
    known = CalendarUse.objects.filter(contact__isnull=False, contact__erased_at=None)
    return known.filter(~Exists(later), calendar__isnull=False).order_by()


def uses_of_companies() -> QuerySet[CalendarUse]:
    """Return what each company's contacts inherit now, unless that is the workspace's calendar."""
    later = CalendarUse.objects.filter(company=OuterRef("company"), pk__gt=OuterRef("pk"))
    known = CalendarUse.objects.filter(company__isnull=False)
    return known.filter(~Exists(later), calendar__isnull=False).order_by()


def users_of(calendar: WorkCalendar, reader: User) -> Users:
    """Return who lives by a calendar now, of those whom a reader may see; five queries."""
    theirs = uses_of_contacts().filter(calendar=calendar)
    contacts = Contact.objects.visible_to(reader)
    own = contacts.filter(pk__in=theirs.filter(is_inherited=False).values("contact"))
    heirs = contacts.filter(pk__in=theirs.filter(is_inherited=True).values("contact"))
    of_companies = uses_of_companies().filter(calendar=calendar).values("company")
    companies = Company.objects.visible_to(reader).filter(pk__in=of_companies)
    return Users(
        companies=list(companies.order_by("name", "pk")[:NAMED]),
        companies_count=companies.count(),
        contacts=list(own.order_by("first_name", "last_name", "pk")[:NAMED]),
        contacts_count=own.count(),
        heirs=heirs.count(),
    )


def counted(calendars: Iterable[WorkCalendar]) -> dict[int, tuple[int, int]]:
    """Return how many companies and how many contacts live by each calendar now; two queries."""
    ids = [calendar.pk for calendar in calendars]
    companies, contacts = (
        dict(uses.filter(calendar__in=ids).values_list("calendar").annotate(Count("pk")))
        for uses in (uses_of_companies(), uses_of_contacts())
    )
    return {pk: (companies.get(pk, 0), contacts.get(pk, 0)) for pk in ids}


def readable_by(reader: User) -> QuerySet[WorkCalendar]:
    """Return the calendars that somebody may read: the workspace's, and those of whom they see.

    An admin reads all, also those of the past.
    """
    if reader.is_admin:
        return WorkCalendar.objects.all()
    contacts = uses_of_contacts().filter(
        contact__in=Contact.objects.visible_to(reader).values("pk")
    )
    companies = uses_of_companies().filter(
        company__in=Company.objects.visible_to(reader).values("pk")
    )
    used = Q(pk__in=contacts.values("calendar")) | Q(pk__in=companies.values("calendar"))
    return WorkCalendar.objects.filter(Q(is_workspace=True) | used)


def why_needed(calendar: WorkCalendar) -> str:
    """Return why a calendar cannot be removed now, with the remedy; an empty text if it can."""
    if calendar.is_workspace:
        return "This is the workspace’s calendar: all who have none of their own live by it."
    companies, contacts = counted([calendar])[calendar.pk]
    if companies or contacts:
        return (
            f"“{calendar}” is in use: {_said(companies, 'company', 'companies')} and"
            f" {_said(contacts, 'contact', 'contacts')} live by it. Give them another one first."
        )
    judged = Silence.objects.open().filter(calendar=calendar).count()
    if judged:
        return (
            f"“{calendar}” still judges {_said(judged, 'open deal', 'open deals')}."
            " Close them, or give them another primary contact first."
        )
    return ""


def _said(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


@transaction.atomic
def remove(calendar: WorkCalendar, *, now: datetime, user: User | None = None) -> bool:
    """Remove a calendar that nobody lives by; return whether it is gone for good.

    One that ever counted for anybody keeps its versions: silences of the past are judged by them,
    and it can be brought back. Raises ValidationError, naming the remedy, for one in use.
    """
    held = WorkCalendar.objects.select_for_update().get(pk=calendar.pk)
    if why := why_needed(held):
        raise ValidationError(why)
    was_used = held.uses.exists() or Silence.objects.filter(calendar=held).exists()
    if not was_used:
        held.delete()
        return True
    held.removed_at, held.removed_by = now, user
    held.save(update_fields=["removed_at", "removed_by"])
    return False


def bring_back(calendar: WorkCalendar) -> None:
    """Offer a removed calendar again; what it says is what its last version says."""
    calendar.removed_at = calendar.removed_by = None
    calendar.save(update_fields=["removed_at", "removed_by"])
