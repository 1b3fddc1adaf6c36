"""Settings, Digests: what one is told, when and how; previews; who gets a manager's report."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.invitations import is_mail_set_up
from accounts.models import Workspace
from deals.views.answers import UNPROCESSABLE, Request
from outreach import tasks
from outreach.digest import asking, hours, recipients
from outreach.digest.people import House
from outreach.forms.digests import DigestForm, RecipientForm
from outreach.models import Digest, DigestSettings, ReportRecipient

Kind = Digest.Kind
SHOWN = 8  # the latest mails
PRINTED = "Printed by the worker into its log: no mail leaves this demo."
OF_A_MAIL = {"style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF], "default-src": [NONE]}


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """Show and change what one is told."""
    me, workspace = request.user, Workspace.current()
    form = DigestForm(
        request.POST or None, instance=DigestSettings.of(me), user=me, workspace=workspace
    )
    if form.is_valid():
        form.save()
        messages.success(request, "Saved. It holds from now on.")
        return redirect("outreach:digests")
    return _page(request, form, RecipientForm())


@require_POST
def add_recipient(request: Request) -> HttpResponse:
    """Have one's weekly report mailed to somebody else too."""
    _leads_or_404(request)
    form = RecipientForm(request.POST)
    if form.is_valid():
        try:
            added = recipients.add_recipient(
                request.user, form.cleaned_data["email"], now=timezone.now()
            )
        except ValidationError as error:
            form.add_error("email", error)
        else:
            messages.success(request, f"{added} gets your weekly report from now on.")
            return redirect("outreach:digests")
    said = DigestSettings.of(request.user)
    choices = DigestForm(instance=said, user=request.user, workspace=Workspace.current())
    return _page(request, choices, form)


@require_POST
def remove_recipient(request: Request, pk: int) -> HttpResponse:
    """Mail one's weekly report to somebody no more; whoever stopped it stays stopped."""
    recipient = get_object_or_404(ReportRecipient, pk=pk, manager=request.user, stopped_at=None)
    recipient.delete()
    messages.success(request, f"{recipient} gets your weekly report no more.")
    return redirect("outreach:digests")


@require_safe
@never_cache
def preview(request: Request, kind: str) -> HttpResponse:
    """Show a digest as it would be now, as its two mails: HTML and plain text."""
    digest = _asked(request, kind)
    told = asking.preview(digest, timezone.now())
    context = {"kind": kind, "label": digest.get_kind_display(), "message": told}
    return render(request, "outreach/digest/preview.html", context)


# a mail brings its own look along, which the site's own pages never may
@csp_replace(OF_A_MAIL)  # type: ignore[arg-type]  # it takes views with arguments too
@xframe_options_sameorigin
@require_safe
@never_cache
def preview_mail(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the HTML of a digest alone, for the frame of its preview."""
    told = asking.preview(_asked(cast("Request", request), kind), timezone.now())
    if told is None:
        raise Http404
    return HttpResponse(told.html)


@require_POST
def send_now(request: Request, kind: str) -> HttpResponse:
    """Mail a digest to oneself now, as a sample: it counts as no telling."""
    digest = _asked(request, kind)
    if not asking.can_be_mailed():
        messages.error(
            request, "Mail cannot leave from here yet. Ask an admin for a mail provider."
        )
    elif asking.preview(digest, timezone.now()) is None:
        messages.info(request, "There is nothing to tell just now, so nothing was sent.")
    else:
        with transaction.atomic():
            digest.save()
            transaction.on_commit(tasks.send_digests.delay, robust=True)
        where = f"On its way to {request.user.email}."
        messages.success(request, where if is_mail_set_up() else PRINTED)
    return redirect("outreach:digest-preview", kind)


def _page(request: Request, form: DigestForm, adding: RecipientForm) -> HttpResponse:
    now, me = timezone.now(), request.user
    said, house = DigestSettings.of(me), House.at(now)
    rhythm = house.rhythm(me)
    context: dict[str, Any] = {
        "form": form,
        "adding": adding,
        "leads": me.is_manager,
        "recipients": ReportRecipient.objects.filter(manager=me).select_related("person"),
        "goes_outside": house.workspace.mails_reports_outside,
        "is_mail_set_up": is_mail_set_up(),
        "zone": rhythm.zone.key,
        "next_morning": hours.next_morning(rhythm, said.morning_at, now),
        "next_weekly": hours.next_weekly(rhythm, said.weekly_on, said.weekly_at, now),
        "said": said,
        "latest": asking.latest(me)[:SHOWN],
    }
    status = UNPROCESSABLE if form.errors or adding.errors else 200
    return render(request, "outreach/digest/settings.html", context, status=status)


def _asked(request: Request, kind: str) -> Digest:
    """Return a digest as the reader asks for it, unsaved; 404 for a kind they never get."""
    if kind == Kind.WEEKLY:
        _leads_or_404(request)
    elif kind != Kind.MORNING:
        raise Http404
    return asking.ask(request.user, Kind(kind), timezone.now(), key=uuid4().hex)


def _leads_or_404(request: Request) -> None:
    if not request.user.is_manager:
        raise Http404
