"""The list of deals, a deal's page, a new deal, and its facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.numbers import row_number
from contacts.models import Contact
from deals import cards, course, listing
from deals import thread as conversation
from deals.cutoffs import Cutoffs
from deals.forms.deals import DealFactsForm, NewDealForm
from deals.forms.filters import DealFilterForm
from deals.models import Deal, Stage
from deals.people import last_heard, next_owners
from deals.views.answers import Request, form_page, go, page

ALL = 1000  # touches: more than any conversation has, and an end to what one page may hold


@require_safe
def deal_list(request: Request) -> HttpResponse:
    form = DealFilterForm(request.GET, reader=request.user)
    asked, cutoffs = form.asked(), Cutoffs.at(timezone.now())
    deals = listing.with_people(listing.listed(request.user, asked, cutoffs))
    shown = listing.BoundedPaginator(deals, listing.PAGE).get_page(request.GET.get("page"))
    told = {
        "form": form,
        "asked": asked,
        "page": shown,
        "rows": listing.rows(shown, cutoffs.now, cutoffs.rulebook),
        "now": cutoffs.now,
        "is_cut_off": shown.paginator.count == listing.COUNTED,
        "at_once": listing.AT_ONCE,
    }
    return page(request, "deals/list.html", told, part="list")


@require_safe
def deal(request: Request, pk: int) -> HttpResponse:
    now = timezone.now()
    found = get_object_or_404(listing.with_people(_visible(request)), pk=pk)
    [row] = listing.rows([found], now)
    story = _story(request, found, now)
    return page(request, "deals/deal.html", {"now": now, **story, **_told(request, row)})


def _visible(request: Request) -> Any:
    return Deal.objects.visible_to(request.user)


def _story(request: Request, deal: Deal, now: datetime) -> dict[str, Any]:
    """Return what happened on a deal, drawn and told; `?all` tells all of it."""
    is_whole = "all" in request.GET
    told = conversation.read(deal, ALL if is_whole else conversation.SHOWN)
    zone = timezone.get_current_timezone()
    return {
        "thread": told.thread(request.user, now, zone),
        "strip": told.strip(now, zone),
        "next": request.path,
        "more_url": "?all" if told.has_more else "",
    }


def _told(request: Request, row: listing.Row) -> dict[str, Any]:
    """Return what the page of one deal shows beside its thread."""
    deal = row.deal
    parts = list(deal.participations.filter(left_at=None).select_related("contact__company"))
    heard = last_heard((part.contact_id for part in parts), request.user)
    return {
        "deal": deal,
        "stands": row.stands,
        "people": [(part, heard.get(part.contact_id)) for part in parts],
        "entries": deal.stage_entries.select_related("stage", "user").order_by(
            "-occurred_at", "-pk"
        ),
        "closing": None if deal.is_open else deal.outcome_entries.last(),
        "may_hand_over": next_owners(deal, request.user).exists(),
        "offers_onboarding": course.offers_onboarding(deal),
        "onboarding": Deal.objects.visible_to(request.user)
        .filter(source="onboarding", external_id=str(deal.pk))
        .first(),
    }


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    now = timezone.now()
    form = NewDealForm(request.POST or None, reader=request.user, initial=_initial(request))
    if form.is_valid():
        try:
            opened = cards.open_deal(form.save(commit=False), now=now, user=request.user)
        except ValidationError as error:
            form.add_error("opened_at", error)
        else:
            messages.success(request, f"“{opened}” is open.")
            return go(request, reverse("deals:deal", args=[opened.pk]))
    return form_page(
        request,
        title="New deal",
        form=form,
        submit="Open the deal",
        cancel_url=reverse("deals:list"),
    )


def _initial(request: Request) -> dict[str, Any]:
    """Return what the address says of the new deal: with whom, in which stage."""
    told: dict[str, Any] = {"opened_at": timezone.now(), "stage": Stage.objects.first()}
    contact = _named(request, "contact", Contact.objects.visible_to(request.user))
    if contact is not None:
        told |= {"contact": contact, "company": contact.company}
    stage = _named(request, "stage", Stage.objects.all())
    return told | ({"stage": stage} if stage else {})


def _named(request: Request, name: str, among: Any) -> Any:
    told = row_number(request.GET.get(name))
    return among.filter(pk=told).first() if told is not None else None


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    deal = get_object_or_404(_visible(request).select_related("company"), pk=pk)
    url = reverse("deals:deal", args=[deal.pk])
    form = DealFactsForm(request.POST or None, instance=deal, reader=request.user)
    if form.is_valid():
        cards.change_deal(form.save(commit=False), form.changed_data, now=timezone.now())
        messages.success(request, "Saved.")
        return go(request, url)
    return form_page(request, title=f"Edit “{deal}”", form=form, cancel_url=url)
