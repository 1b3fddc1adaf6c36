"""Whom we tell what happens: endpoints, their secrets, and the log of what was told."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.numbers import row_number
from deals.views import answers
from deals.views.answers import UNPROCESSABLE, Request
from outreach import tasks
from outreach.forms.webhooks import AgainForm, LogForm, WebhookForm
from outreach.models import WebhookEndpoint, WebhookMessage
from outreach.models.encrypted import UnreadableSecretError
from outreach.webhooks import endpoints, log

SOON = timedelta(minutes=1)
SHOWN_NEXT = "webhook_secret_of"  # of which endpoint the next page shows the secret, once


@require_safe
def index(request: Request) -> HttpResponse:
    """List the endpoints and how they are."""
    answers.admins_only(request)
    entries = [log.Health.of(endpoint) for endpoint in log.endpoints()]
    return render(request, "outreach/webhooks/index.html", {"entries": entries})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Add an endpoint; its page shows the secret once."""
    answers.admins_only(request)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        told = form.cleaned_data
        endpoint = endpoints.add(told["url"], told["kinds"], user=request.user, now=timezone.now())
        request.session[SHOWN_NEXT] = endpoint.pk
        return redirect("outreach:webhook", endpoint.pk)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "outreach/webhooks/new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def endpoint(request: Request, pk: int) -> HttpResponse:
    """Show an endpoint with its log; change its address and what it hears of."""
    answers.admins_only(request)
    row = get_object_or_404(log.endpoints(), pk=pk)
    form = WebhookForm(request.POST) if request.method == "POST" else WebhookForm.of(row)
    if form.is_valid():
        endpoints.change(row, form.cleaned_data["url"], form.cleaned_data["kinds"])
        messages.success(request, "The endpoint is saved.")
        return redirect("outreach:webhook", pk)
    return _page(request, row, form)


@require_POST
def rotate(request: Request, pk: int) -> HttpResponse:
    """Make a new secret; the page shows it once."""
    row = _endpoint(request, pk)
    endpoints.rotate(row, timezone.now())
    request.session[SHOWN_NEXT] = row.pk
    return redirect("outreach:webhook", pk)


@require_POST
def switch(request: Request, pk: int) -> HttpResponse:
    """Switch an endpoint off, or on again."""
    row = _endpoint(request, pk)
    if row.disabled_at:
        endpoints.switch_on(row)
        messages.success(request, "It is told again from now on. What it missed can be sent again.")
    else:
        endpoints.switch_off(row, timezone.now())
        messages.success(request, "It is told nothing more until somebody switches it on.")
    return redirect("outreach:webhook", pk)


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """Delete an endpoint with its log."""
    endpoints.remove(_endpoint(request, pk))
    messages.success(request, "The endpoint is deleted, and its log with it.")
    return redirect("outreach:webhooks")


@require_POST
def try_out(request: Request, pk: int) -> HttpResponse:
    """Send a message that says nothing, and show what becomes of it."""
    row = _endpoint(request, pk)
    try:
        message = endpoints.try_out(row, timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("outreach:webhook", pk)
    tasks.pass_on.delay_on_commit()
    return redirect("outreach:webhook-message", pk, message.pk)


@require_safe
@never_cache
def message(request: Request, pk: int, message_id: int) -> HttpResponse:
    """Show a message: what it says, and each try at delivering it."""
    row = _message(request, pk, message_id)
    told = {
        "message": row,
        "level": log.LEVELS[WebhookMessage.State(row.state)],
        "attempts": row.attempts.all(),
        "body": log.readable(row),
        "is_soon": row.send_at - timezone.now() < SOON,
    }
    return answers.page(request, "outreach/webhooks/message.html", told, part="fate")


@require_POST
def again(request: Request, pk: int, message_id: int) -> HttpResponse:
    """Send one message again."""
    row = _message(request, pk, message_id)
    try:
        endpoints.redeliver(row, timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        tasks.pass_on.delay_on_commit()
    return redirect("outreach:webhook-message", pk, message_id)


@require_POST
def all_again(request: Request, pk: int) -> HttpResponse:
    """Send all that was given up since a day again."""
    row = get_object_or_404(log.endpoints(), pk=_endpoint(request, pk).pk)
    form = AgainForm(request.POST)
    if not form.is_valid():
        return _page(request, row, WebhookForm.of(row), again_form=form)
    since = timezone.make_aware(datetime.combine(form.cleaned_data["since"], time()))
    try:
        number = endpoints.redeliver_failed(row, since, timezone.now())
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, row, WebhookForm.of(row), again_form=form)
    tasks.pass_on.delay_on_commit()
    plural = "message is" if number == 1 else "messages are"
    messages.success(
        request, f"{number} {plural} sent again." if number else "Nothing was given up."
    )
    return redirect("outreach:webhook", pk)


def _page(
    request: Request, row: WebhookEndpoint, form: WebhookForm, again_form: AgainForm | None = None
) -> HttpResponse:
    asked = LogForm(request.GET)
    state = asked.cleaned_data["state"] if asked.is_valid() else ""
    before = row_number(request.GET.get("before"))
    told: dict[str, Any] = {
        "endpoint": row,
        "health": log.Health.of(row),
        "form": form,
        "log_form": asked,
        "again_form": again_form or AgainForm(initial={"since": timezone.localdate()}),
        "page": log.page(row, state=state, before=before),
        "state": state,
        "is_first": before is None,
        "offers_again": bool(again_form) or log.has_given_up(row),
        "former_until": row.former_until if _signs_with_two(row) else None,
        **_shown_once(request, row),
    }
    has_errors = form.errors or (again_form and again_form.errors)
    status = UNPROCESSABLE if has_errors else 200
    return render(request, "outreach/webhooks/endpoint.html", told, status=status)


def _signs_with_two(row: WebhookEndpoint) -> bool:
    """Whether the former secret signs still."""
    return row.former_until is not None and row.former_until > timezone.now()


def _shown_once(request: Request, row: WebhookEndpoint) -> dict[str, str]:
    """Return the secret where the page before promised it, and to that reader alone."""
    if request.method != "GET" or request.session.get(SHOWN_NEXT) != row.pk:
        return {}
    del request.session[SHOWN_NEXT]
    try:
        return {"secret": row.secret}
    except UnreadableSecretError as error:
        messages.error(request, str(error))
        return {}


def _endpoint(request: Request, pk: int) -> WebhookEndpoint:
    answers.admins_only(request)
    return get_object_or_404(WebhookEndpoint.objects.defer("secret", "former_secret"), pk=pk)


def _message(request: Request, pk: int, message_id: int) -> WebhookMessage:
    answers.admins_only(request)
    rows = WebhookMessage.objects.select_related("endpoint")
    rows = rows.defer("endpoint__secret", "endpoint__former_secret")
    return get_object_or_404(rows, pk=message_id, endpoint=pk)
