"""The page Today: the list of what to do, and one deal open beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Workspace
from deals.models import Deal
from deals.views.answers import Request
from outreach import pane
from outreach.context import rail_of
from outreach.covering import Covering
from outreach.digest import asking
from outreach.figures import figures
from outreach.heartbeat import heartbeat
from outreach.page import Asked, shown, version
from outreach.pane import Pane
from outreach.today import Group, Today, unread
from outreach.wording import say_day, say_headline

TEMPLATE = "outreach/today.html"
NOTICES = 5  # the latest; the next come when these are dismissed
REFRESH_SECONDS = (5, 30)  # no more often, no less often, however fast the sweep


@require_safe
@never_cache
def page(request: Request) -> HttpResponse:
    """Show what the reader does today; for HTMX the list, the open deal, or that nothing changed."""
    now = timezone.now()
    asked = asked_of(request, request.GET)
    told = request.GET.get("version")
    if request.htmx and told:
        scope = Covering.of(request.user, now).scope(asked)
        if told == version(scope, now):
            return HttpResponse(status=204)
    if request.htmx and request.htmx.target == "queue":
        return parts(request, asked, now)
    name = f"{TEMPLATE}#work" if request.htmx else TEMPLATE
    return render(request, name, context(request, asked, now))


@require_safe
@never_cache
def beat(request: Request) -> HttpResponse:
    """Show when the last sweep ran, for the rail to renew itself."""
    told = {"heartbeat": heartbeat(timezone.now()), "heartbeat_url": request.path}
    return render(request, "partials/heartbeat.html", told)


def asked_of(request: Request, query: QueryDict) -> Asked:
    """Read what a reader asks; only who leads or administers may ask for a team."""
    return Asked.of(query, may_lead=request.user.is_manager)


def parts(request: Request, asked: Asked, now: datetime) -> HttpResponse:
    """Render all that changes on the page, for HTMX to put each in its place."""
    told = context(request, asked, now)
    today = rail_of(request.user, request.path, now).items[0]
    return render(request, "outreach/changes.html", {**told, "rail_today": today})


def context(request: Request, asked: Asked, now: datetime) -> dict[str, Any]:
    """Return all that Today shows."""
    zone = timezone.get_current_timezone()
    covering = Covering.of(request.user, now)
    scope = covering.scope(asked)
    today = Today.at(now, scope)
    groups = today.groups(asked.sizes, 0 if asked.of_team else Workspace.current().focus_size)
    count = figures(today, groups, zone)
    opened = _opened(request, asked, groups, today)
    return {
        "now": now,
        "asked": asked,
        "headline": say_headline(count.queued, count.ours, count.dark),
        "resting": count.resting,
        "day": say_day(now.astimezone(zone)),
        "figures": count.shown,
        "open_deals": count.open_deals,
        "keeper": scope.covers[0].user.get_short_name() if not scope.has_own else "",
        "queues": covering.choices(asked),
        "covered_by": covering.covered_by,
        "is_new": not groups and not Deal.objects.visible_to(request.user).exists(),
        "shown": shown(groups, asked),
        "pane": opened,
        "local_time": opened.contact.wall_time(now) if opened else None,
        "list_url": asked.opening(None).url,
        "next": asked.opening(opened.deal.pk if opened else None).url,
        "digests": asking.on_today(request.user, now),
        "notices": unread(request.user)[:NOTICES],
        "version": version(scope, now),
        "refresh_seconds": min(max(settings.SWEEP_SECONDS, REFRESH_SECONDS[0]), REFRESH_SECONDS[1]),
        "hx_target": "#queue",
    }


def _opened(request: Request, asked: Asked, groups: list[Group], today: Today) -> Pane | None:
    """Return the deal that was asked for, else the first of the list."""
    deals = Deal.objects.visible_to(request.user).select_related(
        "contact__company", "company", "owner", "stage__pipeline"
    )
    if asked.deal is not None:
        deal: Deal | None = get_object_or_404(deals, pk=asked.deal)
    else:
        first = groups[0].rows[0].deal if groups else None
        deal = deals.filter(pk=first).first() if first else None
    if deal is None:
        return None
    rulebook = today.cutoffs.rulebook
    return pane.read(deal, reader=request.user, now=today.now, rulebook=rulebook)
