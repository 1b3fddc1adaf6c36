"""Read the histories of many deals at once, as the pure rules want them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from contacts.models import Contact, OptOut
from deals.darkness import Interval, Policy, Promised
from deals.events import (
    Event,
    History,
    OutcomeEvent,
    StageEvent,
    TouchEvent,
    WithdrawalEvent,
)
from deals.models import (
    CalendarUse,
    Deal,
    Direction,
    Hold,
    OutcomeEntry,
    Participation,
    Promise,
    StageEntry,
    Touch,
)
from deals.policies import Rulebook
from deals.silence import absences

Row = Any  # a named row of values_list: which columns it has, each reader below says


@dataclass
class _Gathered:
    """The rows of many deals, each list keyed by what it belongs to."""

    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    stages: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    people: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    holds: dict[int, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    promises: dict[int, list[Promised]] = field(default_factory=lambda: defaultdict(list))
    away: dict[int, list[Interval]] = field(default_factory=dict)
    uses: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[int, list[Interval]] = field(default_factory=lambda: defaultdict(list))


def load(deal_ids: Iterable[int], rulebook: Rulebook) -> dict[int, History]:
    """Return the history of each deal; the number of queries does not grow with the deals."""
    deals = Deal.objects.filter(pk__in=list(deal_ids)).values_list(
        "pk", "opened_at", "stage_id", named=True
    )
    rows = list(deals)
    gathered = _gather([row.pk for row in rows])
    return {row.pk: _history(row, gathered, rulebook) for row in rows}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a deal's silences are judged by besides its stage: holds, promises and calendars.

    `calendar(by, at)` names the work calendar that counts at an instant; `changes` are the
    instants at which another primary contact, or another calendar of theirs, begins to count.
    """

    holds: Sequence[Interval]
    promises: Sequence[Promised]
    calendar: Callable[[str, datetime], int]
    calendars: frozenset[int]
    changes: frozenset[datetime]


def waiting(deal_ids: Iterable[int], rulebook: Rulebook) -> dict[int, Waiting]:
    """Return what holds, promises and calendars judge each deal by; as `load` reads them."""
    ids, gathered = list(deal_ids), _Gathered()
    _people(ids, gathered)
    _waiting(ids, gathered)
    _contacts(_contacts_of(gathered), gathered)
    return {pk: _waiting_of(pk, gathered, rulebook) for pk in ids}


def _gather(ids: Sequence[int]) -> _Gathered:
    gathered = _Gathered()
    _touches(ids, gathered)
    _stage_entries(ids, gathered)
    _outcomes(ids, gathered)
    _people(ids, gathered)
    _waiting(ids, gathered)
    _contacts(_contacts_of(gathered), gathered)
    _opt_outs(_contacts_of(gathered), gathered)
    return gathered


def _contacts_of(gathered: _Gathered) -> list[int]:
    return sorted({row.contact_id for rows in gathered.people.values() for row in rows})


def _touches(ids: Sequence[int], gathered: _Gathered) -> None:
    """Read the touches that count: heard from them, or delivered by us; none deleted."""
    counts = Q(direction=Direction.OUTBOUND, is_delivered=True) | (
        ~Q(direction=Direction.OUTBOUND) & Q(is_heard=True)
    )
    rows = (
        Touch.objects.standing()
        .filter(counts, deal__in=ids)
        .order_by()
        .values_list("deal_id", "pk", "occurred_at", "direction", "turn", "source", "external_id")
    )
    for deal, pk, at, direction, turn, source, external_id in rows.iterator():
        gathered.events[deal].append(
            TouchEvent(at, f"touch:{pk}", source, external_id, direction, turn)
        )


def _stage_entries(ids: Sequence[int], gathered: _Gathered) -> None:
    rows = (
        StageEntry.objects.filter(deal__in=ids)
        .order_by("occurred_at", "source", "external_id")
        .values_list("deal_id", "pk", "occurred_at", "stage_id", "turn", "source", "external_id")
    )
    for deal, pk, at, stage, turn, source, external_id in rows:
        gathered.stages[deal].append(stage)
        gathered.events[deal].append(
            StageEvent(at, f"stage:{pk}", source, external_id, stage, turn)
        )


def _outcomes(ids: Sequence[int], gathered: _Gathered) -> None:
    rows = (
        OutcomeEntry.objects.filter(deal__in=ids)
        .order_by()
        .values_list(
            "deal_id", "pk", "occurred_at", "outcome", "is_let_go", "source", "external_id"
        )
    )
    for deal, pk, at, outcome, is_let_go, source, external_id in rows:
        gathered.events[deal].append(
            OutcomeEvent(at, f"outcome:{pk}", source, external_id, outcome, is_let_go)
        )


def _people(ids: Sequence[int], gathered: _Gathered) -> None:
    rows = (
        Participation.objects.filter(deal__in=ids)
        .order_by("joined_at", "pk")
        .values_list("deal_id", "contact_id", "is_primary", "joined_at", "left_at", named=True)
    )
    for row in rows:
        gathered.people[row.deal_id].append(row)


def _waiting(ids: Sequence[int], gathered: _Gathered) -> None:
    holds = Hold.objects.filter(deal__in=ids).values_list("deal_id", "starts_at", "ends_at")
    for deal, since, until in holds:
        gathered.holds[deal].extend(absences([(since, until)], []))
    told = Promise.objects.standing().filter(deal__in=ids)
    promises = told.order_by("made_at", "source", "external_id")
    for deal, made_at, due_at in promises.values_list("deal_id", "made_at", "due_at"):
        gathered.promises[deal].append(Promised(made_at, due_at))


