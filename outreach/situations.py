"""What the choice of a play rests on, read for many dark silences at once.

The number of queries does not grow with the silences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.models import Workspace
from contacts.models import Contact
from deals.models import (
    Deal,
    Direction,
    Participation,
    Silence,
    Touch,
)
from outreach import observing, people
from outreach.chances import Chances
from outreach.diagnosis import diagnose
from outreach.observing import Row, Told, signs_of
from outreach.people import Person
from outreach.ranking import Rank, Stakes, rank
from outreach.rates import Rates
from outreach.situation import Attempt, Situation
from outreach.steps import Step, Steps
from outreach.stopping import NO_FLOOR, Floor

COLLEAGUES = 5  # as many people of the company as one needs to widen


@dataclass(frozen=True, slots=True)
class Known:
    """A silence's situation, and what its suggestion repeats of the deal."""

    situation: Situation
    owner: int
    rank: Rank


@dataclass
class _Gathered:
    """The rows of many deals and people, each list keyed by what it belongs to."""

    deals: dict[int, Row] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    left: set[tuple[int, int]] = field(default_factory=set)
    colleagues: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    people: dict[int, Person] = field(default_factory=dict)
    tries: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    told: Told = field(default_factory=Told)
    chances: Chances = field(default_factory=Chances)
    floor: Floor = NO_FLOOR
    rates: Rates = field(default_factory=Rates)
    time_zone: str = "UTC"


def load(silences: Sequence[Silence], due: Mapping[int, Step], steps: Steps) -> dict[int, Known]:
    """Return what is known of each open silence, for the step that is due on it."""
    gathered = _gather(silences, steps.now)
    return {row.pk: _known(row, due[row.pk], steps, gathered) for row in silences}


def _gather(silences: Sequence[Silence], now: datetime) -> _Gathered:
    workspace = Workspace.current()
    floor = Floor(workspace.reply_floor, workspace.reply_floor_silences)
    gathered = _Gathered(
        chances=Chances.load(), rates=Rates.load(), floor=floor, time_zone=workspace.time_zone
    )
    ids = [row.deal_id for row in silences]
    rows = Deal.objects.filter(pk__in=ids).values_list(
        "pk", "contact_id", "contact__erased_at", "company_id", "owner_id", "owner__time_zone",
        "owner__team_id", "amount", "currency",
        "stage__name", "stage__chance", "stage__pipeline__kind", named=True,
    )  # fmt: skip
    gathered.deals = {row.pk: row for row in rows}
    _members(ids, gathered)
    _colleagues(gathered)
    _touches(ids, gathered)
    gathered.told = observing.read(silences, gathered.deals, now)
    known = {
        pk for pks in (*gathered.members.values(), *gathered.colleagues.values()) for pk in pks
    }
    gathered.people = people.read(known | {row.contact_id for row in gathered.deals.values()})
    return gathered


def _members(ids: Sequence[int], gathered: _Gathered) -> None:
    """Read who takes part in each deal, and who left it."""
    rows = Participation.objects.filter(deal__in=ids, contact__erased_at=None)
    rows = rows.order_by("joined_at", "pk")
    for deal, contact, left_at in rows.values_list("deal_id", "contact_id", "left_at"):
        if left_at is None:
            gathered.members[deal].append(contact)
        else:
            gathered.left.add((deal, contact))


def _colleagues(gathered: _Gathered) -> None:
    """Read whom each owner knows at the deals' companies: nobody who is not theirs to see."""
    companies = {row.company_id for row in gathered.deals.values() if row.company_id}
    owners = {row.owner_id for row in gathered.deals.values()}
    known = Contact.objects.filter(company__in=companies, erased_at=None).order_by("pk")
    kept = known.filter(owner__in=owners).values_list("company_id", "owner_id", "pk")
    met = known.filter(participations__deal__owner__in=owners).values_list(
        "company_id", "participations__deal__owner_id", "pk"
    )
    for company, owner, contact in [*kept, *met.distinct()]:
        if contact not in (found := gathered.colleagues[company, owner]):
            found.append(contact)


def _touches(ids: Sequence[int], gathered: _Gathered) -> None:
    """Read our touches since each open silence began."""
    standing = Touch.objects.standing().filter(deal__in=ids)
    ours = standing.filter(
        direction=Direction.OUTBOUND, is_delivered=True, deal__silences__ended_at=None,
        occurred_at__gte=F("deal__silences__started_at"),
    )  # fmt: skip
    rows = ours.order_by("occurred_at", "source", "external_id")
    for row in rows.values_list("deal_id", "contact_id", "channel", named=True):
        gathered.tries[row.deal_id].append(row)


def _known(silence: Silence, step: Step, steps: Steps, gathered: _Gathered) -> Known:
    deal = gathered.deals[silence.deal_id]
    here = steps.now.astimezone(ZoneInfo(deal.owner__time_zone or gathered.time_zone))
    tries = gathered.tries[silence.deal_id]
    attempts = tries[len(tries) - silence.attempts :] if silence.attempts <= len(tries) else tries
    primary = gathered.people[deal.contact_id]
    if deal.contact__erased_at:
        primary = replace(primary, opt_outs=frozenset({""}))
    situation = Situation(
        step=step.number,
        attempts_allowed=steps.threshold(silence).attempts,
        primary=primary,
        others=tuple(gathered.people[pk] for pk in _others(deal, gathered)),
        attempts=tuple(Attempt(t.contact_id or deal.contact_id, t.channel) for t in attempts),
        unanswered=tuple(each.channel for each in tries),
        since=silence.started_at.astimezone(here.tzinfo).date(),
        today=here.date(),
        diagnosis=diagnose(signs_of(silence, deal, gathered.told, primary.ways, here)),
        rates=gathered.rates.of(deal.owner__team_id),
        deal=deal.pk,
        chance=gathered.chances.of(silence.stage_id, steps.now - silence.started_at),
        floor=gathered.floor,
    )
    stage, name = silence.stage_id, deal.stage__name
    stakes = Stakes(deal.amount, deal.currency, stage, name, deal.stage__chance)
    age = steps.now - silence.started_at
    return Known(situation, deal.owner_id, rank(stakes, age, gathered.chances))


def _others(deal: Row, gathered: _Gathered) -> list[int]:
    """Return whom else one may ask: people of the deal, then of the company; nobody who left."""
    colleagues = gathered.colleagues.get((deal.company_id, deal.owner_id), [])
    members = gathered.members[deal.pk]
    stayed = [pk for pk in colleagues if pk not in members and (deal.pk, pk) not in gathered.left]
    return [pk for pk in (*members, *stayed[:COLLEAGUES]) if pk != deal.contact_id]
