"""What a work calendar says of each day of a year, and by which of its versions. Pure.

Each day is told by the version that was in force when the day ended in the calendar's zone.
Source: decision 123; SILENCE.md, "When it is dark".
"""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from deals.models import CalendarVersion
from deals.opening_hours import say_hours
from deals.policies import Versions, clock_of

NEXT = timedelta(days=1)
WEEKS = Calendar(firstweekday=0)  # Monday first, as the weekly hours are kept


class Kind(StrEnum):
    """What a day is; each has a shape of its own on the page."""

    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    EXTRA = "extra"
    SHUT = "shut"


NAMES = {
    Kind.OPEN: "Open",
    Kind.CLOSED: "Closed",
    Kind.HOLIDAY: "Holiday",
    Kind.EXTRA: "Extra day",
    Kind.SHUT: "Extra day, closed",
}


@dataclass(frozen=True, slots=True)
class Day:
    """One day: `hours` in words (empty when closed), `name` of its holiday, also under an extra day."""

    on: date
    kind: Kind
    hours: str
    name: str = ""
    changed_at: datetime | None = None

    @property
    def what(self) -> str:
        """What the day is, in words: "Holiday: Labour Day", "Extra day: 09:00–12:00"."""
        more = [self.name] if self.name else []
        if self.kind == Kind.EXTRA:
            more.insert(0, self.hours)
        return ": ".join([NAMES[self.kind], ", ".join(more)] if more else [NAMES[self.kind]])

    @property
    def is_special(self) -> bool:
        """Whether the day is not as its weekday is."""
        return self.kind in (Kind.HOLIDAY, Kind.EXTRA, Kind.SHUT)


@dataclass(frozen=True)
class Month:
    """A month in weeks from Monday; None stands for the days of the neighbours."""

    first: date
    weeks: list[list[Day | None]]
    open_for: timedelta

    @property
    def days(self) -> list[Day]:
        """Its days in order."""
        return [day for week in self.weeks for day in week if day]

    @property
    def special(self) -> list[Day]:
        """The days that a reader is told by name."""
        return [day for day in self.days if day.is_special or day.changed_at]

    def count(self, *kinds: Kind) -> int:
        """Return how many of its days are of some kinds."""
        return sum(day.kind in kinds for day in self.days)

    @property
    def open_days(self) -> int:
        return self.count(Kind.OPEN, Kind.EXTRA)

    @property
    def closed_days(self) -> int:
        return self.count(Kind.CLOSED, Kind.SHUT)

    @property
    def holidays(self) -> int:
        return self.count(Kind.HOLIDAY)

    @property
    def open_hours(self) -> float:
        """How many hours it is open, with what daylight saving skips or repeats."""
        return round(self.open_for / timedelta(hours=1), 1)


@dataclass(frozen=True)
class Year:
    """Twelve months of a calendar; `changes` are the instants in it at which a version began, UTC."""

    number: int
    months: list[Month]
    changes: list[datetime]

    @property
    def open_days(self) -> int:
        return sum(month.open_days for month in self.months)

    @property
    def closed_days(self) -> int:
        return sum(month.closed_days for month in self.months)

    @property
    def holidays(self) -> int:
        return sum(month.holidays for month in self.months)

    @property
    def open_hours(self) -> float:
        return round(sum(month.open_hours for month in self.months), 1)


def year_of(versions: Versions[CalendarVersion], number: int) -> Year:
    """Return what a calendar says of each day of a year (1801 to 2298)."""
    months = [_month(versions, date(number, month, 1)) for month in range(1, 13)]
    days = [day for month in months for day in month.days]
    return Year(number, months, [day.changed_at for day in days if day.changed_at])


def _month(versions: Versions[CalendarVersion], first: date) -> Month:
    open_for = timedelta()
    weeks: list[list[Day | None]] = []
    for week in WEEKS.monthdatescalendar(first.year, first.month):
        row: list[Day | None] = []
        for on in week:
            if on.month != first.month:
                row.append(None)
                continue
            version = in_force_on(versions, on)
            begins, ends = bounds(on, version.time_zone)
            open_for += clock_of(version).between(begins, ends)
            row.append(_day(version, on, _change(versions, begins, ends)))
        weeks.append(row)
    return Month(first, weeks, open_for)


def in_force_on(versions: Versions[CalendarVersion], on: date) -> CalendarVersion:
    """Return the version in force when a day ended, by its own time zone."""
    noon = datetime.combine(on, time(12), UTC)
    _, ends = bounds(on, versions.at(noon).time_zone)
    return versions.at(ends - timedelta.resolution)


def _change(
    versions: Versions[CalendarVersion], begins: datetime, ends: datetime
) -> datetime | None:
    """Return the last instant of a day at which a version began to count."""
    return next((at for at in reversed(versions.changes) if begins <= at < ends), None)


def day_of(version: CalendarVersion, on: date) -> Day:
    """Return what a version says of a day: an extra day wins over a holiday, that over the weekday."""
    return _day(version, on, None)


def _day(version: CalendarVersion, on: date, changed_at: datetime | None) -> Day:
    name = version.holidays.get(on.isoformat(), "")
    spans = version.special.get(on.isoformat())
    if spans is not None:
        kind = Kind.EXTRA if spans else Kind.SHUT
    elif on.isoformat() in version.holidays:
        kind, spans = Kind.HOLIDAY, []
    else:
        spans = version.hours.get(str(on.weekday()), [])
        kind = Kind.OPEN if spans else Kind.CLOSED
    return Day(on, kind, say_hours(spans), name, changed_at)


def bounds(on: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return when a day begins and ends where a calendar is, in UTC; nothing of a day that was left out."""
    zone = ZoneInfo(time_zone)
    begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (on, on + NEXT))
    return begins, ends


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the days from one to another, both of them."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
