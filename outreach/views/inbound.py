"""The door of the mail provider: mail that it received for us, and what became of ours."""

from __future__ import annotations

from io import BytesIO
from typing import cast

from anymail.exceptions import AnymailWebhookValidationFailure
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from outreach.mail.doors import provider_mail, provider_posts, providers
from outreach.mail.doors.provider_mail import ReplayError
from outreach.mail.doors.providers import Kind, NotUnderstoodError

LARGEST_BYTES = 30 * 2**20  # the largest mail that providers pass on, as they encode it
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@csrf_exempt  # a provider proves itself by its signature or a secret
@login_not_required
@require_http_methods(["POST", "HEAD"])  # some look first whether anybody is there
def receive(request: HttpRequest, provider: str, kind: str) -> HttpResponse:
    """Take in what a provider posts: 404 unless it is set up, 403 unless it is the provider.

    What was accepted once is refused with 409.
    """
    kind = cast("Kind", kind)
    if not providers.is_set_up(provider, kind):
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BYTES:
        return _said(413, "This is larger than any mail that is read here.")
    _read(request)
    try:
        told = providers.understand(provider, kind, request)
        provider_posts.believe(told, provider, now=timezone.now())
    except AnymailWebhookValidationFailure:
        return _said(403, "This is not signed by the provider. Check the secret on both sides.")
    except ReplayError:
        return _said(409, "This was accepted before, or is too old.")
    except NotUnderstoodError:
        return _said(400, "This is no message of that provider. Check its address here.")
    return HttpResponse()


def _read(request: HttpRequest) -> None:
    """Read the whole body: Django's limit is meant for pages, and a mail may be longer."""
    request._body = request.read(LARGEST_BYTES)  # noqa: SLF001
    request._stream = BytesIO(request.body)  # noqa: SLF001
    if request.content_type in FORMS and len(request.body) > 2**20:
        provider_mail.spare_django(request)


def _said(status: int, why: str) -> HttpResponse:
    return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
