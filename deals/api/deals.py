"""Deals: reading, opening, changing, and where they go."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query
from pydantic import Field

from accounts.api import keys
from accounts.api.answers import ApiRequest, Paged, demand, one, page
from accounts.api.keys import Keyed
from accounts.api.problems import conflict, unprocessable, wrong
from accounts.api.router import Routes
from accounts.api.scopes import DEALS, READ
from accounts.api.values import (
    Changes,
    Id,
    Instant,
    Name,
    Note,
    Page,
    PathId,
    QueryId,
    Sought,
    Taken,
    Title,
)
from accounts.models import User, Workspace
from deals import cards, course, listing
from deals.api.contacts import company_meant
from deals.api.finding import (
    ContactRef,
    contact_meant,
    deal,
    key_for,
    locked_deal,
    visible_deals,
)
from deals.api.said import DealOut, deals_said
from deals.api.values import Amount, Currency
from deals.cutoffs import Cutoffs
from deals.models import Deal, Outcome, Stage, Turn
from deals.people import hand_over, next_owners

router = Routes(tags=["Deals"])
FACTS = ("title", "company", "amount", "currency", "wanted", "next_step", "link")
EntryTurn = Literal["theirs", "ours", "unchanged"]
Link = Annotated[Title, Field(description="An address of the web: the proposal, a demo.")]


class Deals(Paged):
    """Which deals."""

    q: Sought = Field(default="", max_length=200, description="Words of title, contact or company.")
    pipeline: QueryId | None = None
    stage: QueryId | None = None
    owner: QueryId | None = None
    outcome: Literal["open", "resting", "won", "lost", "archived", "any"] = "any"
    state: Literal["dark", "dimming", "waiting", "held", "ours", "nobody", "untouched"] | None = (
        Field(default=None, description="How the open deal stands at this moment.")
    )
    source: Sought = Field(default="", max_length=60)
    external_id: Sought = Field(default="", max_length=200)


class DealChanges(Changes):
    """What may be changed about a deal; where it goes has addresses of its own."""

    title: Name = "-"
    company: Id | None = None
    amount: Amount | None = None
    currency: Currency = "EUR"
    wanted: Note = ""
    next_step: Title = ""
    link: Link = ""
    owner: Id = Field(default=1, description="To whom to hand it over.")


class DealIn(DealChanges, Keyed):
    """A deal to open; the owner is whoever the token belongs to unless another one is named."""

    title: Name
    contact: ContactRef
    stage: Id
    opened_at: Instant | None = None
    turn: EntryTurn | None = Field(default=None, description="Null: as the stage presets it.")


class Move(Taken):
    """Into which stage, and whose turn that makes it."""

    stage: Id
    turn: EntryTurn | None = Field(default=None, description="Null: as the stage presets it.")
    at: Instant | None = None


class Closing(Taken):
    """How a deal ended."""

    outcome: Literal["won", "lost", "archived"]
    reason: Title = ""
    at: Instant | None = None


@router.operation("GET", "/deals", READ, gives=Page[DealOut], summary="List deals")
def deals(request: ApiRequest, asked: Query[Deals]) -> HttpResponse:
    cutoffs = Cutoffs.at(request.now)
    rows = listing.listed(request.user, _asked(asked), cutoffs)
    if asked.source or asked.external_id:
        rows = rows.filter(pk__in=_by_key(request, asked))
    for name in ("pipeline", "stage", "owner"):
        field = "stage__pipeline" if name == "pipeline" else name
        if (wanted := getattr(asked, name)) is not None:
            rows = rows.filter(**{field: wanted})
    whole = listing.with_people(rows)
    return page(request, asked, whole, lambda found: deals_said(found, request, cutoffs.rulebook))


def _asked(asked: Deals) -> listing.Asked:
    return listing.Asked(
        text=asked.q, outcome=asked.outcome, state=asked.state or "", sort=listing.NEWEST
    )


def _by_key(request: ApiRequest, asked: Deals) -> list[int]:
    if not asked.source or not asked.external_id:
        raise unprocessable([wrong("Send source and external_id together, or neither.")])
    pair = (asked.source, asked.external_id)
    return [row.pk for row in keys.found(visible_deals(request), [pair], request.user).values()]


@router.operation("GET", "/deals/{pk}", READ, gives=DealOut, summary="Read a deal")
def read_deal(request: ApiRequest, pk: PathId) -> HttpResponse:
    return one(_said(request, deal(request, pk)))


@router.operation("POST", "/deals", DEALS, gives=DealOut, status=201, summary="Open a deal")
def new_deal(request: ApiRequest, said: DealIn) -> HttpResponse:
    rows = visible_deals(request)
    key = key_for(request, Deal, rows, said.pair, "deal")
    contact = contact_meant(request, said.contact, "contact")
    new = Deal(
        contact=contact, company=contact.company, stage=_stage(said.stage), owner=request.user,
        currency=Workspace.current().currency, opened_at=said.opened_at or request.now, **key,
    )  # fmt: skip
    _set(request, new, said)
    if "owner" in said.model_fields_set:
        new.owner = _owner(User.objects.assignable_by(request.user), said.owner)
    turn = Turn(said.turn) if said.turn else None
    opened = course.open_deal(new, now=request.now, user=request.user, turn=turn)
    url = reverse("api:read_deal", args=[opened.pk])
    return one(_said(request, deal(request, opened.pk)), 201, url)


@router.operation(
    "PATCH", "/deals/{pk}", DEALS, gives=DealOut, summary="Change a deal", guards=True
)
def change_deal(request: ApiRequest, pk: PathId, said: DealChanges) -> HttpResponse:
    known = locked_deal(request, pk)
    demand(request, _said(request, known))
    cards.change_deal(known, _set(request, known, said), now=request.now)
    if "owner" in said.model_fields_set and said.owner != known.owner_id:
        owner = _owner(next_owners(known, request.user), said.owner)
        hand_over([known.pk], owner, now=request.now)
    return one(_said(request, deal(request, pk)))


@router.operation(
    "POST", "/deals/{pk}/move", DEALS, gives=DealOut, summary="Move a deal to a stage", guards=True
)
def move_deal(request: ApiRequest, pk: PathId, said: Move) -> HttpResponse:
    known, stage = open_deal(request, pk), _stage(said.stage)
    if stage == known.stage:
        raise conflict(f"It is in {stage} already. Name another stage.")
    turn = Turn(said.turn) if said.turn else course.turn_on_entry(stage)
    course.enter_stage(
        known, stage, turn=turn, now=request.now, at=said.at, user=request.user
    )  # fmt: skip
    return one(_said(request, deal(request, pk)))


@router.operation(
    "POST", "/deals/{pk}/close", DEALS, gives=DealOut, summary="Win, lose or archive a deal",
    guards=True,
)  # fmt: skip
def close_deal(request: ApiRequest, pk: PathId, said: Closing) -> HttpResponse:
    known = open_deal(request, pk)
    course.close(
        known, Outcome(said.outcome), now=request.now, at=said.at, reason=said.reason,
        user=request.user,
    )  # fmt: skip
    return one(_said(request, deal(request, pk)))


@router.operation(
    "POST", "/deals/{pk}/reopen", DEALS, gives=DealOut, summary="Work on a deal again", guards=True
)
def reopen_deal(request: ApiRequest, pk: PathId) -> HttpResponse:
    known = locked_deal(request, pk)
    demand(request, _said(request, known))
    if known.is_open:
        raise conflict("It is open already.")
    course.reopen(known, now=request.now, user=request.user)
    return one(_said(request, deal(request, pk)))


def open_deal(request: ApiRequest, pk: int) -> Deal:
    """Return an open deal, locked and in the state that the call demands."""
    known = locked_deal(request, pk)
    demand(request, _said(request, known))
    if not known.is_open:
        word = known.get_outcome_display().lower()
        raise conflict(f"It is {word} already. Reopen it first: POST /deals/{pk}/reopen.")
    return known


def _said(request: ApiRequest, row: Deal) -> DealOut:
    [said] = deals_said(listing.with_people(Deal.objects.filter(pk=row.pk)), request)
    return said


def _set(request: ApiRequest, row: Deal, said: DealChanges) -> list[str]:
    """Set the facts of a deal that were sent; return their names."""
    sent = {name: value for name, value in said.sent().items() if name in FACTS}
    if "company" in sent:
        sent["company"] = company_meant(request, sent["company"])
    for name, value in sent.items():
        setattr(row, name, value)
    row.clean_fields(exclude=[each.name for each in Deal._meta.fields if each.name not in FACTS])  # noqa: SLF001  # Django’s public way in
    return list(sent)


def _stage(pk: int) -> Stage:
    found = Stage.objects.select_related("pipeline").filter(pk=pk).first()
    if found is None:
        raise unprocessable([wrong("There is no such stage. See GET /stages.", "stage")])
    return found


def _owner(among: Any, pk: int) -> User:
    found: User | None = among.filter(pk=pk).first()
    if found is None:
        remedy = "There is no such user, or none that you may give it to. See GET /users."
        raise unprocessable([wrong(remedy, "owner")])
    return found
