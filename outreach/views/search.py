"""Finding a contact or a deal by some words of their names."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deals.views.answers import Request
from outreach.search import contacts_like, deals_like


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the contacts and deals that have every word of a text."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:200]
    told = {
        "text": text,
        "contacts": contacts_like(text, request.user) if text else [],
        "deals": deals_like(text, request.user) if text else [],
    }
    return render(request, "outreach/search.html", told)
