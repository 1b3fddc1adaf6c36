"""Help inside the app: the pages of the docs that are for everyone."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deals.views.answers import Request
from outreach import handbook


@require_safe
def page(request: Request, name: str) -> HttpResponse:
    """Show one page of help."""
    if name not in handbook.PAGES:
        raise Http404
    told = {"page": handbook.read(name), "pages": handbook.titles()}
    return render(request, "outreach/help.html", told)
