"""Many deals at once, for those who lead: choose, look at what would happen, confirm.

Every step posts what the one before it showed; nothing changes before the last.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.numbers import row_number
from deals import listing
from deals.cutoffs import Cutoffs
from deals.forms.filters import DealFilterForm
from deals.views.answers import UNPROCESSABLE, Request
from outreach import bulk
from outreach.bulk import LIMIT, Outcome
from outreach.forms.many import FORMS, ManyForm
from outreach.undo import Kind, Undo
from outreach.wording import say_count

NAMED = 5  # deals that a message names; it counts the rest
TITLES = {"reassign": "Reassign", "pause": "Pause", "let_go": "Let go of"}
POST = require_http_methods(["GET", "POST"])


@POST
def choose(request: Request) -> HttpResponse:
    """Take the deals that were chosen on the list, and ask for what the act needs to know."""
    _managers_only(request)
    kind, now = request.POST.get("kind", ""), timezone.now()
    if request.method == "GET" or kind not in FORMS:
        return redirect("deals:list")
    ids, is_cut_off = _chosen(request, now)
    if not ids:
        messages.error(request, "No deal is chosen. Tick some, or choose all of them.")
        return redirect(_list_url(request))
    form = FORMS[kind](None, now=now, reader=request.user, initial={"next": _list_url(request)})
    chosen = ",".join(map(str, ids))
    return _details(request, kind, form, chosen, is_cut_off=is_cut_off)


@POST
def act(request: Request, kind: str) -> HttpResponse:
    """Show what would happen to each deal, or, once that is confirmed, do it."""
    _managers_only(request)
    if request.method == "GET" or kind not in FORMS:
        raise Http404
    now, marks = timezone.now(), bulk.read_marks(request.POST.get("chosen", ""))
    form = FORMS[kind](request.POST, now=now, reader=request.user)
    if request.POST.get("step") == "details" or not form.is_valid():
        return _details(request, kind, form, ",".join(map(str, marks)))
    if request.POST.get("step") == "confirm":
        return _done(request, form, bulk.act_on(form.act, marks, user=request.user, now=now))
    shown = bulk.preview(form.act, marks, user=request.user, now=now)
    told = {
        "title": _title(kind, len(shown.acted)),
        "preview": shown,
        "form": form,
        "everything": ",".join(map(str, marks)),
        "action": request.path,
        "back_url": _way_back(form),
        "now": now,
    }
    return render(request, "outreach/many/preview.html", told)


def _managers_only(request: Request) -> None:
    """Answer 404 to whoever leads no team and is no admin, as if there were no such page."""
    if not request.user.is_manager:
        raise Http404


def _chosen(request: Request, now: datetime) -> tuple[list[int], bool]:
    """Return the ids of the chosen deals, and whether there are more than go at once."""
    match request.POST.get("which"):
        case "all":
            asked = DealFilterForm(_filter(request), reader=request.user).asked()
            found = listing.listed(request.user, asked, Cutoffs.at(now))
            ids = list(found.values_list("pk", flat=True)[: LIMIT + 1])
        case "page":
            ids = _numbers(request.POST.getlist("on_page"))
        case _:
            ids = _numbers(request.POST.getlist("deal"))
    return ids[:LIMIT], len(ids) > LIMIT


def _numbers(told: list[str]) -> list[int]:
    return [pk for pk in map(row_number, dict.fromkeys(told)) if pk is not None]


def _filter(request: Request) -> QueryDict:
    return QueryDict(request.POST.get("filter", ""))


def _list_url(request: Request) -> str:
    """Return the list as it was asked for."""
    query = _filter(request).urlencode()
    home = reverse("deals:list")
    return f"{home}?{query}" if query else home


def _details(
    request: Request, kind: str, form: ManyForm, chosen: str, *, is_cut_off: bool = False
) -> HttpResponse:
    """Render the form of an act; 422 where it has errors."""
    is_wrong = form.is_bound and request.POST.get("step") != "details" and bool(form.errors)
    told = {
        "title": _title(kind, len(bulk.read_marks(chosen))),
        "form": form,
        "chosen": chosen,
        "action": reverse("outreach:many-act", args=[kind]),
        "back_url": _way_back(form),
        "limit": LIMIT if is_cut_off else 0,
    }
    status = UNPROCESSABLE if is_wrong else 200
    return render(request, "outreach/many/details.html", told, status=status)


def _title(kind: str, count: int) -> str:
    return f"{TITLES[kind]} {count} deal{'' if count == 1 else 's'}"


def _way_back(form: ManyForm) -> str:
    """Return the list that the reader came from; only a list of ours, whoever wrote the form."""
    told: Any = form.data.get("next") if form.is_bound else form.initial.get("next")
    home, parts = reverse("deals:list"), urlsplit(told or "")
    is_ours = not parts.netloc and not parts.scheme and parts.path == home
    return str(told) if is_ours else home


def _done(request: Request, form: ManyForm, outcome: Outcome) -> HttpResponse:
    """Say what was done, with its undo, and what was left as it is and why."""
    url = _way_back(form)
    if outcome.count:
        undo = Undo(Kind.BULK, outcome.action.pk, url)
        address = reverse("outreach:undo", args=[undo.token(request.user)])
        text = form.act.did(say_count(outcome.count, "deal", "deals"))
        messages.success(request, text, extra_tags=address)
    if outcome.left:
        named = "; ".join(f"“{title}” ({why.lower()})" for title, why in outcome.left[:NAMED])
        more = len(outcome.left) - NAMED
        rest = f"; and {more} more" if more > 0 else ""
        messages.warning(request, f"Left as they are: {named}{rest}.")
    elif not outcome.count:
        messages.warning(request, "Nothing was done: none of these deals is yours to see any more.")
    return redirect(url)
