"""What a reader says of a mail: whose it is, whether it is genuine, where it belongs; and its undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.forms.outcomes import has_gone_through
from accounts.numbers import row_number
from contacts.models import Company, Contact
from deals.models import Deal
from deals.views.answers import Request, way_back
from outreach.forms.mails import AssignForm, NewContactForm
from outreach.mail.filing import decide, naming, newcomers
from outreach.mail_undo import Before, Word
from outreach.models import IgnoredSender, Mail
from outreach.undo import Kind, Undo
from outreach.views import unmatched

State = Mail.State
Told = tuple[str, Undo | None]
# Neither has an undo
LEFT_OUT = "The mail is left out, and what it says is forgotten."
FORGED = "Noted: it is forged and counts for nothing. What it says is forgotten."


@require_POST
def create(request: Request, pk: int) -> HttpResponse:
    """Make the sender a contact, with a deal or without; all their mail that waits follows."""
    mail = unmatched.waiting(request, pk)
    form = NewContactForm(request.POST, mail=mail, reader=request.user)
    before, made = Before.of(mail), list[Contact]()
    company = _new_company(form)

    def act() -> None:
        stage, title = form.cleaned_data["stage"], form.cleaned_data["title"]
        now = timezone.now()
        made.append(
            newcomers.welcome(
                mail, form.contact, user=request.user, now=now, stage=stage, title=title
            )
        )

    if not has_gone_through(form, act):
        return unmatched.page(request, State(mail.state), opened=mail, create=form)
    has_opened, [contact] = bool(form.cleaned_data["stage"]), made
    word = before.said(mail, contact=contact, company=company, has_opened=has_opened)
    text = format_html("{} is a contact. Their mail waits for a deal.", _link(contact))
    if has_opened and mail.deal is not None:
        text = format_html(
            "{} is a contact. Their mail is on {}.", _link(contact), _link(mail.deal)
        )
    return _said(request, mail, text, _undo(mail, word))


@require_POST
def assign(request: Request, pk: int) -> HttpResponse:
    """Say whose a mail is, and which deal it belongs to."""
    mail = unmatched.waiting(request, pk)
    form = AssignForm(request.POST, reader=request.user)
    before = Before.of(mail)

    def act() -> None:
        deal, contact = form.cleaned_data["deal"], form.cleaned_data["contact"]
        decide.assign(mail, user=request.user, now=timezone.now(), deal=deal, contact=contact)

    if not has_gone_through(form, act):
        return unmatched.page(request, State(mail.state), opened=mail, assign=form)
    text = format_html("The mail is on {}.", _link(form.cleaned_data["deal"]))
    return _said(request, mail, text, _undo(mail, before.said(mail)))


@require_POST
def ignore(request: Request, pk: int) -> HttpResponse:
    """Ask no more about an address, or about a whole domain."""
    mail = unmatched.waiting(request, pk)
    address, is_domain = unmatched.address_of(mail), "domain" in request.POST
    value = naming.domain_of(address) if is_domain else address
    try:
        count = decide.ignore(value, user=request.user, now=timezone.now(), is_domain=is_domain)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _on(request, mail)
    ignored = IgnoredSender.objects.get(value=value, is_domain=is_domain)
    mails = f"{count} mail{'' if count == 1 else 's'} left out"
    undo = Undo(Kind.IGNORED, ignored.pk, unmatched.list_of(mail))
    return _said(request, mail, f"{ignored} is ignored from now on, {mails}.", undo)


@require_POST
def leave_out(request: Request, pk: int) -> HttpResponse:
    """Say that a mail is about no deal."""
    mail = unmatched.waiting(request, pk)
    return _decided(request, mail, decide.leave_out, lambda: (LEFT_OUT, None))


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Say that a mail is genuine, or that an assumed one is where it belongs."""
    mail = _visible(request, pk)
    before = Before.of(mail)

    def told() -> tuple[str, Undo]:
        word = before.said(mail)
        text = format_html("Noted: it counts on {}.", _link(mail.deal)) if mail.deal else "Noted."
        return text, _undo(mail, word)

    return _decided(request, mail, decide.confirm, told)


@require_POST
def reject(request: Request, pk: int) -> HttpResponse:
    """Say that a mail is forged: it counts for nothing."""
    mail = _visible(request, pk)
    return _decided(request, mail, decide.reject, lambda: (FORGED, None))


@require_POST
def move(request: Request, pk: int) -> HttpResponse:
    """Put a mail on another deal, or on that one too."""
    mail = _visible(request, pk)
    is_too = "also" in request.POST
    named = row_number(request.POST.get("also" if is_too else "deal"))
    if named is None:
        raise BadRequest("No deal is named. Go back and choose one.")
    deal = get_object_or_404(Deal.objects.visible_to(request.user), pk=named)
    if is_too:
        text = format_html("It counts on {} too.", _link(deal))
        return _decided(request, mail, partial(decide.also, deal=deal), lambda: (text, None))
    back, before = way_back(request, unmatched.list_of(mail)), str(mail.deal_id or "")
    undo = Undo(Kind.MAIL, mail.pk, back, before) if before else None
    text = format_html("Moved to {}.", _link(deal))
    return _decided(request, mail, partial(decide.move, deal=deal), lambda: (text, undo))


def _decided(
    request: Request, mail: Mail, say: Callable[..., bool], told: Callable[[], Told]
) -> HttpResponse:
    """Say something of a mail and go on; what somebody else said first stays said."""
    try:
        was_waiting = say(mail, user=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _on(request, mail)
    if was_waiting:
        return _said(request, mail, *told())
    messages.info(request, "Somebody has decided about this mail already.")
    return _on(request, mail)


def _said(request: Request, mail: Mail, text: str, undo: Undo | None) -> HttpResponse:
    """Tell what was done, with its undo, and go on."""
    address = reverse("outreach:undo", args=[undo.token(request.user)]) if undo else ""
    messages.success(request, text, extra_tags=address)
    return _on(request, mail)


def _undo(mail: Mail, word: Word) -> Undo:
    """Return the undo of a word, which leads back to the mail where it waited."""
    back = reverse("outreach:assumed", args=[word.deal]) if word.deal else ""
    if word.state in unmatched.PAGES:
        back = f"{reverse(unmatched.PAGES[word.state])}?mail={mail.pk}"
    return Undo(Kind.WORD, mail.pk, back, word.text())


def _link(thing: Contact | Deal) -> str:
    """Return a link to a contact or a deal, for a message."""
    is_deal = isinstance(thing, Deal)
    url = reverse("deals:deal" if is_deal else "deals:contact", args=[thing.pk])
    return format_html('<a href="{}">{}</a>', url, f"“{thing}”" if is_deal else thing)


def _new_company(form: NewContactForm) -> Company | None:
    """Return the company that was named and is not there yet."""
    company = form.cleaned_data.get("company") if form.is_valid() else None
    return company if company is not None and not company.pk else None


def _visible(request: Request, pk: int) -> Mail:
    return get_object_or_404(Mail.objects.visible_to(request.user), pk=pk)


def _on(request: Request, mail: Mail) -> HttpResponse:
    """Go on with the next mail of the list, or back to where the form was."""
    return redirect(way_back(request, unmatched.list_of(mail)))
