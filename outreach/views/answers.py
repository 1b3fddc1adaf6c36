"""How an action on Today answers: what was done, its undo, and the page as it is now."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from deals.models import Deal
from deals.views.answers import UNPROCESSABLE, Request, go, way_back
from outreach.undo import Undo
from outreach.views import today


def visible_deal(request: Request, pk: int) -> Deal:
    """Return a deal that the reader may see, or answer 404."""
    deals = Deal.objects.visible_to(request.user)
    return get_object_or_404(deals.select_related("contact", "owner", "stage__pipeline"), pk=pk)


def done(request: Request, deal: Deal, text: str, undo: Undo | None = None) -> HttpResponse:
    """Say what was done, with its undo, and go back to where the reader came from."""
    address = ""
    if undo is not None:
        address = reverse("outreach:undo", args=[undo.token(request.user)])
    messages.success(request, text, extra_tags=address)
    return back(request, deal)


def refused(request: Request, deal: Deal, text: str) -> HttpResponse:
    """Say why nothing was done and go back."""
    messages.error(request, text)
    return back(request, deal)


def closed_already(deal: Deal) -> str:
    """Say that a deal is closed, and what to do first."""
    return f"“{deal}” is {deal.get_outcome_display().lower()} already. Reopen it first."


def back(request: Request, deal: Deal) -> HttpResponse:
    """Show Today anew where HTMX asked from it; else send the reader back."""
    url = page_of(request, deal)
    if not is_on_today(request):
        return go(request, url)
    query = QueryDict(urlsplit(url).query)
    return today.parts(request, today.asked_of(request, query), timezone.now())


def page_of(request: Request, deal: Deal) -> str:
    """Return the page to go back to: the one a form named, else Today with the deal open."""
    return way_back(request, f"{reverse('outreach:today')}?deal={deal.pk}")


def is_on_today(request: Request) -> bool:
    """Whether HTMX aims at the list of Today."""
    return bool(request.htmx and request.htmx.target == "queue")


def form_page(
    request: Request,
    deal: Deal,
    *,
    title: str,
    form: Any,
    template: str = "outreach/form.html",
    **told: Any,
) -> HttpResponse:
    """Render a page that is one form, or the form for the dialog; 422 where it has errors."""
    shown = urlsplit(request.htmx.current_url or "").path if request.htmx else ""
    context = {
        "title": title,
        "form": form,
        "action": request.path,
        "cancel_url": page_of(request, deal),
        "aim": "#queue" if shown == reverse("outreach:today") else "",
        **told,
    }
    name = f"{template}#dialog" if request.htmx else template
    response = render(request, name, context, status=UNPROCESSABLE if form.errors else 200)
    if form.errors and request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog-body", "innerHTML"
    return response
