"""Asking how a call or a short message went, when somebody comes back from the app for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.numbers import row_number
from contacts.models import Address
from deals.models import Deal
from deals.views.answers import UNPROCESSABLE, Request
from outreach import calls, drafts, reach
from outreach.calls import Result
from outreach.drafts import Draft
from outreach.forms import CallForm
from outreach.models import Suggestion
from outreach.undo import Kind, Undo
from outreach.views.answers import back, done, page_of, visible_deal

TEMPLATE = "outreach/call.html"
SAID = {
    Result.REACHED: "Noted: you talked to {}.",
    Result.VOICEMAIL: "Noted: {} has a voicemail from you.",
    Result.NO_ANSWER: "Noted: {} did not pick up.",
    Result.WRONG_NUMBER: "Noted: that is not {}’s number. It is not suggested any more.",
    Result.SENT: "Noted: your message to {}.",
}


@require_http_methods(["GET", "POST"])
def note(request: Request, pk: int) -> HttpResponse:
    """Ask how a call or a message to an address went, and record it."""
    deal = visible_deal(request, pk)
    address = _address(request, deal)
    posted = request.POST if request.method == "POST" else None
    initial = {"next": page_of(request, deal), "note": request.GET.get("note", "")}
    form = CallForm(posted, address=address, now=timezone.now(), initial=initial)
    if not form.is_valid():
        return _page(request, deal, form)
    before = address.health
    try:
        touch = calls.note(deal, form.call, user=request.user, now=form.now)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, deal, form)
    if touch is None:
        messages.info(request, "Nothing was noted: you did not send it.")
        return back(request, deal)
    text = SAID[form.call.result].format(address.contact.short_name)
    health = before if form.call.result == Result.WRONG_NUMBER else ""
    return done(request, deal, text, Undo(Kind.CALL, touch.pk, page_of(request, deal), health))


def _address(request: Request, deal: Deal) -> Address:
    """Return the address of a person of the deal, or of whom it was suggested to talk to."""
    theirs = Q(contact__participations__deal=deal) | Q(contact__suggestions__deal=deal)
    known = Address.objects.filter(theirs).select_related("contact").distinct()
    return get_object_or_404(known, pk=row_number(request.GET.get("address")) or 0)


def _page(request: Request, deal: Deal, form: CallForm) -> HttpResponse:
    shown = urlsplit(request.htmx.current_url or "").path if request.htmx else ""
    address = form.address
    whom = address.contact.short_name
    told = {
        "title": f"How did the call to {whom} go?" if form.is_call else f"Did it go out to {whom}?",
        "deal": deal,
        "form": form,
        "address": address,
        "link": "" if request.htmx else reach.link(address.channel, address.value),
        "opens": reach.say(address.channel, address.value),
        "draft": _draft(deal, address) if form.is_call else Draft(),
        "action": request.get_full_path(),
        "cancel_url": page_of(request, deal),
        "aim": "#queue" if shown == reverse("outreach:today") else "",
    }
    name = f"{TEMPLATE}#dialog" if request.htmx else TEMPLATE
    response = render(request, name, told, status=UNPROCESSABLE if form.errors else 200)
    if form.errors and request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog-body", "innerHTML"
    return response


def _draft(deal: Deal, address: Address) -> Draft:
    """Return what to say at this address, where that is what is suggested."""
    live = Suggestion.objects.live().filter(deal=deal, address=address)
    suggestion = live.select_related("contact__company", "deal__company", "deal__owner").first()
    return drafts.render(suggestion, now=timezone.now()) if suggestion else Draft()
