"""When people write and call: working hours, days off, and how long they take to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import log
from random import Random
from types import MappingProxyType

from deals.worktime import WorkClock

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# Reps come a little earlier and leave a little later than the calendars we wait by.
REP_HOURS = {
    weekday: ((time(8, 10), time(12, 20)), (time(13, 0), time(18, 10))) for weekday in range(5)
}
HOME_HOURS = {
    **{weekday: ((time(7, 30), time(8, 30)), (time(17, 30), time(21, 30))) for weekday in range(5)},
    **{weekday: ((time(9, 30), time(20, 0)),) for weekday in (5, 6)},
}
LONGEST_ANSWER = 100.0  # open hours
SPREAD = 0.8  # of the logarithm of a reply time: most are near the median, some take thrice as long


@dataclass(frozen=True)
class Rhythm:
    """When somebody is at it, and how soon they answer: a median in their own open hours."""

    clock: WorkClock
    answers_after: float = 2.0

    def is_on(self, at: datetime) -> bool:
        """Whether they are at it at an instant."""
        return self.clock.between(at, at + MINUTE) > timedelta()

    def back(self, end: datetime, hours: float) -> datetime:
        """Return a whole minute in their open hours, `hours` of them before `end` at least."""
        at = self.clock.back(end, max(timedelta(hours=hours), MINUTE))
        while not self.is_on(at):
            at = self.clock.back(at, MINUTE)
        return at.replace(second=0, microsecond=0)

    def answering(self, random: Random) -> float:
        """Draw how many open hours they take to answer."""
        return min(random.lognormvariate(log(self.answers_after), SPREAD), LONGEST_ANSWER)


def together(one: Rhythm, other: Rhythm, end: datetime, hours: float) -> datetime:
    """Return an instant at which both are at it, or the second one alone where that is never so."""
    at = other.back(end, hours)
    for _ in range(8):
        if one.is_on(at):
            return at
        at = other.back(one.back(at, 0.1), 0.1)
    return at


def clock(
    hours: Mapping[int, Sequence[tuple[time, time]]],
    time_zone: str,
    holidays: Mapping[str, str] = MappingProxyType({}),
    days_off: Sequence[date] = (),
) -> WorkClock:
    """Return the clock of one person: weekly hours less public holidays and days off."""
    return WorkClock(
        hours,
        time_zone,
        holidays=frozenset(date.fromisoformat(day) for day in holidays),
        special={day: [] for day in days_off},
    )


def days_off(random: Random, until: date, years: int) -> list[date]:
    """Draw a rep's holidays for some years up to a day: two weeks in summer, single weeks else."""
    days: list[date] = []
    for year in range(until.year - years, until.year + 1):
        summer = date(year, 7, 1) + timedelta(days=random.randrange(0, 45))
        spring = date(year, 2, 1) + timedelta(days=random.randrange(0, 80))
        autumn = date(year, 10, 1) + timedelta(days=random.randrange(0, 20))
        for first, length in ((summer, 16), (spring, 7), (autumn, 5)):
            days += [first + timedelta(days=number) for number in range(length)]
    quiet = until - timedelta(days=12)  # nobody tours a workspace whose reps are all on holiday
    return [day for day in days if day < quiet]
