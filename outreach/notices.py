"""Tell a rep once: a hold ended, a meeting is over, a day to look again came, we owe an answer,
somebody let go for good was heard again.

What was told carries `told_at`; the notices are unique by kind and key besides, so that several
sweepers are harmless. Source: SILENCE.md, "Holds", "What the sweep does".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Cover, User, Workspace
from deals.darkness import Interval
from deals.models import (
    By,
    DarkSpell,
    Deal,
    Direction,
    Ending,
    Hold,
    Outcome,
    OutcomeEntry,
    Silence,
    Touch,
)
from deals.silence import UNDATED_ABSENCE, absences
from outreach.models import Notice

M = TypeVar("M", Hold, OutcomeEntry, Silence)
Kind = Notice.Kind
BATCH = 200
LONGEST = 300  # letters that a notice holds
# SILENCE.md: a crossing that was older than this when it was recorded (a first import) is no news
NEWS = timedelta(hours=24)
HEARD_AGAIN = "they were heard after you let go. Open the deal again?"


def tell(now: datetime) -> int:
    """Tell all that is due by now; return how many notices that made. Each batch is committed."""
    tellers: tuple[Callable[[datetime], tuple[int, int]], ...] = (
        _ended_holds,
        _days_to_look_again,
        _overdue_moves,
        _heard_again,
    )
    told = 0
    for teller in tellers:
        seen = BATCH
        while seen == BATCH:
            with transaction.atomic():
                seen, new = teller(now)
            told += new
    return told


def unread(user: User) -> QuerySet[Notice]:
    """Return what a user was told and has not read, the latest first."""
    return Notice.objects.filter(user=user, read_at=None).select_related("deal")


def with_covers(new: Sequence[Notice], now: datetime) -> list[Notice]:
    """Return new notices, and the same for whoever covers the reader of each at an instant.

    Both are told: the colleague acts, and whoever comes back reads what happened meanwhile.
    """
    if not new:
        return []
    covers = Cover.objects.at(now).filter(user__in={notice.user_id for notice in new})
    colleagues = {cover.user_id: cover for cover in covers.select_related("user")}
    found = ((row, colleagues.get(row.user_id)) for row in new)
    return [*new, *(_for_colleague(row, cover) for row, cover in found if cover)]


def _for_colleague(notice: Notice, cover: Cover) -> Notice:
    text = f"For {cover.user.get_short_name()}: {notice.text}"
    return Notice(
        user_id=cover.colleague_id, deal=notice.deal, kind=notice.kind,
        key=f"{notice.key}:{cover.colleague_id}", text=text[:LONGEST], created_at=notice.created_at,
    )  # fmt: skip


def _ended_holds(now: datetime) -> tuple[int, int]:
    """Tell the owners of the deals that a hold stopped; meetings ask whether they took place."""
    undated = Q(ends_at=None, starts_at__lte=now - UNDATED_ABSENCE)
    holds = _claimed(Hold.objects.filter(Q(ends_at__lte=now) | undated, told_at=None))
    of_deals = _by("deal_id", [hold for hold in holds if hold.took_place is None])
    of_contacts = _by("contact_id", _lived_through(holds))
    deals = Deal.objects.open().filter(Q(pk__in=of_deals) | Q(contact__in=of_contacts))
    new = []
    for deal in deals.order_by("pk"):
        found = of_deals.get(deal.pk, []) + of_contacts.get(deal.contact_id, [])
        new += [_hold_ended(deal, hold, now) for hold in found]
    return len(holds), _write(holds, new, now)


def _lived_through(holds: Iterable[Hold]) -> list[Hold]:
    """Keep the absences that lasted to their end: not cut short by a word, nor a repeated note."""
    away = {hold.contact_id for hold in holds if hold.contact_id}
    notes: dict[int, list[tuple[datetime, datetime | None]]] = {pk: [] for pk in away}
    for row in Hold.objects.filter(contact__in=away):
        notes[row.contact_id or 0].append((row.starts_at, row.ends_at))
    heard: dict[int, list[datetime]] = {pk: [] for pk in away}
    touches = Touch.objects.standing().filter(contact__in=away, is_heard=True)
    said = touches.exclude(direction=Direction.OUTBOUND).order_by()
    for contact, at in said.values_list("contact_id", "occurred_at"):
        heard[contact].append(at)
    lasted = {pk: absences(notes[pk], heard[pk]) for pk in away}
    return [
        hold
        for hold in holds
        if Interval(hold.starts_at, hold.ends_at or hold.starts_at + UNDATED_ABSENCE)
        in lasted.get(hold.contact_id or 0, ())
    ]


def _hold_ended(deal: Deal, hold: Hold, now: datetime) -> Notice:
    key = f"{hold.pk}:{deal.pk}"
    if hold.contact_id and hold.ends_at:  # each mail to them may have been answered by a note
        key = f"{hold.contact_id}@{hold.ends_at:%Y%m%d%H%M}:{deal.pk}"
    if hold.reason == Hold.Reason.MEETING:
        text = f"{deal.title}: the time of the meeting is over. Did it take place?"
        return _notice(deal, Kind.MEETING_PAST, key, text, now)
    reason = "they should be back" if hold.reason == Hold.Reason.ABSENCE else "the pause is over"
    return _notice(
        deal, Kind.HOLD_ENDED, key, f"{deal.title}: {reason}, the clock runs again.", now
    )


def _days_to_look_again(now: datetime) -> tuple[int, int]:
    """Tell the owners of let-go deals that the day for another look has come, where they are."""
    entries = _claimed(OutcomeEntry.objects.filter(_its_day_has_come(now), told_at=None))
    closed = Deal.objects.filter(outcome__in=[Outcome.RESTING, Outcome.LOST])
    deals = closed.in_bulk([entry.deal_id for entry in entries])
    new = [
        _look_again(deal, entry, now)
        for entry in entries
        if (deal := deals.get(entry.deal_id)) and deal.closed_at == entry.occurred_at
    ]
    return len(entries), _write(entries, new, now)


def _look_again(deal: Deal, entry: OutcomeEntry, now: datetime) -> Notice:
    key = f"{entry.pk}:{entry.look_again_on}"  # another day may be chosen, and is told too
    return _notice(deal, Kind.LOOK_AGAIN, key, f"{deal.title} is worth another look.", now)


def _its_day_has_come(now: datetime) -> Q:
    """Return which days to look again are here: a day begins where the deal's owner is."""
    users = User.objects.order_by()
    come = Q()
    for name in users.values_list("time_zone", flat=True).distinct():
        zone = ZoneInfo(name or Workspace.current().time_zone)
        there = Deal.objects.filter(owner__in=users.filter(time_zone=name)).order_by()
        come |= Q(look_again_on__lte=now.astimezone(zone).date(), deal__in=there)
    return come


