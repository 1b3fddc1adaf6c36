"""Sending a mail from here, taking it back, and saying what became of one that nobody can tell."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.models import Channel
from deals.models import Deal
from deals.views.answers import Request
from outreach import deliveries, house_tone, letters
from outreach.forms.sending import BLAME, SendForm
from outreach.models import Delivery
from outreach.undo import Kind, Undo
from outreach.views.answers import done, form_page, page_of, refused, visible_deal

TEMPLATE = "outreach/send.html"
READS_LIKE_BLAME = "This reads like blame. Mend it, or send it as it is."


@require_http_methods(["GET", "POST"])
def send(request: Request, pk: int) -> HttpResponse:
    """Order a mail; ask once more where its words read like blame."""
    deal = visible_deal(request, pk)
    form = _form(request, deal)
    if not form.is_valid():
        return _page(request, deal, form)
    found = _spots(form)
    if any(spot.finding.is_blame for spot in found) and not form.cleaned_data["anyway"]:
        form.add_error(None, ValidationError(READS_LIKE_BLAME, code=BLAME))
        return _page(request, deal, form, spots=found, is_checked=True)
    try:
        ordered = _ordered(request, deal, form)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, deal, form)
    undo = Undo(Kind.DELIVERY, ordered.pk, page_of(request, deal))
    return done(request, deal, letters.say_ordered(ordered), undo)


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Take a mail back that waits."""
    delivery = _visible(request, pk)
    try:
        deliveries.cancel(delivery, timezone.now())
    except ValidationError as error:
        return refused(request, delivery.deal, str(error.message))
    return done(request, delivery.deal, "The mail does not go out. Your text is still there.")


@require_POST
def resolve(request: Request, pk: int) -> HttpResponse:
    """Say of a mail whose fate is unknown whether it arrived."""
    delivery = _visible(request, pk)
    is_there = request.POST.get("arrived") == "yes"
    act = deliveries.arrived if is_there else deliveries.never_arrived
    try:
        act(delivery, timezone.now())
    except ValidationError as error:
        return refused(request, delivery.deal, str(error.message))
    if is_there:
        return done(request, delivery.deal, "Noted: it arrived, and counts as sent.")
    return done(request, delivery.deal, "Noted: it never arrived. Your text is still there.")


@require_safe
@never_cache
def of_deal(request: Request, pk: int) -> HttpResponse:
    """Show what became of the mails of a deal, for its page to take in."""
    deal = visible_deal(request, pk)
    told = {"deal": deal, "mails": letters.of_deal(deal), "next": page_of(request, deal)}
    name = "outreach/deliveries.html"
    return render(request, f"{name}#list" if request.htmx else name, told)


def _form(request: Request, deal: Deal) -> SendForm:
    now = timezone.now()
    if request.method == "POST":
        return SendForm(request.POST, deal=deal, now=now)
    offered = letters.offered(deal, request.user, now=now, again=request.GET.get("again", ""))
    return SendForm(deal=deal, now=now, initial={"next": page_of(request, deal), **offered})


def _spots(form: SendForm) -> list[Any]:
    cleaned = form.cleaned_data
    return house_tone.spots(
        cleaned["note"], channel=Channel.EMAIL, language=cleaned["language"] or None,
        expects_answer=form.expects_answer,
    )  # fmt: skip


def _ordered(request: Request, deal: Deal, form: SendForm) -> Delivery:
    told = form.cleaned_data
    return deliveries.order(
        deal, told["to"].contact, told["to"], told["subject"], told["note"], user=request.user,
        now=form.now, send_at=told["send_at"],
    )  # fmt: skip


def _page(request: Request, deal: Deal, form: SendForm, **told: Any) -> HttpResponse:
    title = f"Write about “{deal}”"
    return form_page(request, deal, title=title, form=form, template=TEMPLATE, **told)


def _visible(request: Request, pk: int) -> Delivery:
    rows = Delivery.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("deal__contact", "contact", "address"), pk=pk)