def _contacts(ids: Sequence[int], gathered: _Gathered) -> None:
    """Read what holds for a contact on every deal: absences and calendars."""
    notes: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for contact, since, until in Hold.objects.filter(contact__in=ids).values_list(
        "contact_id", "starts_at", "ends_at"
    ):
        notes[contact].append((since, until))
    heard: dict[int, list[datetime]] = defaultdict(list)
    if notes:
        rows = Touch.objects.standing().filter(contact__in=notes, is_heard=True)
        for contact, at in rows.exclude(direction=Direction.OUTBOUND).values_list(
            "contact_id", "occurred_at"
        ):
            heard[contact].append(at)
    for contact, dated in notes.items():
        gathered.away[contact] = absences(dated, heard[contact])
    uses = CalendarUse.objects.filter(contact__in=ids).order_by("pk")
    for row in uses.values_list("contact_id", "calendar_id", "counts_from", named=True):
        gathered.uses[row.contact_id].append(row)


def _opt_outs(ids: Sequence[int], gathered: _Gathered) -> None:
    for_ever = datetime.max.replace(tzinfo=UTC)
    whole = OptOut.objects.filter(contact__in=ids, channel="")
    for contact, since, until in whole.values_list("contact_id", "occurred_at", "lifted_at"):
        gathered.gone[contact].append(Interval(since, until or for_ever))
    erased = Contact.objects.filter(pk__in=ids).exclude(erased_at=None)
    for contact, at in erased.values_list("pk", "erased_at"):
        if at is not None:
            gathered.gone[contact].append(Interval(at, for_ever))


def _history(deal: Row, gathered: _Gathered, rulebook: Rulebook) -> History:
    people = gathered.people[deal.pk]
    waiting = _waiting_of(deal.pk, gathered, rulebook)
    stages = gathered.stages[deal.pk] or [deal.stage_id]
    changes = {*waiting.changes, *rulebook.changes(stages, waiting.calendars)}
    return History(
        opened_at=deal.opened_at,
        first_stage=stages[0],
        events=[*gathered.events[deal.pk], *_withdrawals(people, gathered)],
        policy=_policy(rulebook, waiting.calendar),
        calendar=waiting.calendar,
        changes=sorted(changes),
        led=waiting.changes,
        holds=waiting.holds,
        promises=waiting.promises,
    )


def _waiting_of(deal: int, gathered: _Gathered, rulebook: Rulebook) -> Waiting:
    leads = [row for row in gathered.people[deal] if row.is_primary]
    uses = [use for row in leads for use in gathered.uses[row.contact_id]]
    own = {use.calendar_id for use in uses if use.calendar_id}
    joined = {row.joined_at for row in leads}
    return Waiting(
        holds=[*gathered.holds[deal], *_absences(leads, gathered)],
        promises=gathered.promises[deal],
        calendar=_calendar_at(leads, gathered, rulebook.workspace_calendar),
        calendars=frozenset(own | {rulebook.workspace_calendar}),
        changes=frozenset(joined | {use.counts_from for use in uses if use.counts_from}),
    )


def _policy(
    rulebook: Rulebook, calendar: Callable[[str, datetime], int]
) -> Callable[[str, int, datetime], Policy]:
    def policy(by: str, stage: int, at: datetime) -> Policy:
        return rulebook.policy(by, stage, calendar(by, at), at)

    return policy


def _calendar_at(
    leads: Sequence[Row], gathered: _Gathered, workspace: int
) -> Callable[[str, datetime], int]:
    """Return by which calendar a silence was judged at an instant: by us, the workspace's;
    else the one that the primary contact of that instant lived by then.
    """

    def calendar(by: str, at: datetime) -> int:
        if by == "us":
            return workspace
        lead = next((row for row in reversed(leads) if row.joined_at <= at), None)
        lead = lead or (leads[0] if leads else None)
        uses = gathered.uses[lead.contact_id] if lead else []
        known = [use for use in uses if not use.counts_from or use.counts_from <= at]
        return (known[-1].calendar_id if known else None) or workspace

    return calendar


def _absences(leads: Sequence[Row], gathered: _Gathered) -> list[Interval]:
    """Return when the deal's primary contact of the time was away."""
    result = []
    for place, row in enumerate(leads):
        until = leads[place + 1].joined_at if place + 1 < len(leads) else None
        for away in gathered.away.get(row.contact_id, ()):
            since = away.since if place == 0 else max(away.since, row.joined_at)
            result.append(Interval(since, min(away.to, until) if until else away.to))
    return result


def _withdrawals(people: Sequence[Row], gathered: _Gathered) -> list[WithdrawalEvent]:
    """Return when nobody of the deal was left to talk to, because someone opted out or was erased."""
    instants = {gone.since for row in people for gone in gathered.gone[row.contact_id]}
    return [
        WithdrawalEvent(at, f"withdrawal:{at.isoformat()}")
        for at in sorted(instants)
        if (here := [row for row in people if _takes_part(row, at)])
        and all(
            any(gone.since <= at < gone.to for gone in gathered.gone[row.contact_id])
            for row in here
        )
    ]


def _takes_part(row: Row, at: datetime) -> bool:
    return bool(row.joined_at <= at and not (row.left_at and row.left_at <= at))
