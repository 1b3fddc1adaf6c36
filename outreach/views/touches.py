"""Logging, correcting and deleting touches."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from deals import conversation
from deals.models import Direction, Touch, Turn
from deals.views.answers import Request
from outreach import touches
from outreach.forms import TouchForm
from outreach.undo import Kind, Undo
from outreach.views.answers import done, form_page, page_of, visible_deal

LOGGED = {
    Direction.INBOUND: "Logged: {} was heard.",
    Direction.OUTBOUND: "Logged: your touch to {}.",
    Direction.TWO_WAY: "Logged: you talked to {}.",
}


@require_http_methods(["GET", "POST"])
def log(request: Request, pk: int) -> HttpResponse:
    """Log a touch on any channel, either way."""
    deal = visible_deal(request, pk)
    posted = request.POST if request.method == "POST" else None
    initial = {
        "next": page_of(request, deal),
        "direction": Direction.OUTBOUND,
        **{name: request.GET[name] for name in ("channel", "direction") if name in request.GET},
    }
    form = TouchForm(posted, deal=deal, now=timezone.now(), initial=initial)
    if not form.is_valid():
        title = f"Log a touch on “{deal}”"
        return form_page(request, deal, title=title, form=form, submit="Log it")
    touch = touches.log(
        deal, form.touch(request.user), user=request.user, now=form.now,
        promised_at=form.promised_at,
    )  # fmt: skip
    whom = touch.contact.short_name if touch.contact else deal.contact.short_name
    text = LOGGED[Direction(touch.direction)].format(whom)
    return done(request, deal, text, Undo(Kind.TOUCH, touch.pk, page_of(request, deal)))


@require_http_methods(["GET", "POST"])
def touch(request: Request, pk: int) -> HttpResponse:
    """Correct a touch."""
    known = _visible(request, pk)
    posted = request.POST if request.method == "POST" else None
    form = TouchForm(
        posted, deal=known.deal, touch=known, now=timezone.now(),
        initial={"next": page_of(request, known.deal)},
    )  # fmt: skip
    if not form.is_valid():
        return form_page(request, known.deal, title="Correct this touch", form=form, submit="Save")
    conversation.correct(known, now=form.now, **form.said())
    return done(request, known.deal, "The touch is corrected.")


@require_POST
def settle(request: Request, pk: int) -> HttpResponse:
    """Say that a touch needs no answer."""
    known = _visible(request, pk)
    before = known.turn
    conversation.correct(known, now=timezone.now(), turn=Turn.UNCHANGED)
    undo = Undo(Kind.TURN, known.pk, page_of(request, known.deal), before)
    return done(request, known.deal, "Noted: it needs no answer.", undo)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete a touch."""
    known = _visible(request, pk)
    conversation.delete(known, now=timezone.now())
    undo = Undo(Kind.DELETION, known.pk, page_of(request, known.deal))
    return done(request, known.deal, "The touch is deleted.", undo)


def _visible(request: Request, pk: int) -> Touch:
    rows = Touch.objects.visible_to(request.user).standing()
    return get_object_or_404(rows.select_related("deal__contact", "deal__stage"), pk=pk)
