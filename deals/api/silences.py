"""Silences: who went quiet, and how each one stands."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query
from pydantic import Field

from accounts.api.answers import ApiRequest, Paged, one, page
from accounts.api.router import Routes
from accounts.api.scopes import READ
from accounts.api.values import Page, PathId, QueryId, QueryInstant
from deals import listing
from deals.api.finding import only
from deals.api.said import SilenceOut, silences_said
from deals.cutoffs import Cutoffs
from deals.models import Silence

router = Routes(tags=["Silences"])


class Silences(Paged):
    """Which silences."""

    state: (
        Literal["open", "dark", "dimming", "waiting", "held", "ours", "nobody", "ended"] | None
    ) = Field(default=None, description="How they stand at this moment; empty: all.")
    by: Literal["them", "us", "nobody"] | None = None
    stage: QueryId | None = None
    owner: QueryId | None = None
    deal: QueryId | None = None
    since: QueryInstant | None = Field(default=None, description="That began then or later.")


@router.operation("GET", "/silences", READ, gives=Page[SilenceOut], summary="List silences")
def silences(request: ApiRequest, asked: Query[Silences]) -> HttpResponse:
    rows = _in_state(request, asked.state).select_related("deal__owner", "stage")
    wanted = {
        "by": asked.by, "stage": asked.stage, "deal__owner": asked.owner, "deal": asked.deal,
        "started_at__gte": asked.since,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return page(request, asked, rows, lambda found: silences_said(found, request))


@router.operation("GET", "/silences/{pk}", READ, gives=SilenceOut, summary="Read a silence")
def silence(request: ApiRequest, pk: PathId) -> HttpResponse:
    rows = Silence.objects.visible_to(request.user).select_related("deal__owner", "stage")
    [said] = silences_said([only(rows, pk, "silence")], request)
    return one(said)


def _in_state(request: ApiRequest, state: str | None) -> Any:
    rows = Silence.objects.visible_to(request.user)
    if state is None:
        return rows
    if state == "open":
        return rows.open()
    if state == "ended":
        return rows.filter(ended_at__isnull=False)
    return listing.in_state(state, request.user, Cutoffs.at(request.now))
