"""Settings: the work calendars and their versions. For admins."""

from __future__ import annotations

from calendar import day_abbr
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Workspace
from deals import calendars
from deals.forms.calendars import CalendarForm
from deals.models import CalendarVersion, WorkCalendar
from deals.opening_hours import say_days, say_hours
from deals.views.answers import UNPROCESSABLE, Request, admins_only, go, page

HOME = "deals:calendars"
DAYS = tuple(day_abbr)


@require_safe
def calendar_list(request: Request) -> HttpResponse:
    admins_only(request)
    all_of_them = list(WorkCalendar.objects.annotate(Count("uses")))
    latest = {version.calendar_id: version for version in CalendarVersion.objects.order_by("pk")}
    told = {"calendars": [(each, _described(latest[each.pk])) for each in all_of_them]}
    return page(request, "deals/calendars.html", told)


@dataclass(frozen=True)
class Described:
    """A version with its hours and extra days in words."""

    version: CalendarVersion
    week: list[tuple[str, str]]
    days: str


def _described(version: CalendarVersion) -> Described:
    hours = ((name, say_hours(version.hours.get(str(day), []))) for day, name in enumerate(DAYS))
    week = [(name, said) for name, said in hours if said]
    return Described(version, week, say_days(version.special))


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    admins_only(request)
    return _answer(request, WorkCalendar(), "New calendar")


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    calendar = get_object_or_404(WorkCalendar, pk=pk)
    return _answer(request, calendar, f"Calendar “{calendar}”")


def _answer(request: Request, calendar: WorkCalendar, title: str) -> HttpResponse:
    now = timezone.now()
    known = calendar.versions.select_related("created_by").order_by("-pk") if calendar.pk else []
    versions = list(known)
    last = versions[0] if versions else None
    zone = {} if last else {"time_zone": Workspace.current().time_zone}
    form = CalendarForm(request.POST or None, calendar=calendar, last=last, now=now, initial=zone)
    if form.is_valid():
        calendar.name = form.cleaned_data["name"]
        calendars.save(calendar, now=now, user_id=request.user.pk, **form.version())
        messages.success(request, f"“{calendar}” is saved. It counts from now on.")
        return go(request, reverse(HOME))
    told = {"form": form, "title": title, "versions": [_described(each) for each in versions]}
    return page(request, "deals/calendar.html", told, status=UNPROCESSABLE if form.errors else 200)
