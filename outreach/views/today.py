"""The page Today."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from outreach.heartbeat import heartbeat


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what the reader does today."""
    return render(request, "outreach/today.html")


@require_safe
def beat(request: HttpRequest) -> HttpResponse:
    """Show when the last sweep ran, for the rail to renew itself."""
    context = {"heartbeat": heartbeat(timezone.now()), "heartbeat_url": request.path}
    return render(request, "partials/heartbeat.html", context)