def _overdue_moves(now: datetime) -> tuple[int, int]:
    """Tell the owners of deals on which we owe an answer for too long."""
    ours = Silence.objects.open().filter(by=By.US, dark_at__isnull=False, told_at=None)
    silences = _claimed(ours)
    spells = DarkSpell.objects.open().filter(silence__in=silences)
    news = spells.filter(recorded_at__lte=F("started_at") + NEWS)
    fresh = set(news.values_list("silence", flat=True))
    deals = Deal.objects.in_bulk([row.deal_id for row in silences])
    new = [
        _notice(deal, Kind.OVERDUE, str(row.pk), f"{deal.title}: we owe an answer.", now)
        for row in silences
        if row.pk in fresh and (deal := deals.get(row.deal_id))
    ]
    return len(silences), _write(silences, new, now)


def _heard_again(now: datetime) -> tuple[int, int]:
    """Ask the owners of lost deals that were let go whether to open them again.

    A resting deal reopens by itself. Source: SILENCE.md, "Whose turn", rule 7.
    """
    relit = Silence.objects.filter(ending=Ending.LET_GO, relit_at__isnull=False, told_at=None)
    silences = _claimed(relit)
    lost = Deal.objects.filter(outcome=Outcome.LOST).in_bulk([row.deal_id for row in silences])
    new = [
        _notice(deal, Kind.HEARD_AGAIN, str(row.pk), f"{deal.title}: {HEARD_AGAIN}", now)
        for row in silences
        if (deal := lost.get(row.deal_id)) and row.relit_at and row.relit_at >= now - NEWS
    ]
    return len(silences), _write(silences, new, now)


def _claimed(rows: QuerySet[M]) -> list[M]:
    """Lock a batch of what is to be told, but for what another sweeper tells."""
    return list(rows.order_by("pk").select_for_update(skip_locked=True, no_key=True)[:BATCH])


def _by(key: str, holds: Iterable[Hold]) -> dict[int, list[Hold]]:
    grouped: dict[int, list[Hold]] = {}
    for hold in holds:
        if owner := getattr(hold, key):
            grouped.setdefault(owner, []).append(hold)
    return grouped


def _notice(deal: Deal, kind: Notice.Kind, key: str, text: str, now: datetime) -> Notice:
    return Notice(user_id=deal.owner_id, deal=deal, kind=kind, key=key, text=text, created_at=now)


def _write(told: Sequence[M], new: Sequence[Notice], now: datetime) -> int:
    new = with_covers(new, now)
    if told:
        Notice.objects.bulk_create(new, ignore_conflicts=True)
        rows = type(told[0]).objects.filter(pk__in=[row.pk for row in told])
        rows.update(told_at=now)
    return len(new)
