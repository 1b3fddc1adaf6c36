"""When a silence would be dark on a work calendar, day by day: what counted, and what did not. Pure.

The sums are those of `deals.worktime`; this module only tells them. Holds and promises are no part.
Source: SILENCE.md, "When it is dark"; decision 123.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from deals.calendar_year import Day, Kind, bounds, day_of, days_between
from deals.darkness import NEVER, Policy, crossing
from deals.models import CalendarVersion
from deals.policies import CALENDAR_TIME, Versions, clock_of
from deals.spans import Span
from deals.worktime import Clock

FIRST, LAST = 28, 14  # days that are told one by one; those between them are told together
WHOLE_DAY = timedelta(days=1)
NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Step:
    """A day, or days on end that are told together, `first` to `last` where the calendar is.

    `counted` is what they add, `total` what counted up to their end. `day` says what the calendar
    says of them; None for what is told in short, and where every hour counts. `shift` is by
    how much the clock went forward (or back, below zero) on them.
    """

    first: date
    last: date
    day: Day | None
    counted: timedelta
    total: timedelta
    shift: timedelta = NONE

    @property
    def days(self) -> int:
        """How many days it tells."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Trial:
    """From when, how long, and when it is dark; instants in UTC, the threshold on its clock.

    `version` is the one that judges the crossing. `is_by_change` says that a version made it
    due at the instant when it began to count: the steps then may add up to more than enough.
    """

    start: datetime
    span: Span
    threshold: timedelta
    dark_at: datetime
    version: CalendarVersion
    steps: list[Step]
    is_by_change: bool

    @property
    def zone(self) -> ZoneInfo:
        """Where the calendar is."""
        return ZoneInfo(self.version.time_zone)

    @property
    def open_day(self) -> timedelta:
        """What “1 working day” is on it."""
        return clock_of(self.version).average_open_day()


def instant_of(wall: datetime, time_zone: str) -> datetime:
    """Return the instant at which the clock on the wall shows a (naive) time, in UTC.

    The first of two where an hour comes twice. Raises ValueError, naming the remedy, for a time
    that daylight saving skips.
    """
    zone = ZoneInfo(time_zone)
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    shown = at.astimezone(zone).replace(tzinfo=None)
    if shown != wall:
        raise ValueError(
            f"There was no {wall:%H:%M} on that day: the clocks went forward."
            f" Use {shown:%H:%M} or later."
        )
    return at


def try_it(versions: Versions[CalendarVersion], start: datetime, span: Span) -> Trial:
    """Return when a silence that began at an instant is first dark after a span, and how it adds up.

    Each instant is judged by the version in force at it. Raises ValueError, naming the remedy,
    where the calendar is not open for so long.
    """
    turns = [start, *(at for at in versions.changes if at > start)]
    for since, to in zip(turns, [*turns[1:], NEVER], strict=True):
        version = versions.at(since)
        clock, threshold = measure(version, span)
        due = crossing(start, Policy(threshold, clock), ())
        if due < to:
            dark_at = max(due, since)
            steps = list(walk(version, clock, start, dark_at))
            return Trial(start, span, threshold, dark_at, version, steps, dark_at > due)
    raise ValueError(
        "On this calendar it is never dark: it is not open for so long. Use a shorter time."
    )


def measure(version: CalendarVersion, span: Span) -> tuple[Clock, timedelta]:
    """Return the clock that a span is counted on, and how long it is on it."""
    work = clock_of(version)
    threshold = span.length(work.average_open_day())
    return (work if span.is_working else CALENDAR_TIME), threshold


def walk(version: CalendarVersion, clock: Clock, start: datetime, end: datetime) -> Iterator[Step]:
    """Yield what each day adds from an instant to a later one; closed days on end are one step.

    Of many days the first and the last are told, and those between them in short.
    """
    zone = ZoneInfo(version.time_zone)
    days = _days(start.astimezone(zone).date(), end.astimezone(zone).date())
    held: Step | None = None
    for first, last in days:
        step = _step(version, clock, first, last, start, end)
        if held and _together(held, step):
            held = replace(held, last=step.last, shift=held.shift + step.shift)
            continue
        if held:
            yield held
        held = step
    if held:
        yield held


def _days(first: date, last: date) -> list[tuple[date, date]]:
    """Return the days from one to another, each alone, but for the middle of very many."""
    if (last - first).days < FIRST + LAST + 7:
        return [(day, day) for day in days_between(first, last)]
    upto, since = first + FIRST * WHOLE_DAY, last - LAST * WHOLE_DAY
    return [
        *((day, day) for day in days_between(first, upto - WHOLE_DAY)),
        (upto, since),
        *((day, day) for day in days_between(since + WHOLE_DAY, last)),
    ]


def _step(  # noqa: PLR0917  # the days, and the stretch they are part of
    version: CalendarVersion, clock: Clock, first: date, last: date, start: datetime, end: datetime
) -> Step:
    begins, ends = bounds(first, version.time_zone)[0], bounds(last, version.time_zone)[1]
    since, to = max(begins, start), min(ends, end)
    is_told = first == last and clock is not CALENDAR_TIME
    usual = ((last - first).days + 1) * WHOLE_DAY
    return Step(
        first, last, day_of(version, first) if is_told else None,
        counted=clock.between(since, to) if since < to else NONE,
        total=clock.between(start, max(to, start)),
        shift=usual - (ends - begins),
    )  # fmt: skip


def _together(step: Step, other: Step) -> bool:
    """Whether two steps on end are closed days that need one line only."""
    closed = (Kind.CLOSED, Kind.CLOSED)
    kinds = (step.day and step.day.kind, other.day and other.day.kind)
    return kinds == closed and not step.counted and not other.counted
