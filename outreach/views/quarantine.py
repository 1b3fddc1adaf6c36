"""Mail that could not be read, for admins: looked at, tried again, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.numbers import row_number
from deals.views.answers import Request, admins_only
from outreach.mail import quarantine
from outreach.models import Intake

SHOWN = 50  # on a page


@require_safe
@never_cache
def index(request: Request) -> HttpResponse:
    """List what was set aside, the latest first."""
    admins_only(request)
    page = Paginator(quarantine.set_aside(), SHOWN).get_page(request.GET.get("page"))
    told = {"page": page, "now": timezone.now()}
    return render(request, "outreach/quarantine/index.html", told)


@require_safe
@never_cache
def look(request: Request, pk: int) -> HttpResponse:
    """Show the beginning of a mail as it came."""
    admins_only(request)
    intake = get_object_or_404(quarantine.set_aside(), pk=pk)
    told = {"intake": intake, "glimpse": quarantine.glimpse(intake)}
    return render(request, "outreach/quarantine/look.html", told)


@require_safe
@never_cache
def original(request: Request, pk: int) -> HttpResponse:
    """Hand the whole mail out as a file that no browser opens."""
    admins_only(request)
    intake = get_object_or_404(Intake.objects.filter(set_aside_at__isnull=False), pk=pk)
    answer = HttpResponse(bytes(intake.raw), content_type="text/plain")
    answer["Content-Disposition"] = content_disposition_header(True, f"mail-{pk}.eml.txt")
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
def retry(request: Request) -> HttpResponse:
    """Let mails be read again."""
    admins_only(request)
    count = quarantine.retry(_chosen(request))
    if count:
        said = f"{_mails(count)} tried again. What cannot be read comes back here."
        messages.success(request, said)
    else:
        messages.info(request, "Nothing was chosen that is still here.")
    return redirect("outreach:quarantine")


@require_POST
def delete(request: Request) -> HttpResponse:
    """Delete mails for good."""
    admins_only(request)
    count = quarantine.delete(_chosen(request))
    if count:
        messages.success(request, f"{_mails(count)} deleted for good.")
    else:
        messages.info(request, "Nothing was chosen that is still here.")
    return redirect("outreach:quarantine")


def _chosen(request: Request) -> list[int]:
    named = request.POST.getlist("intake")
    return [pk for pk in map(row_number, named) if pk is not None]


def _mails(count: int) -> str:
    return "1 mail is" if count == 1 else f"{count} mails are"
