"""The mailbox of whoever is signed in: set up, tried, and removed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.invitations import is_mail_set_up
from deals.views.answers import UNPROCESSABLE, Request
from outreach.forms.mailbox import MailboxForm
from outreach.mail import trial
from outreach.models import Mailbox
from outreach.models.encrypted import UnreadableSecretError


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """Show and change one's own mailbox; saving tries it."""
    form = MailboxForm(request.POST or None, instance=_own(request))
    if form.is_valid():
        return _try(request, form.save(commit=False))
    told = {"form": form, "mailbox": form.instance, "is_provided": is_mail_set_up()}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "outreach/mailbox.html", told, status=status)


@require_POST
def remove(request: Request) -> HttpResponse:
    """Forget one's mailbox and its password."""
    Mailbox.objects.filter(user=request.user).delete()
    messages.success(request, "Your mailbox is removed, and its password with it.")
    return redirect("outreach:mailbox")


def _own(request: Request) -> Mailbox:
    """Return one's mailbox, with the address one signs in with where there is none yet.

    A password that no key reads any more counts as none: it is to be entered again.
    """
    mine = Mailbox.objects.filter(user=request.user)
    try:
        found = mine.first()
    except UnreadableSecretError:
        found = mine.defer("password").get()
        found.password = ""
    return found or Mailbox(user=request.user, address=request.user.email or "")


def _try(request: Request, mailbox: Mailbox) -> HttpResponse:
    trial.save_and_try(mailbox, now=timezone.now())
    if mailbox.problem:
        messages.error(request, f"Saved, but it does not work: {mailbox.problem}")
    else:
        messages.success(request, "Your mailbox works. Your mail goes out through it from now on.")
    return redirect("outreach:mailbox")
