"""A work calendar to read: its year, when it would be dark, and who lives by it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from contacts.models import Contact
from deals import calendar_page, calendar_users
from deals.calendar_year import NAMES, year_of
from deals.calendars import YEARS_AHEAD, YEARS_BACK
from deals.contact_page import hours_of
from deals.forms.calendars import TryForm
from deals.models import CalendarVersion, WorkCalendar
from deals.policies import Versions
from deals.try_it import try_it
from deals.views.answers import UNPROCESSABLE, Request, page

TRIED = "1wd"  # what the box begins with


@require_safe
def year(request: Request, pk: int) -> HttpResponse:
    """Show a calendar's year, and a trial from the address: `from` (local) and `span`."""
    calendar = get_object_or_404(calendar_users.readable_by(request.user), pk=pk)
    now = timezone.now()
    known = list(calendar.versions.select_related("created_by").order_by("pk"))
    versions = Versions(known)
    form, tried = _tried(request, versions, now)
    years = range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1)
    shown = _chosen(request.GET.get("year"), years, now)
    told = {
        "calendar": calendar,
        "form": form,
        "year": year_of(versions, shown),
        "years": years,
        "today": now.astimezone(ZoneInfo(versions.at(now).time_zone)).date(),
        "kinds": NAMES.items(),
        "versions": [calendar_page.described(each) for each in reversed(known)],
        "users": calendar_users.users_of(calendar, request.user),
        "may_edit": request.user.is_admin,
        **tried,
    }
    status = UNPROCESSABLE if form.errors else 200
    return page(request, "deals/calendars/year.html", told, status=status)


@require_safe
def ours(request: Request) -> HttpResponse:
    """Lead to the workspace's calendar."""
    return _led(request, get_object_or_404(WorkCalendar, is_workspace=True))


@require_safe
def of_contact(request: Request, pk: int) -> HttpResponse:
    """Lead to the calendar by which a contact lives."""
    known = Contact.objects.visible_to(request.user).filter(erased_at=None)
    calendar = hours_of(get_object_or_404(known, pk=pk)).calendar
    return _led(request, calendar) if calendar else ours(request)


def _led(request: Request, calendar: WorkCalendar) -> HttpResponse:
    """Lead to a calendar with what was asked of it."""
    return redirect(reverse("deals:calendar", args=[calendar.pk], query=request.GET))


def _tried(
    request: Request, versions: Versions[CalendarVersion], now: datetime
) -> tuple[TryForm, dict[str, Any]]:
    """Return the box, and when it would be dark; without a question, from now on a working day."""
    time_zone = versions.at(now).time_zone
    local = now.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None, second=0, microsecond=0)
    start = {"from": local.isoformat(timespec="minutes"), "span": TRIED}
    asked = start | {name: request.GET[name] for name in request.GET if name in TryForm.field_order}
    form = TryForm(asked, time_zone=time_zone)
    if not form.is_valid():
        return form, {}
    try:
        trial = try_it(versions, form.cleaned_data["from"], form.cleaned_data["span"])
    except ValueError as error:
        form.add_error("span", str(error))
        return form, {}
    return form, {"trial": trial, "lines": calendar_page.lines(trial)}


def _chosen(text: str | None, years: range, now: datetime) -> int:
    """Return the year asked for, this one where it is none that can be shown."""
    return next((number for number in years if str(number) == text), now.year)
