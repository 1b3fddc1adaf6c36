"""Work calendars: the workspace's own, public holidays, and who lives by which."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import holidays as public_holidays
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef

from contacts.models import Company, Contact
from deals.models import CalendarUse, CalendarVersion, Deal, WorkCalendar
from deals.replay import lock, replay

NINE_TO_FIVE = [["09:00", "17:00"]]
WORKING_WEEK = {str(weekday): NINE_TO_FIVE for weekday in range(5)}
SAYS = ("hours", "time_zone", "country", "subdivision", "special")  # what a version says
YEARS_BACK, YEARS_AHEAD = 5, 2  # SILENCE.md, "When it is dark"
log = logging.getLogger(__name__)


def workspace_calendar(now: datetime, time_zone: str = "Europe/Berlin") -> WorkCalendar:
    """Return the workspace's calendar; made on first use, Monday to Friday, nine to five."""
    known = WorkCalendar.objects.filter(is_workspace=True).first()
    if known is not None:
        return known
    calendar = WorkCalendar.objects.create(name="Workspace", is_workspace=True)
    new_version(calendar, now=now, hours=WORKING_WEEK, time_zone=time_zone)
    return calendar


def holidays_of(country: str, subdivision: str, years: Iterable[int]) -> dict[str, str]:
    """Return the public holidays of a country as ISO day → name; none without a country.

    Raises ValueError, naming the remedy, for a country that the holidays package does not know.
    """
    if not country:
        return {}
    try:
        days = public_holidays.country_holidays(
            country, subdiv=subdivision or None, years=list(years)
        )
    except NotImplementedError as error:
        raise ValueError(
            f"No holidays are known for “{country} {subdivision}”. Use a two-letter country "
            "code such as DE, and its own code for a state, or leave both empty."
        ) from error
    return {day.isoformat(): name for day, name in sorted(days.items())}


def drafted(  # noqa: PLR0913  # all that a calendar says, each by its name
    calendar: WorkCalendar,
    *,
    now: datetime,
    hours: dict[str, list[list[str]]],
    time_zone: str,
    country: str = "",
    subdivision: str = "",
    special: dict[str, list[list[str]]] | None = None,
    user_id: int | None = None,
) -> CalendarVersion:
    """Return a version with its holidays that is not saved; the first counts from the beginning."""
    years = range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1)
    return CalendarVersion(
        calendar=calendar,
        hours=hours,
        time_zone=time_zone,
        country=country,
        subdivision=subdivision,
        holidays=holidays_of(country, subdivision, years),
        holidays_to=years[-1],
        special=special or {},
        counts_from=now if calendar.versions.exists() else None,
        created_at=now,
        created_by_id=user_id,
    )


def new_version(calendar: WorkCalendar, *, now: datetime, **said: Any) -> CalendarVersion:
    """Say what a calendar is from now on; `said` is what `drafted` takes."""
    version = drafted(calendar, now=now, **said)
    version.save()
    return version


def is_new(last: CalendarVersion | None, said: Mapping[str, Any]) -> bool:
    """Whether what is said differs from what a calendar's last version says."""
    return last is None or any(getattr(last, name) != value for name, value in said.items())


@transaction.atomic
def save(calendar: WorkCalendar, *, now: datetime, user_id: int | None, **said: Any) -> None:
    """Save a calendar's name; if it says something else than before, that counts from now on.

    `said` is what `drafted` takes. Open silences are judged anew at once, no row changes.
    """
    calendar.save()
    last = calendar.versions.order_by("pk").last()
    if is_new(last, said):
        new_version(calendar, now=now, user_id=user_id, **said)


def refresh_holidays(now: datetime) -> int:
    """Add the years to come to each calendar's last version; known years never change.

    Returns how many calendars learned something. Where even this year is missing, it counts from
    now on, as a version of its own: what was judged without it stays as it was judged.
    """
    later = CalendarVersion.objects.filter(calendar=OuterRef("calendar"), pk__gt=OuterRef("pk"))
    ending = CalendarVersion.objects.filter(
        ~Exists(later), holidays_to__lt=now.year + YEARS_AHEAD
    ).exclude(country="")
    return sum(_refresh(version, now) for version in ending.select_related("calendar"))


