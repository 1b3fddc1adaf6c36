"""Settings: the work calendars, their versions and their removal. For admins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Workspace
from deals import calendar_effect, calendar_users, calendars
from deals.calendar_page import described
from deals.forms.calendars import CalendarForm
from deals.models import CalendarVersion, Silence, WorkCalendar
from deals.views.answers import UNPROCESSABLE, Request, admins_only, go, page

HOME = "deals:calendars"
NAMED = 20  # deals named before saving; the rest is counted


@require_safe
def calendar_list(request: Request) -> HttpResponse:
    """Show every calendar with what it says now and how many live by it; removed ones apart."""
    admins_only(request)
    every = list(WorkCalendar.objects.select_related("removed_by"))
    latest = {version.calendar_id: version for version in CalendarVersion.objects.order_by("pk")}
    users = calendar_users.counted(every)
    rows = [(each, described(latest[each.pk]), *users[each.pk]) for each in every]
    told = {
        "calendars": [row for row in rows if not row[0].removed_at],
        "removed": [row[0] for row in rows if row[0].removed_at],
    }
    return page(request, "deals/calendars.html", told)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Make a calendar; nobody lives by it yet, so there is nothing to look at first."""
    admins_only(request)
    form = _form(request, WorkCalendar())
    if form.is_valid():
        return _saved(request, form)
    return _shown(request, form, "New calendar")


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Show a calendar's form; save a version whose effect was looked at before."""
    calendar = _offered(request, pk)
    form = _form(request, calendar)
    if form.is_valid() and (not form.needs_look or form.has_seen):
        return _saved(request, form)
    return _shown(request, form, f"Calendar “{calendar}”", is_refused=request.method == "POST")


@require_http_methods(["GET", "POST"])
def preview(request: Request, pk: int) -> HttpResponse:
    """Show what a version would change, saving nothing."""
    calendar = _offered(request, pk)
    if request.method != "POST":
        return redirect("deals:calendar-edit", pk=pk)
    form = _form(request, calendar)
    return _shown(request, form, f"Calendar “{calendar}”", is_refused=not form.is_valid())


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """Remove a calendar by which nobody lives."""
    calendar = _offered(request, pk)
    try:
        is_gone = calendar_users.remove(calendar, now=timezone.now(), user=request.user)
    except ValidationError as error:
        messages.error(request, error.message)
        return go(request, reverse("deals:calendar", args=[pk]))
    kept = "" if is_gone else " It is kept for the silences that it judged."
    messages.success(request, f"“{calendar}” is removed.{kept}")
    return go(request, reverse(HOME))


@require_POST
def bring_back(request: Request, pk: int) -> HttpResponse:
    """Offer a removed calendar again."""
    admins_only(request)
    calendar = get_object_or_404(WorkCalendar.objects.exclude(removed_at=None), pk=pk)
    calendar_users.bring_back(calendar)
    messages.success(request, f"“{calendar}” is back: contacts and companies can live by it.")
    return go(request, reverse(HOME))


def _offered(request: Request, pk: int) -> WorkCalendar:
    admins_only(request)
    return get_object_or_404(WorkCalendar.objects.offered(), pk=pk)


def _form(request: Request, calendar: WorkCalendar) -> CalendarForm:
    last = calendar.versions.order_by("pk").last() if calendar.pk else None
    zone = {} if last else {"time_zone": Workspace.current().time_zone}
    data = request.POST if request.method == "POST" else None
    return CalendarForm(data, calendar=calendar, last=last, now=timezone.now(), initial=zone)


def _saved(request: Request, form: CalendarForm) -> HttpResponse:
    calendar = form.calendar
    calendar.name = form.cleaned_data["name"]
    calendars.save(calendar, now=form.now, user_id=request.user.pk, **form.version())
    messages.success(request, f"“{calendar}” is saved. It counts from now on.")
    return go(request, reverse(HOME))


def _shown(
    request: Request, form: CalendarForm, title: str, *, is_refused: bool = False
) -> HttpResponse:
    told: dict[str, Any] = {"form": form, "title": title, "calendar": form.calendar}
    if form.is_valid() and form.needs_look:
        told |= _effect(form)
    status = UNPROCESSABLE if is_refused or form.errors else 200
    return page(request, "deals/calendar.html", told, status=status)


def _effect(form: CalendarForm) -> dict[str, Any]:
    """Return what saving a valid form would do, in numbers and deals."""
    version = calendars.drafted(form.calendar, now=form.now, **form.version())
    found = calendar_effect.effect(version, form.now)
    changes = (
        ("Would turn dark", found.now_dark),
        ("Would stop being dark", found.no_longer_dark),
        ("Answers we would owe too long", found.now_overdue),
        ("Answers we would no longer owe too long", found.no_longer_overdue),
    )
    return {
        "judged": found.judged.count(),
        "before": found.before.count(),
        "changes": [(said, rows.count(), _named(rows)) for said, rows in changes],
        "named": NAMED,
        "seen": form.sign(),
        "was_changed_since": bool(form.cleaned_data["seen"]) and not form.has_seen,
    }


def _named(silences: QuerySet[Silence]) -> list[Silence]:
    rows = silences.select_related("deal__contact", "deal__owner")
    return list(rows.order_by("started_at", "pk")[:NAMED])
