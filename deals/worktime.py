"""How much time a clock counts between two instants, and the way back.

Pure arithmetic in whole microseconds. An instant counts as open when the clock on the wall,
in the calendar's time zone, then shows an opening hour: an hour that daylight saving skips
does not count, one that it repeats counts twice.
Source: SILENCE.md, "When it is dark"; the choices are in docs/decisions/010-working-time.md.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Protocol

import numpy as np

from deals.instants import (
    EPOCH,
    Durations,
    Instants,
    Micros,
    to_durations,
    to_instant,
    to_instants,
    to_micros,
    to_micros_many,
    work_micros,
    work_micros_many,
)
from deals.open_hours import (
    DAY,
    FIRST_YEAR,
    LAST_YEAR,
    OpenHours,
    Spans,
    clipped,
    length,
    merged,
    offsets,
    wall_spans,
    year_of,
    year_start,
    zone_named,
)


class Clock(Protocol):
    """What a stage's threshold is counted with: no negative amounts, no naive instants."""

    def add(self, start: datetime, amount: timedelta) -> datetime: ...
    def back(self, end: datetime, amount: timedelta) -> datetime: ...
    def between(self, start: datetime, end: datetime) -> timedelta: ...
    def add_many(self, starts: Instants, amount: timedelta | Durations) -> Instants: ...
    def back_many(self, ends: Instants, amount: timedelta | Durations) -> Instants: ...
    def between_many(self, starts: Instants | datetime, ends: Instants | datetime) -> Durations: ...


class CalendarClock:
    """Count 24 hours a day; the methods mean what they mean on `WorkClock`."""

    def add(self, start: datetime, amount: timedelta) -> datetime:
        return to_instant(to_micros(start) + work_micros(amount))

    def back(self, end: datetime, amount: timedelta) -> datetime:
        return to_instant(to_micros(end) - work_micros(amount))

    def between(self, start: datetime, end: datetime) -> timedelta:
        return timedelta(microseconds=to_micros(end) - to_micros(start))

    def add_many(self, starts: Instants, amount: timedelta | Durations) -> Instants:
        return to_instants(to_micros_many(starts) + work_micros_many(amount))

    def back_many(self, ends: Instants, amount: timedelta | Durations) -> Instants:
        return to_instants(to_micros_many(ends) - work_micros_many(amount))

    def between_many(self, starts: Instants | datetime, ends: Instants | datetime) -> Durations:
        return to_durations(to_micros_many(ends) - to_micros_many(starts))


