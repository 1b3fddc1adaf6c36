"""When to write or call: their own best hours, else their working hours, in their zone.

Instants are UTC; "their" hours and days are those of the contact's clock on the wall.
Source: SILENCE.md, "When it is dark" (whose calendar) and the rules in docs/re-engaging.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from contacts.models import Channel, Contact
from deals.calendars import latest_uses
from deals.instants import EPOCH, MICROSECOND, to_instants, to_micros
from deals.models import CalendarVersion, Direction, Hold, Touch
from deals.open_hours import zone_named
from deals.policies import Rulebook, clock_of
from deals.silence import absences
from deals.worktime import WorkClock
from outreach.evidence import say_day

ENOUGH = 8  # heard touches that make a habit
LATEST = 200  # heard touches that are read: habits change
WINDOW = timedelta(hours=2)
SHORTEST = timedelta(minutes=30)
LOOK_AHEAD = timedelta(days=28)
OPEN_DAYS = 2  # among which the best hours are sought: better next week is too late
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)  # every zone's offset is a multiple of it
WAKING = range(8, 20)  # their hours in which one may ring
RINGING = (Channel.PHONE, Channel.SMS)
SAME_DAY, OTHER_DAY = 1.0, 0.25  # how much a touch says about its own and other weekdays
NEAR = {0: 1.0, 1: 0.5, 23: 0.5}  # and about its own hour and the two beside it
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Slot:
    """From when to when it is best to write or call, and why: in `zone`, where they are."""

    starts_at: datetime
    ends_at: datetime
    because: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Habits:
    """What is known of a contact's time.

    `clock` opens when they work; `holidays` are days in their zone; `heard` is when they were
    heard; `away` from when to when they are not there.
    """

    zone: ZoneInfo
    clock: WorkClock
    holidays: frozenset[date] = frozenset()
    heard: Sequence[datetime] = ()
    away: Sequence[Span] = ()


def say(slot: Slot, now: datetime, zone: tzinfo) -> str:
    """Say a slot as their clock shows it, and as the reader's does where it shows another time.

    "Best: today 14:00–16:00 their time (15:00–17:00 yours), in their working hours."
    """
    day, theirs = _span(slot, now, slot.zone)
    said, yours = f"{day} {theirs}", ""
    own_day, own = _span(slot, now, zone)
    if (own_day, own) != (day, theirs):
        yours = f" their time ({own if own_day == day else f'{own_day} {own}'} yours)"
    return f"Best: {said}{yours}, {slot.because}."


def _span(slot: Slot, now: datetime, zone: tzinfo) -> tuple[str, str]:
    """Return the day and the hours of a slot in a zone, as one says them."""
    starts, ends = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
    today = now.astimezone(zone).date()
    apart = (starts.date() - today).days
    day = f"{starts:%A} {say_day(starts.date(), today)}"
    return {0: "today", 1: "tomorrow"}.get(apart, day), f"{starts:%H:%M}–{ends:%H:%M}"


def best_time(
    contact: Contact,
    channel: str,
    *,
    now: datetime,
    rulebook: Rulebook,
    by: datetime | None = None,
) -> Slot | None:
    """Return when to write to a contact or call them next, in three queries.

    What is due `by` an instant is not put off beyond it, or where they are not open before, not
    beyond their next open hours. None where they are not open for half an hour within four weeks.
    """
    return best_slot(habits_of(contact, now, rulebook), channel, now, by)


def best_slot(
    habits: Habits, channel: str, now: datetime, by: datetime | None = None
) -> Slot | None:
    """Return the best hours to come: by their answers where there are enough, else by their work.

    Never on a holiday of theirs, outside their open hours or while they are away; calls and text
    messages only from 8 to 20 where they are.
    """
    runs = [run for run in _runs(habits, channel, now) if len(run) * QUARTER >= SHORTEST]
    if not runs:
        return None
    if len(habits.heard) >= ENOUGH:
        return _liveliest(_soon(runs, habits.zone, by), habits)
    return Slot(runs[0][0], runs[0][-1] + QUARTER, "in their working hours", habits.zone)


def _liveliest(runs: Sequence[Sequence[datetime]], habits: Habits) -> Slot:
    """Return the two hours in which they are heard most, the earliest of equal ones."""
    cells = _liveliness(habits)
    quarters = WINDOW // QUARTER
    windows = [
        run[start : start + quarters]
        for run in runs
        for start in range(max(1, len(run) - quarters + 1))
    ]

    def liveliness(window: Sequence[datetime]) -> float:
        told = (at.astimezone(habits.zone) for at in window)
        return round(sum(cells[at.weekday(), at.hour] for at in told) / len(window), 9)

    best = max(windows, key=liveliness)
    starts_at, ends_at = best[0], best[-1] + QUARTER
    return Slot(starts_at, ends_at, _say_habit(starts_at, ends_at, habits), habits.zone)


def _liveliness(habits: Habits) -> Mapping[tuple[int, int], float]:
    """Return how much each weekday and hour is theirs: heard touches, smoothed.

    A touch counts for its own hour and half for the hours beside it, on its own weekday, and a
    quarter of that on every other one: few touches know little about weekdays.
    """
    cells = np.zeros((7, 24))
    for at in habits.heard:
        here = at.astimezone(habits.zone)
        for distance, near in NEAR.items():
            hour = (here.hour + distance) % 24
            cells[:, hour] += near * OTHER_DAY
            cells[here.weekday(), hour] += near * (SAME_DAY - OTHER_DAY)
    return {(day, hour): float(cells[day, hour]) for day in range(7) for hour in range(24)}


def _say_habit(starts_at: datetime, ends_at: datetime, habits: Habits) -> str:
    """Say how many of their answers came in these hours of any day."""
    length = ends_at - starts_at
    begins = _since_midnight(starts_at, habits.zone)
    passed = [(_since_midnight(at, habits.zone) - begins) % DAY for at in habits.heard]
    count = sum(after < length for after in passed)
    if not count:
        return "in their working hours, though they mostly answer at others"
    return f"when {count} of their {len(passed)} latest answers came"


def _since_midnight(at: datetime, zone: ZoneInfo) -> timedelta:
    here = at.astimezone(zone)
    return timedelta(hours=here.hour, minutes=here.minute, seconds=here.second)


def _soon(
    runs: Sequence[Sequence[datetime]], zone: ZoneInfo, by: datetime | None
) -> list[Sequence[datetime]]:
    """Keep the runs of the next open days, and of these what is over by an instant."""
    if by is not None:
        in_time = [[at for at in run if at + QUARTER <= by] for run in runs]
        return [run for run in in_time if len(run) * QUARTER >= SHORTEST] or list(runs[:1])
    days = list(dict.fromkeys(_day(run[0], zone) for run in runs))[:OPEN_DAYS]
    return [run for run in runs if _day(run[0], zone) <= days[-1]]


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _runs(habits: Habits, channel: str, now: datetime) -> Iterator[Sequence[datetime]]:
    """Yield the stretches of a day in which one may write or call, as quarters of an hour."""
    run: list[datetime] = []
    for at in _open_quarters(habits.clock, now):
        if not _may(habits, channel, at):
            continue
        if run and (at - run[-1] > QUARTER or _day(at, habits.zone) != _day(run[-1], habits.zone)):
            yield run
            run = []
        run.append(at)
    yield run


def _open_quarters(clock: WorkClock, now: datetime) -> list[datetime]:
    """Return the quarters of an hour to come, by their beginnings, that are open throughout."""
    first = EPOCH - (EPOCH - now) // QUARTER * QUARTER
    starts = [first + number * QUARTER for number in range(LOOK_AHEAD // QUARTER)]
    instants = np.array([to_micros(at) for at in starts], dtype=np.int64)
    worked = clock.between_many(
        to_instants(instants), to_instants(instants + QUARTER // MICROSECOND)
    )
    return [
        at for at, is_open in zip(starts, worked == np.timedelta64(QUARTER), strict=True) if is_open
    ]


def _may(habits: Habits, channel: str, at: datetime) -> bool:
    here = at.astimezone(habits.zone)
    is_awake = here.hour in WAKING or channel not in RINGING
    is_away = any(since < at + QUARTER and at < until for since, until in habits.away)
    return is_awake and not is_away and here.date() not in habits.holidays


def habits_of(contact: Contact, now: datetime, rulebook: Rulebook) -> Habits:
    """Read what is known of a contact's time, in three queries."""
    use = latest_uses([contact.pk]).get(contact.pk)
    own = use.calendar_id if use else None
    version = rulebook.calendars[own or rulebook.workspace_calendar].at(now)
    zone = _zone(contact, version)
    clock = clock_of(version) if own else _moved(version, zone)
    heard = Touch.objects.standing().filter(contact=contact, is_heard=True)
    heard = heard.exclude(direction=Direction.OUTBOUND).order_by("-occurred_at", "-pk")
    told = list(heard.values_list("occurred_at", flat=True)[:LATEST])
    return Habits(zone, clock, _holidays(version), told, _absences(contact, now, told))


