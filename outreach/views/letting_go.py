"""Letting a deal go: one page with the note, the reason, the day, and what it gives."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from contacts.models import Address, Channel
from deals.models import Deal, Silence
from deals.policies import Rulebook
from deals.views.answers import UNPROCESSABLE, Request
from outreach import drafts, given_back, letting_go, reach
from outreach.drafts import Draft
from outreach.forms import LetGoForm
from outreach.mail.sending import senders
from outreach.models import Reason, Suggestion
from outreach.undo import Kind, Undo
from outreach.views.answers import closed_already, done, page_of, refused, visible_deal

TEMPLATE = "outreach/let_go.html"


@require_http_methods(["GET", "POST"])
def let_go(request: Request, pk: int) -> HttpResponse:
    """Stop trying, for now or for good, with a closing note or without."""
    deal = visible_deal(request, pk)
    if not deal.is_open:
        return refused(request, deal, closed_already(deal))
    suggestion = letting_go.suggested(deal)
    form = _form(request, deal, suggestion)
    if not form.is_valid():
        return _page(request, deal, suggestion, form)
    try:
        gone = letting_go.let_go(
            deal, form.terms, form.closing_note, user=request.user, now=form.now
        )
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, deal, suggestion, form)
    text = f"Let go of “{deal}”."
    if gone.delivery:
        text += " The closing note goes out in 10 seconds."
    undo = Undo(Kind.LET_GO, gone.entry.pk, page_of(request, deal), gone.traces)
    return done(request, deal, text, undo)


@require_safe
def note(request: Request, pk: int) -> HttpResponse:
    """Show the closing note for the way that was chosen, for HTMX."""
    deal = visible_deal(request, pk)
    suggestion = letting_go.suggested(deal)
    form = _form(request, deal, suggestion, by=request.GET.get("note_by", ""))
    return render(request, f"{TEMPLATE}#closing-note", _of_note(request, deal, form))


def _form(
    request: Request, deal: Deal, suggestion: Suggestion | None, by: str | None = None
) -> LetGoForm:
    """Return the form as it was posted, or as it is proposed for the way `by`."""
    ways = letting_go.ways(
        suggestion.contact if suggestion else deal.contact,
        suggestion.address if suggestion else None,
    )
    mails = senders.can_send(request.user)
    if by is None:
        by = _preset(suggestion, mails=mails)
    words = _draft(deal, ways, by)
    initial = {
        "next": page_of(request, deal), "note_by": by, "subject": words.subject,
        "note": words.body, "why": _why(deal, suggestion),
    }  # fmt: skip
    posted = request.POST if request.method == "POST" else None
    return LetGoForm(posted, now=timezone.now(), initial=initial, ways=ways, mails=mails)


def _preset(suggestion: Suggestion | None, *, mails: bool) -> str:
    """Return the way that is chosen at first: what is suggested where it can go out by itself."""
    is_mail = suggestion is not None and suggestion.channel == Channel.EMAIL and mails
    return str(suggestion.address_id) if suggestion and is_mail else ""


def _draft(deal: Deal, ways: list[Address], by: str) -> Draft:
    """Return the words for a way, for the best one where none is chosen."""
    chosen = next((way for way in ways if str(way.pk) == by), ways[0] if ways else None)
    return drafts.render(letting_go.as_suggestion(deal, chosen)) if chosen else Draft()


def _why(deal: Deal, suggestion: Suggestion | None) -> str:
    """Return the reason that the rep named for this silence, else the one that was guessed."""
    silence = deal.silences.open().select_related("reason_entry").first()
    said = getattr(silence, "reason_entry", None)
    reason = said.said if said else suggestion.reason if suggestion else Reason.UNKNOWN
    return "" if reason == Reason.UNKNOWN else str(reason)


def _page(
    request: Request, deal: Deal, suggestion: Suggestion | None, form: LetGoForm
) -> HttpResponse:
    """Render the page, or its part for the dialog; 422 where something is wrong."""
    shown = urlsplit(request.htmx.current_url or "").path if request.htmx else ""
    silence: Silence | None = deal.silences.open().first()
    gives = given_back.read(
        deal, silence, reader=request.user, now=form.now, rulebook=Rulebook.load()
    )
    told: dict[str, Any] = {
        "title": f"Let go of “{deal}”",
        "gives": gives,
        "cancel_url": page_of(request, deal),
        "aim": "#queue" if shown == reverse("outreach:today") else "",
        **_of_note(request, deal, form),
    }
    name = f"{TEMPLATE}#dialog" if request.htmx else TEMPLATE
    response = render(request, name, told, status=UNPROCESSABLE if form.errors else 200)
    if form.errors and request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog-body", "innerHTML"
    return response


def _of_note(request: Request, deal: Deal, form: LetGoForm) -> dict[str, Any]:
    """Return what the closing note shows: its words, or the link that opens what sends them."""
    by = form["note_by"].value()
    way = next((way for way in form.ways if str(way.pk) == by), None)
    is_mail = way is not None and way.channel == Channel.EMAIL
    words = {"subject": form["subject"].value() or "", "body": form["note"].value() or ""}
    is_mailed = is_mail and form.mails
    return {
        "deal": deal,
        "form": form,
        "way": way,
        "is_mail": is_mail,
        "is_mailed": is_mailed,
        "link": reach.link(way.channel, way.value, **words) if way and not is_mailed else "",
        "opens": reach.say(way.channel, way.value) if way and not is_mailed else "",
        "shows_words": bool(form.ways) and (way is not None or not request.htmx),
    }
