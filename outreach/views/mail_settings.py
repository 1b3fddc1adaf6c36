"""Settings, Mail: what is kept of mail, shared mailboxes, and whose mail is ignored."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import admins_only
from accounts.models import Workspace
from deals.views.answers import UNPROCESSABLE
from outreach.forms.mail_settings import MailSettingsForm
from outreach.forms.mailbox import SECRETS, SharedMailboxForm
from outreach.mail.filing import decide
from outreach.models import IgnoredSender, Mailbox
from outreach.views import mailbox as own

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def page(request: HttpRequest) -> HttpResponse:
    """Show and change what holds for all mail."""
    form = MailSettingsForm(request.POST or None, instance=Workspace.current())
    if form.is_valid():
        form.save()
        messages.success(request, "Saved. It holds for mail from now on.")
        return redirect("outreach:mail-settings")
    ignored = IgnoredSender.objects.select_related("user").order_by("value", "pk")
    told = {
        "form": form,
        "mailboxes": own.unread_secrets().filter(user=None),
        "page": Paginator(ignored, PAGE).get_page(request.GET.get("page")),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "outreach/mail_settings.html", told, status=status)


@require_POST
@admins_only
def listen_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ignore a sender or domain no longer."""
    sender = get_object_or_404(IgnoredSender, pk=pk)
    decide.unignore(sender)
    messages.success(request, f"Mail from {sender} is asked about again.")
    return redirect("outreach:mail-settings")


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def new_mailbox(request: HttpRequest) -> HttpResponse:
    """Add a shared mailbox."""
    return _form(request, Mailbox(), reverse("outreach:shared-mailbox-new"))


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@admins_only
def shared_mailbox(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and change a shared mailbox."""
    get_object_or_404(_shared(), pk=pk)
    found = own.readable(Mailbox.objects.filter(pk=pk))
    return _form(request, found or Mailbox(), reverse("outreach:shared-mailbox", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@admins_only
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far the reading of a shared mailbox is; a POST pauses it or goes on."""
    found = get_object_or_404(_shared(), pk=pk)
    return own.reading_of(request, found, reverse("outreach:shared-mailbox", args=[pk]))


@require_POST
@admins_only
def find_authority(request: HttpRequest, pk: int) -> HttpResponse:
    """Look who vouches for senders in a shared mailbox."""
    found = get_object_or_404(_shared().exclude(imap_host=""), pk=pk)
    return own.find_authority_of(request, found, reverse("outreach:shared-mailbox", args=[pk]))


@require_POST
@admins_only
def remove_mailbox(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a shared mailbox and its password."""
    found = get_object_or_404(_shared(), pk=pk)
    found.delete()
    messages.success(
        request, f"{found} is removed, and its password with it. What was read from it stays."
    )
    return redirect("outreach:mail-settings")


def _shared() -> Any:
    return own.unread_secrets().filter(user=None)


def _form(request: HttpRequest, mailbox: Mailbox, url: str) -> HttpResponse:
    form = SharedMailboxForm(request.POST or None, instance=mailbox, initial=own.preset(request))
    if form.is_valid():
        saved = form.save(commit=False)
        own.save_and_tell(request, saved)
        return redirect("outreach:shared-mailbox", saved.pk)
    told = {"form": form, "action": url, **own.shown(request, mailbox)}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "outreach/mailbox_shared.html", told, status=status)
