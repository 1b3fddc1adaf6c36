"""What a reader may know of one contact: their deals, silences and touches, and what holds for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet

from accounts.models import User
from contacts.models import Company, Contact
from deals import listing
from deals.calendars import calendar_of_company, latest_uses
from deals.models import By, DarkSpell, Deal, Silence, Touch, WorkCalendar
from deals.people import last_heard

SILENCES, TOUCHES = 20, 30  # on a page


@dataclass(frozen=True)
class Past:
    """The pages of a contact's history that a reader asked for."""

    silences: Page[Silence]
    touches: Page[Touch]
    heard_at: datetime | None


def deals_of(contact: Contact, reader: User, now: datetime) -> list[listing.Row]:
    """Return the deals in which a contact takes or took part and that a reader may see; open first."""
    mine = Deal.objects.visible_to(reader).filter(participations__contact=contact).distinct()
    return _open_first(mine, now)


def deals_of_company(company: Company, reader: User, now: datetime) -> list[listing.Row]:
    """Return the deals of a company that a reader may see; open ones first."""
    return _open_first(Deal.objects.visible_to(reader).filter(company=company), now)


def _open_first(deals: QuerySet[Deal], now: datetime) -> list[listing.Row]:
    newest = listing.with_people(listing.ordered(deals, listing.NEWEST))
    rows = listing.rows(newest, now)
    return sorted(rows, key=lambda row: row.stands is None)


def past(contact: Contact, reader: User, *, silences: str | None, touches: str | None) -> Past:
    """Return a contact's silences and touches on the deals that a reader may see, newest first.

    `silences` and `touches` are the numbers of the pages asked for.
    """
    led = Deal.objects.visible_to(reader).filter(participations__contact=contact).values("pk")
    spells = Prefetch("spells", DarkSpell.objects.order_by("started_at"))
    quiet = Silence.objects.filter(deal__in=led).exclude(by=By.NOBODY)
    quiet = quiet.select_related("deal", "stage").prefetch_related(spells)
    said = Touch.objects.visible_to(reader).standing().filter(contact=contact)
    said = said.select_related("deal", "user")
    return Past(
        silences=Paginator(quiet, SILENCES).get_page(silences),
        touches=Paginator(said, TOUCHES).get_page(touches),
        heard_at=last_heard([contact.pk], reader).get(contact.pk),
    )


@dataclass(frozen=True)
class Hours:
    """By which calendar a contact lives; None is the workspace's."""

    calendar: WorkCalendar | None
    is_inherited: bool


def hours_of(contact: Contact) -> Hours:
    """Return by which calendar a contact lives now, and whether it is their company's."""
    use = latest_uses([contact.pk]).get(contact.pk)
    if use is not None:
        return Hours(use.calendar, use.is_inherited)
    return Hours(calendar_of_company(contact.company_id), is_inherited=True)
