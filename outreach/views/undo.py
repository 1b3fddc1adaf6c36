"""Taking back what was just done, and putting news away."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.core.signing import BadSignature
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from deals.views.answers import Request, go, way_back
from outreach.digest import asking
from outreach.models import Digest, Notice
from outreach.undo import TooLateError, Undo, run
from outreach.views import today
from outreach.views.answers import is_on_today


@require_POST
def take_back(request: Request, token: str) -> HttpResponse:
    """Take back what the token names, once; say so plainly when it is too late."""
    back = reverse("outreach:today")
    try:
        undo = Undo.read(token, request.user)
        back = undo.back
        messages.success(request, run(undo, user=request.user, now=timezone.now()))
    except TooLateError as late:
        messages.warning(request, str(late))
    except (BadSignature, ObjectDoesNotExist) as error:
        raise Http404 from error
    return redirect(back)


@require_POST
def read_notice(request: Request, pk: int) -> HttpResponse:
    """Put a notice away."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user)
    if notice.read_at is None:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    return _rest_of_today(request)


@require_POST
def read_digest(request: Request, pk: int) -> HttpResponse:
    """Put away what a digest told on Today."""
    asking.put_away(get_object_or_404(Digest, pk=pk, user=request.user), timezone.now())
    return _rest_of_today(request)


def _rest_of_today(request: Request) -> HttpResponse:
    url = way_back(request, reverse("outreach:today"))
    if not is_on_today(request):
        return go(request, url)
    asked = today.asked_of(request, QueryDict(urlsplit(url).query))
    return today.parts(request, asked, timezone.now())
