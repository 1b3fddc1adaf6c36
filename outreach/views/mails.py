"""One mail as it was understood, and the files that came with it."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from deals.views.answers import Request, page
from outreach.mail.parsing import cleaning
from outreach.models import Attachment, Mail
from outreach.models.mail import MailQuerySet


@require_safe
@never_cache
def mail(request: Request, pk: int) -> HttpResponse:
    """Show a mail."""
    return _shown(request, get_object_or_404(_visible(request), pk=pk))


@require_safe
@never_cache
def of_touch(request: Request, pk: int) -> HttpResponse:
    """Show the mail that a touch came from."""
    return _shown(request, get_object_or_404(_visible(request), touch=pk))


@require_safe
@never_cache
def attachment(request: Request, pk: int) -> HttpResponse:
    """Hand a file out, to be stored and not to be opened by the browser."""
    rows = Attachment.objects.filter(mail__in=Mail.objects.visible_to(request.user))
    file = get_object_or_404(rows.filter(content__isnull=False), pk=pk)
    answer = HttpResponse(bytes(file.content or b""), content_type="application/octet-stream")
    name = file.name.replace("/", "_").replace("\\", "_")
    answer["Content-Disposition"] = content_disposition_header(True, name)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _visible(request: Request) -> MailQuerySet:
    rows = Mail.objects.visible_to(request.user)
    return rows.select_related("contact", "deal", "user", "mailbox", "delivery")


def _shown(request: Request, mail: Mail) -> HttpResponse:
    files = mail.attachments.defer("content").annotate(is_kept=Q(content__isnull=False))
    told = {
        "mail": mail,
        "files": files,
        # It was cleaned when it was read; whoever wrote the row, it is cleaned here.
        "formatted": SafeString(cleaning.clean(mail.html)),
    }
    return page(request, "outreach/mail.html", told, part="dialog")