def _refresh(version: CalendarVersion, now: datetime) -> bool:
    """Add years to one version; a country no longer known keeps no other calendar waiting."""
    assert version.holidays_to is not None
    try:
        if version.holidays_to < now.year:
            said = {name: getattr(version, name) for name in SAYS}
            new_version(version.calendar, now=now, **said)
            return True
        years = range(version.holidays_to + 1, now.year + YEARS_AHEAD + 1)
        version.holidays |= holidays_of(version.country, version.subdivision, years)
    except ValueError as error:
        log.warning("“%s” keeps the holidays it has. %s", version.calendar, error)
        return False
    version.holidays_to = years[-1]
    version.save(update_fields=["holidays", "holidays_to"])
    return True


@transaction.atomic
def assign(contact: Contact, calendar: WorkCalendar | None, *, now: datetime) -> None:
    """Let a contact live by a calendar of their own from now on; None takes their company's.

    Raises ValidationError for a calendar that was removed.
    """
    _hold_offered(calendar)
    inherited = calendar_of_company(contact.company_id) if calendar is None else None
    _use([contact.pk], calendar or inherited, now, is_inherited=calendar is None)


@transaction.atomic
def assign_company(company: Company, calendar: WorkCalendar | None, *, now: datetime) -> None:
    """Let a company's contacts live by a calendar, but for those who have one of their own.

    Raises ValidationError for a calendar that was removed.
    """
    _hold_offered(calendar)
    CalendarUse.objects.create(company=company, calendar=calendar, counts_from=now)
    own = {
        pk
        for pk, use in latest_uses(company.contacts.values_list("pk", flat=True)).items()
        if not use.is_inherited
    }
    heirs = [pk for pk in company.contacts.values_list("pk", flat=True) if pk not in own]
    _use(heirs, calendar, now, is_inherited=True)


def _hold_offered(calendar: WorkCalendar | None) -> None:
    """Make sure that a calendar is not removed before the transaction ends."""
    if calendar is None:
        return
    rows = WorkCalendar.objects.offered().select_for_update(no_key=True)
    if not rows.filter(pk=calendar.pk).exists():
        raise ValidationError(f"“{calendar}” was removed. Choose another calendar.")


@transaction.atomic
def follow_company(contact: Contact, *, now: datetime) -> None:
    """After a contact changed company: inherit its calendar, unless they have one of their own."""
    use = latest_uses([contact.pk]).get(contact.pk)
    calendar = calendar_of_company(contact.company_id)
    if (use is None or use.is_inherited) and calendar != (use.calendar if use else None):
        _use([contact.pk], calendar, now, is_inherited=True)


def calendar_of_company(company_id: int | None) -> WorkCalendar | None:
    """Return the calendar that a company's contacts inherit, None for the workspace's."""
    use = (
        CalendarUse.objects.filter(company=company_id).select_related("calendar").last()
        if company_id
        else None
    )
    return use.calendar if use else None


def latest_uses(contacts: Iterable[int]) -> dict[int, CalendarUse]:
    """Return the calendar in use now for each contact that has one, by contact."""
    uses = CalendarUse.objects.filter(contact__in=list(contacts)).select_related("calendar")
    return {use.contact_id: use for use in uses.order_by("pk") if use.contact_id}


def _use(
    contacts: list[int], calendar: WorkCalendar | None, now: datetime, *, is_inherited: bool
) -> None:
    """Write the dated rows and replay the deals that these contacts lead."""
    led = Deal.objects.filter(participations__is_primary=True, participations__contact__in=contacts)
    deals = list(led.values_list("pk", flat=True).distinct())
    lock(deals)
    fresh = set(contacts) - set(
        Deal.objects.filter(pk__in=deals).values_list("participations__contact", flat=True)
    )
    CalendarUse.objects.bulk_create(
        CalendarUse(
            contact_id=pk, calendar=calendar, is_inherited=is_inherited,
            counts_from=None if pk in fresh else now,
        )
        for pk in contacts
    )  # fmt: skip
    replay(deals, now)
