"""The page behind the link in a mail: one click, no sign-in, and no more e-mail."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Workspace
from outreach.mail.sending import unsubscribe


@csrf_exempt  # mail programs post it without having seen the page (RFC 8058, 3.2)
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and on a click end all e-mail to whom the link was sent. A look changes nothing."""
    contact = unsubscribe.contact_of(token)
    if contact is None:
        raise Http404
    if request.method == "POST":
        unsubscribe.unsubscribe(contact, timezone.now())
    told = {"is_done": request.method == "POST", "workspace": Workspace.current()}
    return render(request, "outreach/unsubscribe.html", told)
