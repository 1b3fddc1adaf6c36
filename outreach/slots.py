"""When a rep can offer to talk: free half hours at work, theirs and the contact's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import Cover, User
from contacts.models import Contact
from deals.calendars import latest_uses
from deals.models import CalendarVersion, Hold
from deals.policies import Versions, clock_of
from deals.worktime import WorkClock
from outreach.speech import Speech, say_times

HALF_HOUR = timedelta(minutes=30)
NOTICE = timedelta(hours=3)  # a mail is read first, and sent perhaps an hour from now
AHEAD = timedelta(days=14)  # what is further off is no next step
MEETING = timedelta(hours=1)  # a hold knows when a meeting is over, not when it begins
OFFERED = 3
NOON = 12

Busy = tuple[datetime, datetime]


def free(
    ours: WorkClock, theirs: WorkClock, busy: Sequence[Busy], *, now: datetime, zone: tzinfo
) -> list[datetime]:
    """Return up to three free half hours in `zone`: one in a morning, one in an afternoon.

    From three hours to two weeks ahead, where both are at work and nothing is booked.
    """
    return list(islice(_one_each_half_day(_open(ours, theirs, busy, now), zone), OFFERED))


def say(owner: User, contact: Contact, speech: Speech, now: datetime) -> str:
    """Say when the owner is free, on the contact's clock where it is known; "" where never.

    In at most four queries.
    """
    versions = _versions(contact, now)
    our_version, their_version = versions
    here = owner.time_zone or our_version.time_zone
    is_shared = their_version.calendar_id == our_version.calendar_id
    there = contact.time_zone or (here if is_shared else their_version.time_zone)
    ours, theirs = (
        _clock(version, zone) for version, zone in zip(versions, (here, there), strict=True)
    )
    times = free(ours, theirs, _busy(owner, now), now=now, zone=ZoneInfo(there))
    elsewhere = any(at.utcoffset() != at.astimezone(ZoneInfo(here)).utcoffset() for at in times)
    return say_times(times, speech, is_theirs=elsewhere)


def _open(
    ours: WorkClock, theirs: WorkClock, busy: Sequence[Busy], now: datetime
) -> Iterator[datetime]:
    """Yield each half hour, on the hour or half past, that both work through."""
    at = (now + NOTICE).replace(minute=0, second=0, microsecond=0) + 2 * HALF_HOUR
    while at < now + AHEAD:
        after = at + HALF_HOUR
        is_taken = any(start < after and at < end for start, end in busy)
        if not is_taken and all(clock.between(at, after) == HALF_HOUR for clock in (ours, theirs)):
            yield at
        at = after


def _one_each_half_day(times: Iterator[datetime], zone: tzinfo) -> Iterator[datetime]:
    taken = None
    for at in times:
        local = at.astimezone(zone)
        half_day = local.date(), local.hour < NOON
        if half_day != taken:
            yield local
        taken = half_day


def _versions(contact: Contact, now: datetime) -> list[CalendarVersion]:
    """Return what the workspace's calendar says now, and the contact's."""
    use = latest_uses([contact.pk]).get(contact.pk)
    own = use.calendar_id if use else None
    wanted = Q(calendar__is_workspace=True) | Q(calendar=own)
    rows = list(CalendarVersion.objects.filter(wanted).select_related("calendar").order_by("pk"))
    ours = [row for row in rows if row.calendar.is_workspace]
    theirs = [row for row in rows if row.calendar_id == own] or ours
    return [Versions(ours).at(now), Versions(theirs).at(now)]


def _clock(version: CalendarVersion, zone: str) -> WorkClock:
    """Return the working time of a calendar as lived in a zone."""
    lived = CalendarVersion(
        hours=version.hours, holidays=version.holidays, special=version.special, time_zone=zone
    )
    return clock_of(lived)


def _busy(owner: User, now: datetime) -> list[Busy]:
    """Return when the owner is in a meeting or on leave."""
    booked = Hold.objects.filter(deal__owner=owner, reason=Hold.Reason.MEETING, ends_at__gt=now)
    meetings = booked.exclude(took_place=False).values_list("ends_at", flat=True)
    away = Cover.objects.filter(user=owner, ends_at__gt=now).values_list("starts_at", "ends_at")
    return [*((end - MEETING, end) for end in meetings if end), *away]