def _zone(contact: Contact, version: CalendarVersion) -> ZoneInfo:
    """Return where they are; their calendar's zone where theirs is unknown or no zone at all."""
    for name in (contact.time_zone, version.time_zone):
        try:
            return zone_named(name)
        except ValueError:
            continue
    return ZoneInfo("UTC")


def _moved(version: CalendarVersion, zone: ZoneInfo) -> WorkClock:
    """Return the hours of the workspace's calendar as they would be where somebody is."""
    return clock_of(
        CalendarVersion(
            hours=version.hours, holidays=version.holidays, special=version.special,
            time_zone=zone.key,
        )
    )  # fmt: skip


def _holidays(version: CalendarVersion) -> frozenset[date]:
    """Return the days off; a day with hours of its own is worked."""
    special = version.special
    off = {day for day in version.holidays if not special.get(day)}
    off |= {day for day, hours in special.items() if not hours}
    return frozenset(map(date.fromisoformat, off))


def _absences(contact: Contact, now: datetime, heard: Sequence[datetime]) -> list[Span]:
    """Return from when to when they are away from now on: hearing from them ended what was."""
    rows = Hold.objects.filter(contact=contact, starts_at__lte=now + LOOK_AHEAD)
    away = absences(rows.values_list("starts_at", "ends_at"), heard)
    return [(each.since, each.to) for each in away if each.to > now]
