"""Suggestions: what to do about a dark silence, and what was done; letting a deal go."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError as RuleError
from django.http import HttpResponse
from ninja import Query
from pydantic import Field

from accounts.api.answers import ApiRequest, Paged, one, page
from accounts.api.problems import conflict
from accounts.api.router import Routes
from accounts.api.scopes import DEALS, READ
from accounts.api.values import Given, Instant, Named, Page, PathId, QueryId, Taken, Title, named
from deals.api.deals import open_deal
from deals.api.finding import only
from deals.models import Outcome
from deals.replay import lock
from outreach import drafts, letting_go, suggest
from outreach.letting_go import Terms
from outreach.models import Suggestion

router = Routes(tags=["Suggestions"])


class Suggestions(Paged):
    """Which suggestions."""

    owner: QueryId | None = None
    deal: QueryId | None = None


class SuggestionOut(Given):
    """One play for a dark silence: with whom, on which channel, and why."""

    id: int
    deal: Named
    owner: Named
    contact: Named
    silence: int
    step: int
    play: str
    channel: str
    address: str | None
    state: str
    snoozed_until: datetime | None
    evidence: list[str]
    reason: str
    confidence: int
    created_at: datetime

    @classmethod
    def of(cls, row: Suggestion) -> SuggestionOut:
        """Describe a suggestion, read with its deal, owner, contact and address."""
        return cls(**_said(row))


class Words(Given):
    """A draft, in plain text; talking points and a voicemail for a call."""

    subject: str
    body: str
    voicemail: str


class WholeSuggestion(SuggestionOut):
    """A suggestion with its words."""

    draft: Words


class Snooze(Taken):
    """Until when it is put off."""

    until: Instant


class LettingGo(Taken):
    """For how long: to rest until a day to look again or until they are heard, or for good."""

    is_for_good: bool = Field(default=False, strict=True)
    look_again_on: date | None = None
    reason: Title = ""


class LetGoOut(Given):
    """What letting go made of a deal."""

    deal: int
    outcome: str
    look_again_on: date | None


@router.operation(
    "GET", "/suggestions", READ, gives=Page[SuggestionOut], summary="List live suggestions"
)
def suggestions(request: ApiRequest, asked: Query[Suggestions]) -> HttpResponse:
    rows = _rows(request).live()
    if asked.owner is not None:
        rows = rows.filter(deal__owner=asked.owner)
    if asked.deal is not None:
        rows = rows.filter(deal=asked.deal)
    return page(request, asked, rows, lambda found: map(SuggestionOut.of, found))


@router.operation(
    "GET", "/suggestions/{pk}", READ, gives=WholeSuggestion, summary="Read a suggestion"
)
def suggestion(request: ApiRequest, pk: PathId) -> HttpResponse:
    row = only(_rows(request), pk, "suggestion")
    words = drafts.render(row)
    draft = Words(subject=words.subject, body=words.body, voicemail=words.voicemail)
    return one(WholeSuggestion(**_said(row), draft=draft))


@router.operation(
    "POST", "/suggestions/{pk}/done", DEALS, gives=SuggestionOut, summary="It was done"
)
def done(request: ApiRequest, pk: PathId) -> HttpResponse:
    row = _locked(request, pk)
    return _settled(row, lambda: suggest.done(row, user=request.user, now=request.now))


@router.operation(
    "POST", "/suggestions/{pk}/dismiss", DEALS, gives=SuggestionOut, summary="It is not wanted"
)
def dismiss(request: ApiRequest, pk: PathId) -> HttpResponse:
    row = _locked(request, pk)
    return _settled(row, lambda: suggest.dismiss(row, user=request.user, now=request.now))


@router.operation(
    "POST", "/suggestions/{pk}/snooze", DEALS, gives=SuggestionOut, summary="Put it off"
)
def snooze(request: ApiRequest, pk: PathId, said: Snooze) -> HttpResponse:
    row = _locked(request, pk)
    return _settled(
        row, lambda: suggest.snooze(row, until=said.until, user=request.user, now=request.now)
    )


@router.operation(
    "POST", "/deals/{pk}/let-go", DEALS, gives=LetGoOut, summary="Let a deal go", guards=True
)
def let_go(request: ApiRequest, pk: PathId, said: LettingGo) -> HttpResponse:
    known = open_deal(request, pk)
    outcome = Outcome.LOST if said.is_for_good else Outcome.RESTING
    day = None if said.is_for_good else said.look_again_on
    terms = Terms(outcome, day, said.reason)
    gone = letting_go.let_go(known, terms, None, user=request.user, now=request.now).entry
    return one(LetGoOut(deal=pk, outcome=gone.outcome, look_again_on=gone.look_again_on))


def _rows(request: ApiRequest) -> Any:
    related = ("deal__owner", "deal__company", "contact__company", "address", "silence")
    return Suggestion.objects.visible_to(request.user).select_related(*related)


def _locked(request: ApiRequest, pk: int) -> Suggestion:
    lock([only(_rows(request), pk, "suggestion").deal_id])
    row: Suggestion = only(_rows(request), pk, "suggestion")
    return row


def _settled(row: Suggestion, act: Any) -> HttpResponse:
    try:
        act()
    except RuleError as error:
        if getattr(error, "code", "") == "gone":
            raise conflict(error.messages[0]) from None
        raise
    return one(SuggestionOut.of(row))


def _said(row: Suggestion) -> dict[str, Any]:
    return {
        "id": row.pk, "deal": named(row.deal), "owner": named(row.deal.owner),
        "contact": named(row.contact), "silence": row.silence_id, "step": row.step,
        "play": row.play, "channel": row.channel,
        "address": row.address.value if row.address else None, "state": row.state,
        "snoozed_until": row.snoozed_until, "evidence": list(row.evidence),
        "reason": row.reason, "confidence": row.confidence, "created_at": row.created_at,
    }  # fmt: skip
