"""Touches: one, up to a thousand at once, those of a deal; correcting and deleting."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query

from accounts.api.answers import ApiRequest, Paged, demand, nothing, one, page
from accounts.api.problems import unprocessable, wrong
from accounts.api.router import Routes
from accounts.api.scopes import READ, TOUCHES
from accounts.api.values import (
    EARLIEST,
    Changes,
    Given,
    Instant,
    Note,
    Page,
    PathId,
    Subject,
    Switch,
)
from deals import conversation
from deals.api import batches
from deals.api.addresses import ChannelName
from deals.api.batches import Batch, BatchOut, DirectionName, TouchIn, TurnLeft
from deals.api.finding import NOT_ON_THE_DEAL, ContactRef, People, deal, only
from deals.api.said import TouchOut
from deals.models import Touch
from deals.replay import lock

router = Routes(tags=["Touches"])


class OneTouchIn(TouchIn):
    """A touch, and the date that they named if they promised to come back.

    Sent again, the date corrects the promise that the touch made, if nobody took it back.
    """

    promised_at: Instant | None = None


class TouchChanges(Changes):
    """What may be corrected; a new direction brings its own turn unless one is sent."""

    channel: ChannelName = "email"
    direction: DirectionName = "inbound"
    occurred_at: Instant = EARLIEST
    turn: TurnLeft = "theirs"
    contact: ContactRef = 1
    is_heard: Switch = True
    is_delivered: Switch = True
    subject: Subject = ""
    note: Note = ""


class Recorded(Given):
    """What became of a touch: created, updated or unchanged."""

    result: str
    touch: TouchOut


@router.operation(
    "POST", "/touches", TOUCHES, gives=Recorded, status=(200, 201), summary="Record a touch"
)
def new_touch(request: ApiRequest, said: OneTouchIn) -> HttpResponse:
    touch = batches.touch_of(request, said)
    done = conversation.record(
        touch.deal, touch, now=request.now, promised_at=said.promised_at, told=said.told
    )  # fmt: skip
    row = _rows(request).get(pk=done.touch.pk)
    status = 201 if done.fate == "created" else 200
    location = reverse("api:touch", args=[row.pk]) if status == 201 else ""
    return one(Recorded(result=done.fate, touch=TouchOut.of(row)), status, location)


@router.operation(
    "POST", "/touches/batch", TOUCHES, gives=BatchOut, summary="Record up to 1,000 touches"
)
def new_touches(request: ApiRequest, said: Batch) -> HttpResponse:
    return one(batches.record(request, said.items))


@router.operation(
    "GET", "/deals/{pk}/touches", READ, gives=Page[TouchOut], summary="List a deal’s touches"
)
def touches(request: ApiRequest, pk: PathId, asked: Query[Paged]) -> HttpResponse:
    rows = _rows(request).filter(deal=deal(request, pk)).standing()
    return page(request, asked, rows, lambda found: map(TouchOut.of, found))


@router.operation("GET", "/touches/{pk}", READ, gives=TouchOut, summary="Read a touch")
def touch(request: ApiRequest, pk: PathId) -> HttpResponse:
    return one(TouchOut.of(only(_rows(request).standing(), pk, "touch")))


@router.operation(
    "PATCH", "/touches/{pk}", TOUCHES, gives=TouchOut, summary="Correct a touch", guards=True
)
def correct_touch(request: ApiRequest, pk: PathId, said: TouchChanges) -> HttpResponse:
    known = _locked(request, pk)
    changes = said.sent()
    if "contact" in changes:
        changes["contact"] = _contact(known, said.contact)
    if changes:
        conversation.correct(known, now=request.now, **changes)
    return one(TouchOut.of(_rows(request).get(pk=pk)))


@router.operation(
    "DELETE", "/touches/{pk}", TOUCHES, status=204, summary="Delete a touch", guards=True
)
def delete_touch(request: ApiRequest, pk: PathId) -> HttpResponse:
    conversation.delete(_locked(request, pk), now=request.now)
    return nothing()


def _rows(request: ApiRequest) -> Any:
    return Touch.objects.visible_to(request.user).select_related("contact", "user")


def _locked(request: ApiRequest, pk: int) -> Touch:
    """Return a touch that nobody else changes, in the state that the call demands."""
    rows = _rows(request).standing()
    lock([only(rows, pk, "touch").deal_id])
    known: Touch = only(rows.select_related("contact", "user", "deal"), pk, "touch")
    demand(request, TouchOut.of(known))
    return known


def _contact(known: Touch, ref: ContactRef) -> Any:
    found = People([known.deal], [ref]).meant(known.deal, ref)
    if found is None:
        raise unprocessable([wrong(NOT_ON_THE_DEAL, "contact")])
    return found
