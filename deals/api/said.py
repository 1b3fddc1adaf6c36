"""What the API says of deals, touches and silences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from accounts.api import keys
from accounts.api.answers import ApiRequest
from accounts.api.values import Given, Named, named, named_or_none
from deals import listing, standing
from deals.api.values import plain
from deals.models import Deal, Silence, Stage, Touch
from deals.policies import Rulebook
from deals.standing import Standing


class StageRef(Named):
    """A stage, and of which pipeline."""

    pipeline: Named

    @classmethod
    def of(cls, row: Stage) -> StageRef:
        """Name a stage, read with its pipeline."""
        return cls(id=row.pk, name=row.name, pipeline=named(row.pipeline))


class Standstill(Given):
    """The silence that lasts on a deal: by whom, how it stands now, and when it is due.

    `state` is waiting, dimming, dark, held, ours, overdue, nobody or stale. Between two sweeps
    it is judged all the same.
    """

    id: int
    by: str
    state: str
    started_at: datetime
    due_at: datetime
    held_until: datetime | None
    promised_at: datetime | None
    attempts: int

    @classmethod
    def of(cls, row: Silence, stands: Standing) -> Standstill:
        """Describe an open silence."""
        return cls(
            id=row.pk, by=row.by, state=stands.state, started_at=row.started_at,
            due_at=stands.due_at, held_until=stands.held_to, promised_at=stands.promised_at,
            attempts=row.attempts,
        )  # fmt: skip


class DealOut(Given):
    """One thing that we want to agree with a contact; `silence` is null where it is closed."""

    id: int
    url: str
    source: str
    external_id: str
    title: str
    outcome: str
    stage: StageRef
    contact: Named
    company: Named | None
    owner: Named
    amount: str | None
    currency: str
    wanted: str
    next_step: str
    link: str
    opened_at: datetime
    closed_at: datetime | None
    silence: Standstill | None


def deals_said(
    rows: Iterable[Deal], request: ApiRequest, rulebook: Rulebook | None = None
) -> list[DealOut]:
    """Describe deals read `with_people`; a fixed number of queries for however many."""
    return [_deal(row, request) for row in listing.rows(rows, request.now, rulebook)]


def _deal(row: listing.Row, request: ApiRequest) -> DealOut:
    deal, silences = row.deal, row.deal.open_silences  # type: ignore[attr-defined]
    return DealOut(
        id=deal.pk, url=request.build_absolute_uri(reverse("deals:deal", args=[deal.pk])),
        source=keys.shown(deal.source), external_id=deal.external_id, title=deal.title,
        outcome=deal.outcome, stage=StageRef.of(deal.stage), contact=named(deal.contact),
        company=named_or_none(deal.company), owner=named(deal.owner), amount=plain(deal.amount),
        currency=deal.currency, wanted=deal.wanted, next_step=deal.next_step, link=deal.link,
        opened_at=deal.opened_at, closed_at=deal.closed_at,
        silence=Standstill.of(silences[0], row.stands) if row.stands else None,
    )  # fmt: skip


class TouchOut(Given):
    """One communication on one channel; one that was deleted stays known, and changes nothing."""

    id: int
    deal: int
    source: str
    external_id: str
    channel: str
    direction: str
    occurred_at: datetime
    recorded_at: datetime
    turn: str
    is_heard: bool
    is_delivered: bool
    subject: str
    note: str
    contact: Named | None
    user: Named | None
    deleted_at: datetime | None

    @classmethod
    def of(cls, row: Touch) -> TouchOut:
        """Describe a touch, read with its contact and user."""
        return cls(
            id=row.pk, deal=row.deal_id, source=keys.shown(row.source),
            external_id=row.external_id, channel=row.channel, direction=row.direction,
            occurred_at=row.occurred_at, recorded_at=row.recorded_at, turn=row.turn,
            is_heard=row.is_heard, is_delivered=row.is_delivered, subject=row.subject,
            note=row.note, contact=named_or_none(row.contact), user=named_or_none(row.user),
            deleted_at=row.deleted_at,
        )  # fmt: skip


class SilenceOut(Given):
    """One stretch of a turn. An open one says how it stands now; one that is over, how it ended."""

    id: int
    deal: Named
    owner: Named
    stage: Named
    by: str
    state: str
    started_at: datetime
    due_at: datetime | None
    held_until: datetime | None
    promised_at: datetime | None
    dark_since: datetime | None
    ended_at: datetime | None
    ending: str
    relit_at: datetime | None
    attempts: int
    attempted_at: datetime | None


def silences_said(rows: Iterable[Silence], request: ApiRequest) -> list[SilenceOut]:
    """Describe silences read with deal, owner and stage; a fixed number of queries for all."""
    rows = list(rows)
    open_ones = [row for row in rows if row.ended_at is None]
    stands = standing.of(open_ones, request.now) if open_ones else {}
    return [_silence(row, stands.get(row.pk)) for row in rows]


def _silence(row: Silence, stands: Standing | None) -> SilenceOut:
    return SilenceOut(
        id=row.pk, deal=named(row.deal), owner=named(row.deal.owner), stage=named(row.stage),
        by=row.by, state=stands.state if stands else "ended", started_at=row.started_at,
        due_at=stands.due_at if stands else None, held_until=stands.held_to if stands else None,
        promised_at=row.promised_at, dark_since=row.dark_at, ended_at=row.ended_at,
        ending=row.ending, relit_at=row.relit_at, attempts=row.attempts,
        attempted_at=row.attempted_at,
    )  # fmt: skip
