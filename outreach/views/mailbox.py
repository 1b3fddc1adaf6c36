"""The mailbox of whoever is signed in: set up, tried, read, paused and removed; and their address
for copies."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.invitations import is_mail_set_up
from deals.views.answers import UNPROCESSABLE, Request
from outreach.forms.mailbox import SECRETS, MailboxForm
from outreach.mail.doors import capture
from outreach.mail.imap import NotReadError
from outreach.mail.mailboxes import setting_up, vouching
from outreach.mail.mailboxes.presets import PRESETS
from outreach.mail.mailboxes.progress import Progress
from outreach.models import Mailbox
from outreach.models.encrypted import UnreadableSecretError

ENCRYPTED = (*SECRETS, "access_token")


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """Show and change one's own mailbox; saving tries it."""
    mailbox = readable(Mailbox.objects.filter(user=request.user)) or Mailbox(
        user=request.user, address=request.user.email or "", username=request.user.email or ""
    )
    form = MailboxForm(request.POST or None, instance=mailbox, initial=preset(request))
    if form.is_valid():
        save_and_tell(request, form.save(commit=False))
        return redirect("outreach:mailbox")
    told = {"form": form, "is_provided": is_mail_set_up(), **shown(request, mailbox)}
    told["capture_address"] = capture.address_of(request.user)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "outreach/mailbox.html", told, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reading(request: Request) -> HttpResponse:
    """Show how far the reading is; a POST pauses it or goes on."""
    mailbox = get_object_or_404(unread_secrets().filter(user=request.user))
    return reading_of(request, mailbox, reverse("outreach:mailbox"))


@require_POST
def find_authority(request: Request) -> HttpResponse:
    """Look who vouches for senders in one's own mailbox."""
    mailbox = get_object_or_404(unread_secrets().filter(user=request.user).exclude(imap_host=""))
    return find_authority_of(request, mailbox, reverse("outreach:mailbox"))


@require_POST
def remove(request: Request) -> HttpResponse:
    """Forget one's mailbox and its password."""
    Mailbox.objects.filter(user=request.user).delete()
    messages.success(
        request,
        "Your mailbox is removed, and its password with it. What was read from it stays.",
    )
    return redirect("outreach:mailbox")


@require_POST
def renew_capture(request: Request) -> HttpResponse:
    """Give somebody a new address for copies; the old one is nobody's any more."""
    capture.renew(request.user)
    messages.success(request, "You have a new address for copies. The old one counts no more.")
    return redirect("outreach:mailbox")


def reading_of(request: HttpRequest, mailbox: Mailbox, back: str) -> HttpResponse:
    """Answer for a mailbox of anybody: how far it is; or pause it, or let it go on."""
    if request.method == "POST":
        mailbox.is_read = not mailbox.is_read
        mailbox.save(update_fields=["is_read"])
        state = "is read again from the next minute on" if mailbox.is_read else "is no longer read"
        messages.success(request, f"{mailbox} {state}.")
        return redirect(back)
    told = {"progress": Progress.of(mailbox), "reading_url": request.path, "back": back}
    part = "#reading" if "HX-Request" in request.headers else ""
    response = render(request, f"outreach/mailbox_reading.html{part}", told)
    patch_vary_headers(response, ["HX-Request"])
    return response


def find_authority_of(request: HttpRequest, mailbox: Mailbox, back: str) -> HttpResponse:
    """Look under which name the server reports on senders, and fill the form in with it."""
    try:
        found = vouching.probable(mailbox, now=timezone.now())
    except (NotReadError, UnreadableSecretError) as error:
        messages.error(request, str(error))
        return redirect(back)
    if not found:
        messages.warning(
            request, "The latest mails name nobody. Ask whoever runs the server, or leave it empty."
        )
        return redirect(back)
    messages.info(request, f"Most of the latest mails say {found}. Save, and its word is believed.")
    return redirect(f"{back}?{urlencode({'authority': found})}")


def unread_secrets() -> Any:
    """Return all mailboxes without what is encrypted: whoever only looks needs no key."""
    return Mailbox.objects.defer(*ENCRYPTED)


def readable(rows: Any) -> Mailbox | None:
    """Return the first mailbox of some. A secret that no key reads any more counts as none."""
    try:
        found: Mailbox | None = rows.first()
    except UnreadableSecretError:
        found = rows.defer(*ENCRYPTED).get()
        for name in ENCRYPTED:
            setattr(found, name, "")
    return found


def preset(request: HttpRequest) -> dict[str, Any]:
    """Return what fills the form in where a provider was chosen or an authority found."""
    chosen = PRESETS.get(request.GET.get("preset", ""))
    found = request.GET.get("authority", "")
    return (chosen.fields if chosen else {}) | ({"authority": found} if found else {})


def shown(request: HttpRequest, mailbox: Mailbox) -> dict[str, Any]:
    """Return what the page of any mailbox shows beside its form."""
    chosen = request.GET.get("preset", "")
    return {
        "mailbox": mailbox,
        "presets": PRESETS,
        "chosen": chosen,
        "preset": PRESETS.get(chosen),
        "progress": Progress.of(mailbox),
    }


def save_and_tell(request: HttpRequest, mailbox: Mailbox) -> None:
    """Save a mailbox, try it, and say what came of it."""
    setting_up.save_and_try(mailbox, now=timezone.now())
    if mailbox.problem or mailbox.read_problem:
        messages.error(request, format_html("Saved, but {}", _what_fails(mailbox)))
        return
    said = ["Your mailbox works." if mailbox.user_id else f"{mailbox} works."]
    if mailbox.smtp_host:
        said.append("Your mail goes out through it from now on.")
    if mailbox.imap_host:
        said.append("It is read every minute.")
    messages.success(request, " ".join(said))


def _what_fails(mailbox: Mailbox) -> str:
    """Say which way does not work, and lead to where the page says why: once is enough."""
    sending, reading = bool(mailbox.problem), bool(mailbox.read_problem)
    what = f"{'sending' if sending else 'reading'} does not work"
    if not (mailbox.smtp_host and mailbox.imap_host):
        what = "it does not work"
    elif sending and reading:
        what = "neither sending nor reading works"
    place = "sending" if sending else "reading"
    return format_html('{}. <a href="#{}">See why</a>', what, place)
