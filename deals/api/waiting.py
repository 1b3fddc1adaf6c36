"""Holds: why and until when a clock does not run. Promises: when they said they come back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from ninja import Query

from accounts.api import keys
from accounts.api.answers import ApiRequest, Paged, demand, nothing, one, page
from accounts.api.keys import Keyed
from accounts.api.problems import conflict, unprocessable, wrong
from accounts.api.router import Routes
from accounts.api.scopes import READ, TOUCHES
from accounts.api.values import (
    Given,
    Instant,
    Named,
    Page,
    PathId,
    QueryId,
    Taken,
    Title,
    named_or_none,
)
from deals import conversation
from deals.api.finding import (
    ContactRef,
    DealRef,
    contact_meant,
    deal_meant,
    key_for,
    locked_deal,
    only,
)
from deals.models import Deal, Hold, Promise
from deals.replay import lock

router = Routes(tags=["Holds and promises"])


class HoldIn(Keyed):
    """A stretch in which the clock of a deal does not run.

    An absence is the contact's: it holds every deal that they lead. Name them, or a deal of
    theirs. Without an end it holds 14 days; a pause and a meeting need one.
    """

    deal: DealRef | None = None
    contact: ContactRef | None = None
    reason: Literal["absence", "meeting", "pause"]
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    note: Title = ""


class HoldOut(Given):
    """A stretch in which a clock does not run: of a deal, or of all that a contact leads."""

    id: int
    source: str
    external_id: str
    deal: Named | None
    contact: Named | None
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    note: str
    took_place: bool | None

    @classmethod
    def of(cls, row: Hold) -> HoldOut:
        """Describe a hold, read with its deal and contact."""
        return cls(
            id=row.pk, source=keys.shown(row.source), external_id=row.external_id,
            deal=named_or_none(row.deal), contact=named_or_none(row.contact), reason=row.reason,
            starts_at=row.starts_at, ends_at=row.ends_at, note=row.note,
            took_place=row.took_place,
        )  # fmt: skip


class Holds(Paged):
    """Which holds."""

    deal: QueryId | None = None
    contact: QueryId | None = None


class PromiseIn(Taken):
    """“I will come back to you on Thursday”: the date replaces the threshold while it stands."""

    due_at: Instant
    made_at: Instant | None = None
    note: Title = ""


class PromiseOut(Given):
    """When they said that they come back."""

    id: int
    deal: int
    made_at: datetime
    due_at: datetime
    note: str


@router.operation("GET", "/holds", READ, gives=Page[HoldOut], summary="List holds")
def holds(request: ApiRequest, asked: Query[Holds]) -> HttpResponse:
    rows = _visible(request)
    if asked.deal is not None:
        rows = rows.filter(deal=asked.deal)
    if asked.contact is not None:
        rows = rows.filter(contact=asked.contact)
    return page(request, asked, rows, lambda found: map(HoldOut.of, found))


@router.operation("GET", "/holds/{pk}", READ, gives=HoldOut, summary="Read a hold")
def hold(request: ApiRequest, pk: PathId) -> HttpResponse:
    return one(HoldOut.of(only(_visible(request), pk, "hold")))


@router.operation("POST", "/holds", TOUCHES, gives=HoldOut, status=201, summary="Stop a clock")
def new_hold(request: ApiRequest, said: HoldIn) -> HttpResponse:
    key = key_for(request, Hold, _visible(request), said.pair, "hold")
    starts_at = said.starts_at or request.now
    made = Hold(
        reason=said.reason, starts_at=starts_at, ends_at=said.ends_at, note=said.note,
        user=request.user, **_whose(request, said), **key,
    )  # fmt: skip
    if made.ends_at is None and made.reason != Hold.Reason.ABSENCE:
        raise unprocessable([wrong("A pause and a meeting need an end: add it.", "ends_at")])
    conversation.hold(made, now=request.now)
    return one(HoldOut.of(made), 201, reverse("api:hold", args=[made.pk]))


@router.operation(
    "POST", "/holds/{pk}/end", TOUCHES, status=204, summary="End a hold now", guards=True
)
def end_hold(request: ApiRequest, pk: PathId) -> HttpResponse:
    known = only(_visible(request), pk, "hold")
    lock(conversation.deals_of_hold(known))
    known = only(_visible(request), pk, "hold")
    demand(request, HoldOut.of(known))
    conversation.end_hold(known, now=request.now)
    return nothing()


@router.operation(
    "POST", "/deals/{pk}/promises", TOUCHES, gives=PromiseOut, status=201,
    summary="Note when they come back",
)  # fmt: skip
def new_promise(request: ApiRequest, pk: PathId, said: PromiseIn) -> HttpResponse:
    known = locked_deal(request, pk)
    made_at = conversation.not_in_the_future(said.made_at or request.now, request.now)
    made = conversation.promise(
        known, made_at=made_at, due_at=said.due_at, now=request.now, note=said.note,
        user=request.user,
    )  # fmt: skip
    return one(_promise(made), 201)


@router.operation(
    "DELETE", "/promises/{pk}", TOUCHES, status=204, summary="Take back a promise never made"
)
def take_back_promise(request: ApiRequest, pk: PathId) -> HttpResponse:
    mine = Promise.objects.filter(deal__in=Deal.objects.visible_to(request.user))
    conversation.release(only(mine, pk, "promise"), now=request.now)
    return nothing()


def _promise(row: Promise) -> PromiseOut:
    return PromiseOut(
        id=row.pk, deal=row.deal_id, made_at=row.made_at, due_at=row.due_at, note=row.note
    )


def _visible(request: ApiRequest) -> Any:
    """Return the holds of deals that a token sees, and the absences of who leads one."""
    rows = Hold.objects.select_related("deal", "contact")
    if request.user.is_admin:
        return rows
    seen = Deal.objects.visible_to(request.user).order_by()
    return rows.filter(Q(deal__in=seen.values("pk")) | Q(contact__in=seen.values("contact")))


def _whose(request: ApiRequest, said: HoldIn) -> dict[str, Any]:
    """Return whose clock stands still: of a deal, or of all that a contact leads."""
    if (said.deal is None) == (said.contact is None):
        raise unprocessable([wrong("Name a deal or a contact, one of the two.", "deal")])
    if said.deal is not None:
        known = deal_meant(request, said.deal, "deal")
        is_absence = said.reason == "absence"
        return {"contact": known.contact} if is_absence else {"deal": known}
    if said.reason != "absence":
        raise unprocessable([wrong("Only an absence is a contact’s: name a deal.", "deal")])
    assert said.contact is not None
    contact = contact_meant(request, said.contact, "contact")
    if not Deal.objects.visible_to(request.user).filter(contact=contact).exists():
        raise conflict("They lead no deal of yours: there is no clock to stop.")
    return {"contact": contact}
