"""The calendar of whoever is signed in: its address, how reading it went, and whom they meet."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from deals.views.answers import UNPROCESSABLE, Request
from outreach import feeds
from outreach.forms.feed import FeedForm
from outreach.models import CalendarFeed

AHEAD = timedelta(days=14)


@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """Show one's calendar and the meetings found in it; saving reads it at once."""
    form = FeedForm(request.POST or None)
    if form.is_valid():
        feed = feeds.save(request.user, form.cleaned_data["url"], now=timezone.now())
        if not feed.read_problem:
            messages.success(request, "The calendar is read. It is read again every five minutes.")
        return redirect("outreach:feed")
    now = timezone.now()
    told = {
        "form": form,
        "feed": CalendarFeed.objects.defer("url").filter(user=request.user).first(),
        "meetings": feeds.meetings_of(request.user, now, within=AHEAD),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "outreach/feed.html", told, status=status)


@require_POST
def remove(request: Request) -> HttpResponse:
    """Forget one's calendar; what it was paused for stays paused."""
    CalendarFeed.objects.filter(user=request.user).delete()
    messages.success(
        request, "Your calendar is read no more. Meetings that were found stay as they are."
    )
    return redirect("outreach:feed")