class WorkClock:
    """Count only the open hours of a work calendar.

    `hours` maps weekdays (0 is Monday) to opening hours in wall time of `time_zone`; a missing
    weekday is closed. An end of 00:00 (or `time.max`) is midnight at the day's end; an end before
    its beginning is on the next day, and that night belongs to the day it begins on. Overlapping
    hours count once. `special` replaces a date's hours, also on a holiday; `[]` closes it.
    `holidays` is asked `day in holidays` only, and must not change afterwards.
    Raises ValueError for hours that are none, for an unknown time zone and for no open hour at all.
    """

    __slots__ = ("_holidays", "_open_hours", "_special", "_week", "_zone")

    def __init__(
        self,
        hours: Mapping[int, Sequence[tuple[time, time]]],
        time_zone: str,
        holidays: Container[date] = (),
        special: Mapping[date, Sequence[tuple[time, time]]] = MappingProxyType({}),
    ) -> None:
        if unknown := [day for day in hours if day not in range(7)]:
            raise ValueError(
                f"Weekday {unknown[0]!r} is unknown: use 0 for Monday to 6 for Sunday."
            )
        self._week = tuple(wall_spans(hours.get(weekday, ())) for weekday in range(7))
        self._special = {day: wall_spans(spans) for day, spans in special.items()}
        if not any(self._week) and not any(self._special.values()):
            raise ValueError(
                "This calendar is never open: give at least one weekday opening hours."
            )
        self._zone = zone_named(time_zone)
        self._holidays = holidays
        self._open_hours: OpenHours | None = None

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """Return the earliest instant, in UTC, by which `amount` has been worked since `start`.

        No amount gives `start` itself, also when closed. Raises ValueError for a naive `start` or
        a negative amount, OverflowError where the years 1800 to 2299 do not suffice.
        """
        instant, work = to_micros(start), work_micros(amount)
        if not work:
            return to_instant(instant)
        hours = self._hours_over(instant, instant)
        while (target := hours.worked_by(instant) + work) > hours.total:
            hours = self._with_later(hours)
        return to_instant(hours.earliest_with(target))

    def back(self, end: datetime, amount: timedelta) -> datetime:
        """Return the latest start, in UTC, from which `amount` has been worked by `end`.

        This is the cutoff of a threshold: `add(start, amount) <= end` exactly when
        `start <= back(end, amount)`. No amount gives `end` itself. Raises as `add` does.
        Source: SILENCE.md, "When it is dark": the latest wall time, never the earliest.
        """
        instant, work = to_micros(end), work_micros(amount)
        if not work:
            return to_instant(instant)
        hours = self._hours_over(instant, instant)
        while (target := hours.worked_by(instant) - work) < 0:
            hours = self._with_earlier(hours)
        return to_instant(hours.latest_with(target))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the time worked from `start` to `end`, negative where `end` is the earlier one."""
        first, last = to_micros(start), to_micros(end)
        hours = self._hours_over(min(first, last), max(first, last))
        return timedelta(microseconds=hours.worked_by(last) - hours.worked_by(first))

    def add_many(self, starts: Instants, amount: timedelta | Durations) -> Instants:
        """Return `add` of each start: `datetime64[us]` in UTC, broadcast against `amount`."""
        instants, work = to_micros_many(starts), work_micros_many(amount)
        if not np.broadcast(instants, work).size:
            return to_instants(instants + work)
        hours = self._hours_over(int(instants.min()), int(instants.max()))
        while (targets := hours.worked_by_many(instants) + work).max() > hours.total:
            hours = self._with_later(hours)
        return to_instants(_unless_none(work, instants, hours.earliest_with_many(targets)))

    def back_many(self, ends: Instants, amount: timedelta | Durations) -> Instants:
        """Return `back` of each end: `datetime64[us]` in UTC, broadcast against `amount`."""
        instants, work = to_micros_many(ends), work_micros_many(amount)
        if not np.broadcast(instants, work).size:
            return to_instants(instants - work)
        hours = self._hours_over(int(instants.min()), int(instants.max()))
        while (targets := hours.worked_by_many(instants) - work).min() < 0:
            hours = self._with_earlier(hours)
        return to_instants(_unless_none(work, instants, hours.latest_with_many(targets)))

    def between_many(self, starts: Instants | datetime, ends: Instants | datetime) -> Durations:
        """Return `between` of each pair, `timedelta64[us]`; a side may be one aware datetime."""
        first, last = to_micros_many(starts), to_micros_many(ends)
        if not np.broadcast(first, last).size:
            return to_durations(last - first)
        hours = self._hours_over(
            int(min(first.min(), last.min())), int(max(first.max(), last.max()))
        )
        return to_durations(hours.worked_by_many(last) - hours.worked_by_many(first))

    def average_open_day(self) -> timedelta:
        """Return what "1 working day" is here: the weekly open hours over the weekdays that open.

        In wall time; of the open special days where no weekday is open.
        Source: SILENCE.md, "When it is dark".
        """
        if not any(self._week):
            lengths = [length(*merged(spans)) for spans in self._special.values() if spans]
            return timedelta(microseconds=sum(lengths)) / len(lengths)
        # From the Sunday before, whose night may reach into Monday.
        starts, ends = merged(
            (day * DAY + opens, day * DAY + closes)
            for day in range(-1, 7)
            for opens, closes in self._week[day % 7]
        )
        week = length(*clipped(starts, ends, 0, 7 * DAY))
        return timedelta(microseconds=week) / sum(1 for spans in self._week if spans)

    def _with_later(self, hours: OpenHours) -> OpenHours:
        if hours.until == year_start(LAST_YEAR + 1):
            raise OverflowError(_too_little(f"until the end of {LAST_YEAR}"))
        until = min(2 * hours.until - hours.since, year_start(LAST_YEAR + 1))
        return self._hours_over(hours.since, until - 1)

    def _with_earlier(self, hours: OpenHours) -> OpenHours:
        if hours.since == year_start(FIRST_YEAR):
            raise OverflowError(_too_little(f"since the beginning of {FIRST_YEAR}"))
        since = max(2 * hours.since - hours.until, year_start(FIRST_YEAR))
        return self._hours_over(since, hours.until - 1)

    def _hours_over(self, first: int, last: int) -> OpenHours:
        """Return open hours that reach over both instants, building the years still missing.

        Each answer is used whole and never changed, so two threads at worst build a year twice.
        """
        hours = self._open_hours
        if hours is None or first < hours.since or last >= hours.until:
            first_year, last_year = year_of(first), year_of(last)
            if hours is not None:
                first_year = min(first_year, year_of(hours.since))
                last_year = max(last_year, year_of(hours.until - 1))
            self._open_hours = hours = self._built(first_year, last_year, hours)
        return hours

    def _built(self, first_year: int, last_year: int, known: OpenHours | None) -> OpenHours:
        pieces = []
        year = first_year
        while year <= last_year:
            if known is not None and year == year_of(known.since):
                pieces.append(known.intervals)
                year = year_of(known.until - 1) + 1
            else:
                pieces.append(self._year_of_hours(year))
                year += 1
        starts, ends = (np.concatenate(side) for side in zip(*pieces, strict=True))
        return OpenHours(year_start(first_year), year_start(last_year + 1), starts, ends)

    def _year_of_hours(self, year: int) -> tuple[Micros, Micros]:
        """Return the open intervals of a year of UTC: each stretch of one offset, shifted by it."""
        since, until = year_start(year), year_start(year + 1)
        opens, closes = merged(self._wall_spans(since, until))
        pieces = [
            clipped(opens - offset, closes - offset, begins, ends)
            for begins, ends, offset in offsets(self._zone, since, until)
        ]
        starts, ends = (np.concatenate(side) for side in zip(*pieces, strict=True))
        return starts, ends

    def _wall_spans(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        # No zone is more than a day from UTC, and a night begins the day before.
        for day_number in range(since // DAY - 2, until // DAY + 2):
            midnight = day_number * DAY
            day = date.fromordinal(EPOCH.toordinal() + day_number)
            for opens, closes in self._spans_on(day):
                yield midnight + opens, midnight + closes

    def _spans_on(self, day: date) -> Spans:
        if day in self._special:
            return self._special[day]
        return () if day in self._holidays else self._week[day.weekday()]


def _too_little(when: str) -> str:
    return (
        f"This calendar is not open long enough {when} to work that long: use a shorter time, or"
        " give the calendar more open hours."
    )


def _unless_none(work: Micros, unmoved: Micros, moved: Micros) -> Micros:
    return moved if work.all() else np.where(work == 0, unmoved, moved)
