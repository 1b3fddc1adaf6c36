"""What a rep does with a deal on Today: they replied, pause, won, lost, meetings."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from contacts.models import Channel
from deals import conversation, course
from deals.models import Deal, Direction, Hold, Outcome, Promise, Touch, Turn
from deals.views.answers import Request
from outreach.forms import ClosingForm, PauseForm
from outreach.undo import Kind, Undo
from outreach.views.answers import (
    closed_already,
    done,
    form_page,
    page_of,
    refused,
    visible_deal,
)

GET_AND_POST = require_http_methods(["GET", "POST"])


@require_POST
def reply(request: Request, pk: int) -> HttpResponse:
    """Note that they were heard just now, on the channel we used last."""
    deal = visible_deal(request, pk)
    named = request.POST.get("channel", "")
    touch = Touch(
        channel=named if named in Channel.values else Channel.EMAIL,
        direction=Direction.INBOUND, occurred_at=timezone.now(), turn=Turn.OURS, user=request.user,
    )  # fmt: skip
    recorded = conversation.record(deal, touch, now=touch.occurred_at).touch
    text = f"{deal.contact.short_name} replied: it is our move on “{deal}”."
    return done(request, deal, text, _undo(request, deal, Kind.TOUCH, recorded.pk))


@GET_AND_POST
def pause(request: Request, pk: int) -> HttpResponse:
    """Stop the clock until a day, or let a promise replace the threshold."""
    deal = visible_deal(request, pk)
    form = _form(PauseForm, request, deal)
    if not form.is_valid():
        title = f"Pause “{deal}”"
        return form_page(request, deal, title=title, form=form, submit="Pause")
    try:
        kind, row = _paused(form, deal, request)
    except ValidationError as error:
        form.add_error(None, error)
        return form_page(request, deal, title=f"Pause “{deal}”", form=form, submit="Pause")
    until = timezone.localtime(form.ends_at)
    text = f"“{deal}” waits until {until:%A} {until.day} {until:%B}."
    if kind == Kind.PROMISE:
        text = f"Noted: {deal.contact.short_name} comes back by {form.chosen_day:%A %d %B}."
    return done(request, deal, text, _undo(request, deal, kind, row.pk))


def _paused(form: PauseForm, deal: Deal, request: Request) -> tuple[Kind, Hold | Promise]:
    if not form.is_promise:
        return Kind.HOLD, conversation.hold(form.hold(deal, request.user), now=form.now)
    promise = conversation.promise(
        deal, made_at=form.now, due_at=form.ends_at, now=form.now,
        note=form.cleaned_data["note"], user=request.user,
    )  # fmt: skip
    return Kind.PROMISE, promise


@GET_AND_POST
def won(request: Request, pk: int) -> HttpResponse:
    """Win a deal."""
    return _close(request, pk, Outcome.WON, "Won")


@GET_AND_POST
def lost(request: Request, pk: int) -> HttpResponse:
    """Lose a deal."""
    return _close(request, pk, Outcome.LOST, "Lost")


def _close(request: Request, pk: int, outcome: Outcome, word: str) -> HttpResponse:
    deal = visible_deal(request, pk)
    if not deal.is_open:
        return refused(request, deal, closed_already(deal))
    form = _form(ClosingForm, request, deal)
    if not form.is_valid():
        return form_page(request, deal, title=f"{word}: “{deal}”", form=form, submit=word)
    entry = course.close(
        deal, outcome, now=form.now, reason=form.cleaned_data["reason"], user=request.user
    )
    return done(request, deal, f"{word}: “{deal}”.", _undo(request, deal, Kind.OUTCOME, entry.pk))


@require_POST
def end_hold(request: Request, pk: int) -> HttpResponse:
    """End a pause before its day."""
    held = get_object_or_404(Hold.objects.select_related("deal", "contact"), pk=pk)
    deal = _deal_of(request, held)
    conversation.end_hold(held, now=timezone.now())
    return done(request, deal, "The pause is over: the clock runs again.")


@require_POST
def release_promise(request: Request, pk: int) -> HttpResponse:
    """Take a promise back that was never made."""
    promises = Promise.objects.filter(deal__in=Deal.objects.visible_to(request.user))
    promise = get_object_or_404(promises.select_related("deal"), pk=pk)
    conversation.release(promise, now=timezone.now())
    return done(request, promise.deal, "The stage’s threshold counts again.")


@require_POST
def meeting(request: Request, pk: int) -> HttpResponse:
    """Say whether a meeting whose time is over took place."""
    holds = Hold.objects.filter(deal__in=Deal.objects.visible_to(request.user))
    meetings = holds.filter(reason=Hold.Reason.MEETING, ends_at__lte=timezone.now())
    held = get_object_or_404(meetings.select_related("deal__contact"), pk=pk)
    assert held.deal is not None
    if request.POST.get("took_place") != "yes":
        conversation.meeting_failed(held)
        return done(request, held.deal, "Noted: it did not take place. The clock runs on.")
    touch = conversation.meeting_took_place(held, now=timezone.now(), user_id=request.user.pk)
    undo = _undo(request, held.deal, Kind.TOUCH, touch.pk)
    return done(request, held.deal, "Noted: it took place. It is our move.", undo)


def _form(kind: type[Any], request: Request, deal: Deal) -> Any:
    """Return a form bound to what was posted, that knows where to go back to."""
    posted = request.POST if request.method == "POST" else None
    return kind(posted, now=timezone.now(), initial={"next": page_of(request, deal)})


def _undo(request: Request, deal: Deal, kind: Kind, pk: int) -> Undo:
    return Undo(kind, pk, page_of(request, deal))


def _deal_of(request: Request, held: Hold) -> Deal:
    """Return a deal that a hold stops and the reader may see, or answer 404."""
    deals = Deal.objects.visible_to(request.user).select_related("contact")
    mine = deals.filter(pk=held.deal_id) if held.deal_id else deals.filter(contact=held.contact_id)
    deal = mine.first()
    if deal is None:
        raise Http404
    return deal
