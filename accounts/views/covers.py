"""Who is away, and who covers for them: arranging, changing, ending."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import covers
from accounts.access import reader
from accounts.forms.covers import LeaveForm
from accounts.forms.outcomes import has_gone_through, status_of
from accounts.models import Cover, User

LONGEST = 200  # rows of the list: more than leaves of a team in two years


@dataclass(frozen=True, slots=True)
class Line:
    """One cover as a reader sees it."""

    cover: Cover
    has_begun: bool
    may_change: bool


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List the covers, now and to come, that concern the reader."""
    now = timezone.now()
    lines = lines_for(reader(request), covers.seen_by(reader(request), now)[:LONGEST], now)
    return render(request, "accounts/away.html", {"lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
def arrange(request: HttpRequest, person_id: int) -> HttpResponse:
    """Let a colleague cover for somebody: the reader themself, or one whom they oversee."""
    person = get_object_or_404(User.objects.active().overseen_by(reader(request)), pk=person_id)
    form = LeaveForm(request.POST if request.method == "POST" else None, person=person)
    now, by = timezone.now(), reader(request)
    if has_gone_through(form, lambda: covers.arrange(form.leave, by=by, now=now)):
        made = Cover.objects.with_people().get(user=person, starts_at=form.leave.starts_at)
        messages.success(request, f"{made.colleague} covers for {person}: {made.days}.")
        return redirect(_page_of(person, by))
    title = "Who covers for you?" if person == by else f"Who covers for {person}?"
    return _form_page(request, form, title, submit="Arrange")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, cover_id: int) -> HttpResponse:
    """Change the days of a cover, or who does it."""
    known, now, by = _overseen(request, cover_id), timezone.now(), reader(request)
    form = LeaveForm.to_change(known, request.POST if request.method == "POST" else None, now)
    if has_gone_through(form, lambda: covers.change(known, form.leave, by=by, now=now)):
        messages.success(request, f"The cover for {known.user} is changed.")
        return redirect("accounts:away")
    return _form_page(request, form, f"The cover for {known.user}", submit="Save")


@require_POST
def end(request: HttpRequest, cover_id: int) -> HttpResponse:
    """End a cover early, or call off one to come."""
    known = _overseen(request, cover_id)
    covers.end(known, now=timezone.now())
    messages.success(request, f"{known.colleague} covers for {known.user} no more.")
    return redirect("accounts:away")


def lines_for(user: User, found: Iterable[Cover], now: datetime) -> list[Line]:
    """Return covers as a reader sees them, and whether they may change each."""
    rows = list(found)
    people = User.objects.overseen_by(user).filter(pk__in={row.user_id for row in rows})
    overseen = set(people.order_by().values_list("pk", flat=True)) if rows else set()
    return [Line(row, row.has_begun(now), row.user_id in overseen) for row in rows]


def card(request: HttpRequest, person: User) -> dict[str, Any]:
    """Return what the card "Away" on somebody's page shows."""
    now = timezone.now()
    return {
        "away": lines_for(reader(request), covers.of(person, now), now),
        "leave_form": LeaveForm(person=person),
    }


def _overseen(request: HttpRequest, cover_id: int) -> Cover:
    """Return a cover of the reader's own leave, or of somebody's whom they oversee, or answer 404."""
    people = User.objects.overseen_by(reader(request)).values("pk")
    mine = Cover.objects.to_come(timezone.now()).filter(user__in=people)
    return get_object_or_404(mine.with_people(), pk=cover_id)


def _page_of(person: User, user: User) -> str:
    """Return the page on which somebody's leave stands."""
    if person == user:
        return reverse("accounts:profile")
    return reverse("accounts:person", args=[person.pk])


def _form_page(request: HttpRequest, form: LeaveForm, title: str, *, submit: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "submit": submit,
        "action": request.path,
        "cancel_url": reverse("accounts:away"),
        "zone": form.person.time_zone,
    }
    return render(request, "accounts/cover.html", context, status=status_of(form))
