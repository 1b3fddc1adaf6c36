"""The settings' first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import reader
from accounts.sections import sections_for


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the sections that the reader may open."""
    return render(request, "accounts/settings.html", {"sections": sections_for(reader(request))})
