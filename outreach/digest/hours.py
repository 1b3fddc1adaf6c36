"""When somebody may be told: pure rules of days, hours and zones.

Wall times are on the clock where the person is. One that daylight saving skips is the moment as
long after the change as it was to be; one that it repeats is the first of the two (PEP 495).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# What a worker that was down could not tell in time: past this the news wait for the next one.
LATEST = timedelta(hours=6)
# How far ahead a working day is looked for: no calendar is closed longer, or it is closed for ever.
WEEK = 7

WorksOn = Callable[[date], bool]


class Calendar(Protocol):
    """What of a version of a work calendar says on which days there is work."""

    hours: dict[str, list[list[str]]]
    holidays: dict[str, str]
    special: dict[str, list[list[str]]]


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours of every day in which nothing is sent: from `since` until `until`, over midnight too."""

    since: time
    until: time

    def covers(self, wall: time) -> bool:
        """Whether a wall time is in them; their end is not."""
        if self.since < self.until:
            return self.since <= wall < self.until
        return wall >= self.since or wall < self.until


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Where somebody is, when not to disturb them, and on which days they work."""

    zone: ZoneInfo
    quiet: Quiet | None = None
    works_on: WorksOn = lambda day: True

    def may_be_told(self, now: datetime) -> bool:
        """Whether something may be sent to them at an instant."""
        there = now.astimezone(self.zone)
        is_quiet = self.quiet is not None and self.quiet.covers(there.time())
        return self.works_on(there.date()) and not is_quiet

    def instant(self, day: date, wall: time) -> datetime:
        """Return when a clock on their wall shows a time on a day, in UTC."""
        return datetime.combine(day, wall, self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """Return when a day of theirs is over, in UTC."""
        return self.instant(day + DAY, time())

    def suits(self, day: date, wall: time) -> bool:
        """Whether a day works, and the one on which it would be told after the quiet hours too."""
        there = self.told_at(day, wall).astimezone(self.zone).date()
        return self.works_on(day) and self.works_on(there)

    def told_at(self, day: date, wall: time) -> datetime:
        """Return when on a day what was asked for at a wall time is told: after the quiet hours."""
        if self.quiet is not None and self.quiet.covers(wall):
            wraps = self.quiet.since > self.quiet.until and wall >= self.quiet.since
            return self.instant(day + DAY if wraps else day, self.quiet.until)
        return self.instant(day, wall)


def works_on(calendar: Calendar) -> WorksOn:
    """Return on which days a calendar is open at all: its own days first, then holidays, then weeks.

    Source: SILENCE.md, "When it is dark".
    """

    def is_open(day: date) -> bool:
        name = day.isoformat()
        if name in calendar.special:
            return bool(calendar.special[name])
        return name not in calendar.holidays and bool(calendar.hours.get(str(day.weekday())))

    return is_open


def morning(rhythm: Rhythm, wall: time, now: datetime) -> date | None:
    """Return the day whose morning digest is due at an instant, None where none is."""
    today = now.astimezone(rhythm.zone).date()
    for day in (today, today - DAY):  # asked for late in the evening, it may be told after midnight
        at = rhythm.told_at(day, wall)
        if at <= now < at + LATEST and rhythm.may_be_told(now) and rhythm.works_on(day):
            return day
    return None


def weekly(rhythm: Rhythm, weekday: int, wall: time, now: datetime) -> date | None:
    """Return the day for which a weekly report is due at an instant, None where none is.

    The day is the weekday asked for; on a holiday the report comes on the next working day. Where
    none comes before that weekday is here again, the next report tells.
    """
    today = now.astimezone(rhythm.zone).date()
    due_on = today - (today.weekday() - weekday) % WEEK * DAY
    days = (due_on + number * DAY for number in range(WEEK))
    told_on = next((day for day in days if rhythm.suits(day, wall)), None)
    if told_on is None:
        return None
    at = rhythm.told_at(told_on, wall)
    return due_on if at <= now < at + LATEST and rhythm.may_be_told(now) else None


def next_morning(rhythm: Rhythm, wall: time, now: datetime) -> datetime | None:
    """Return when the next morning digest is due after an instant; None within a year without work."""
    today = now.astimezone(rhythm.zone).date()
    ahead = (today + number * DAY for number in range(366))
    found = (rhythm.told_at(day, wall) for day in ahead if rhythm.suits(day, wall))
    return next((at for at in found if at > now), None)


def next_weekly(rhythm: Rhythm, weekday: int, wall: time, now: datetime) -> datetime | None:
    """Return when the next weekly report is due after an instant; None within a year without work."""
    today = now.astimezone(rhythm.zone).date()
    first = today - (today.weekday() - weekday) % WEEK * DAY
    for number in range(53):
        days = (first + (number * WEEK + more) * DAY for more in range(WEEK))
        told_on = next((day for day in days if rhythm.suits(day, wall)), None)
        if told_on is not None and (at := rhythm.told_at(told_on, wall)) > now:
            return at
    return None
