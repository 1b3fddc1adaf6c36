"""What the rows say about why somebody may be silent, read for many deals at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from deals.models import By, Direction, Ending, Hold, Pipeline, Silence, Touch
from outreach.diagnosis import Signs
from outreach.people import Way

LATE_CHANCE = 50  # a stage from which every second deal is won has a decision on the table
Row = Any  # a named row of values_list: which columns it has, each reader says


@dataclass
class Told:
    """What the history of many deals tells, by deal; absences by contact."""

    heard: set[int] = field(default_factory=set)
    replies: dict[int, list[timedelta]] = field(default_factory=lambda: defaultdict(list))
    away: dict[int, list[tuple[datetime, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def read(deals: Mapping[int, Row], now: datetime) -> Told:
    """Read which deals were heard, how long they took to reply, when contacts were away."""
    told = Told()
    heard = Touch.objects.standing().filter(deal__in=deals, is_heard=True)
    heard = heard.exclude(direction=Direction.OUTBOUND).order_by()
    told.heard = set(heard.values_list("deal_id", flat=True).distinct())
    replied = Silence.objects.filter(deal__in=deals, by=By.THEM, ending=Ending.REPLIED)
    for deal, since, heard_at in replied.values_list("deal_id", "started_at", "ended_at"):
        if heard_at is not None:
            told.replies[deal].append(heard_at - since)
    contacts = {row.contact_id for row in deals.values()}
    away = Hold.objects.filter(contact__in=contacts, ends_at__isnull=False, starts_at__lte=now)
    for contact, since, until in away.values_list("contact_id", "starts_at", "ends_at"):
        if contact and until:
            told.away[contact].append((since, until))
    return told


def signs_of(
    silence: Silence, deal: Row, told: Told, ways: Sequence[Way], today: datetime
) -> Signs:
    """Return the signs of one dark silence; `today` is now where the deal's owner is."""
    assert silence.dark_at is not None
    away = [until for since, until in told.away[deal.contact_id] if since >= silence.started_at]
    is_prospect = deal.stage__pipeline__kind == Pipeline.Kind.PROSPECTS

    def day(at: datetime | None) -> date | None:
        return at.astimezone(today.tzinfo).date() if at else None

    return Signs(
        today=today.date(),
        patience=silence.dark_at - silence.started_at,
        attempts=silence.attempts,
        replies=tuple(told.replies[deal.pk]),
        was_heard=deal.pk in told.heard,
        away_until=day(max(away, default=None)),
        promised_on=day(silence.promised_at),
        has_dead_address=any(not way.is_alive for way in ways),
        is_late_stage=is_prospect and deal.stage__chance >= LATE_CHANCE,
    )
