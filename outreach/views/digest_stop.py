"""The page behind the link in a digest: one click, no sign-in, and no more of its kind."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Workspace
from outreach.digest import stopping


@csrf_exempt  # mail programs post it without having seen the page (RFC 8058, 3.2)
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and on a click stop one kind of mail, or allow it again. A look changes nothing."""
    stop = stopping.find(token)
    if stop is None:
        raise Http404
    said = "stopped already" if stop.is_stopped else "asked"
    if request.method == "POST" and stop.listed is not None and "again" in request.POST:
        stop.listed.allow_again()
        said = "allowed again"
    elif request.method == "POST" and not stop.is_stopped:
        stop.run(timezone.now())
        said = "stopped"
    told = {"stop": stop, "said": said, "workspace": Workspace.current()}
    return render(request, "outreach/digest/stop.html", told)
