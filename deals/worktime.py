"""How much time a clock counts between two instants, and the way back.

Pure arithmetic in whole microseconds. An instant counts as open when the clock on the wall,
in the calendar's time zone, then shows an opening hour: an hour that daylight saving skips
does not count, one that it repeats counts twice.
Source: SILENCE.md, "When it is dark"; the choices are in docs/decisions/010-working-time.md.
"""

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.datetime64]
Durations = NDArray[np.timedelta64]
Micros = NDArray[np.int64]
Spans = tuple[tuple[int, int], ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND
TABLE_STEP = 4 * 3600 * SECOND
# Garbage dates (0001-01-01, 9999-12-31) must not build ten thousand years of opening hours.
FIRST_YEAR, LAST_YEAR = 1800, 2299
# Keeps sums of an instant and an amount far inside 64 bits: all the years a datetime can name.
LONGEST = (date.max - date.min) // MICROSECOND


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
        return _moment(_micros(start) + _work(amount))

    def back(self, end: datetime, amount: timedelta) -> datetime:
        return _moment(_micros(end) - _work(amount))

    def between(self, start: datetime, end: datetime) -> timedelta:
        return timedelta(microseconds=_micros(end) - _micros(start))

    def add_many(self, starts: Instants, amount: timedelta | Durations) -> Instants:
        return _moments(_micros_many(starts) + _work_many(amount))

    def back_many(self, ends: Instants, amount: timedelta | Durations) -> Instants:
        return _moments(_micros_many(ends) - _work_many(amount))

    def between_many(self, starts: Instants | datetime, ends: Instants | datetime) -> Durations:
        return _durations(_micros_many(ends) - _micros_many(starts))


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
        self._week = tuple(_spans(hours.get(weekday, ())) for weekday in range(7))
        self._special = {day: _spans(spans) for day, spans in special.items()}
        if not any(self._week) and not any(self._special.values()):
            raise ValueError(
                "This calendar is never open: give at least one weekday opening hours."
            )
        self._zone = _zone(time_zone)
        self._holidays = holidays
        self._open_hours: _OpenHours | None = None

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """Return the earliest instant, in UTC, by which `amount` has been worked since `start`.

        No amount gives `start` itself, also when closed. Raises ValueError for a naive `start` or
        a negative amount, OverflowError where the years 1800 to 2299 do not suffice.
        """
        instant, work = _micros(start), _work(amount)
        if not work:
            return _moment(instant)
        hours = self._hours_over(instant, instant)
        while (target := hours.worked_by(instant) + work) > hours.total:
            hours = self._with_later(hours)
        return _moment(hours.earliest_with(target))

    def back(self, end: datetime, amount: timedelta) -> datetime:
        """Return the latest start, in UTC, from which `amount` has been worked by `end`.

        This is the cutoff of a threshold: `add(start, amount) <= end` exactly when
        `start <= back(end, amount)`. No amount gives `end` itself. Raises as `add` does.
        Source: SILENCE.md, "When it is dark": the latest wall time, never the earliest.
        """
        instant, work = _micros(end), _work(amount)
        if not work:
            return _moment(instant)
        hours = self._hours_over(instant, instant)
        while (target := hours.worked_by(instant) - work) < 0:
            hours = self._with_earlier(hours)
        return _moment(hours.latest_with(target))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the time worked from `start` to `end`, negative where `end` is the earlier one."""
        first, last = _micros(start), _micros(end)
        hours = self._hours_over(min(first, last), max(first, last))
        return timedelta(microseconds=hours.worked_by(last) - hours.worked_by(first))

    def add_many(self, starts: Instants, amount: timedelta | Durations) -> Instants:
        """Return `add` of each start: `datetime64[us]` in UTC, broadcast against `amount`."""
        instants, work = _micros_many(starts), _work_many(amount)
        if not np.broadcast(instants, work).size:
            return _moments(instants + work)
        hours = self._hours_over(int(instants.min()), int(instants.max()))
        while (targets := hours.worked_by_many(instants) + work).max() > hours.total:
            hours = self._with_later(hours)
        return _moments(_unless_none(work, instants, hours.earliest_with_many(targets)))

    def back_many(self, ends: Instants, amount: timedelta | Durations) -> Instants:
        """Return `back` of each end: `datetime64[us]` in UTC, broadcast against `amount`."""
        instants, work = _micros_many(ends), _work_many(amount)
        if not np.broadcast(instants, work).size:
            return _moments(instants - work)
        hours = self._hours_over(int(instants.min()), int(instants.max()))
        while (targets := hours.worked_by_many(instants) - work).min() < 0:
            hours = self._with_earlier(hours)
        return _moments(_unless_none(work, instants, hours.latest_with_many(targets)))

    def between_many(self, starts: Instants | datetime, ends: Instants | datetime) -> Durations:
        """Return `between` of each pair, `timedelta64[us]`; a side may be one aware datetime."""
        first, last = _micros_many(starts), _micros_many(ends)
        if not np.broadcast(first, last).size:
            return _durations(last - first)
        hours = self._hours_over(
            int(min(first.min(), last.min())), int(max(first.max(), last.max()))
        )
        return _durations(hours.worked_by_many(last) - hours.worked_by_many(first))

    def average_open_day(self) -> timedelta:
        """Return what "1 working day" is here: the weekly open hours over the weekdays that open.

        In wall time; of the open special days where no weekday is open.
        Source: SILENCE.md, "When it is dark".
        """
        if not any(self._week):
            lengths = [_length(*_merged(spans)) for spans in self._special.values() if spans]
            return timedelta(microseconds=sum(lengths)) / len(lengths)
        # From the Sunday before, whose night may reach into Monday.
        starts, ends = _merged(
            (day * DAY + opens, day * DAY + closes)
            for day in range(-1, 7)
            for opens, closes in self._week[day % 7]
        )
        week = _length(*_clipped(starts, ends, 0, 7 * DAY))
        return timedelta(microseconds=week) / sum(1 for spans in self._week if spans)

    def _with_later(self, hours: "_OpenHours") -> "_OpenHours":
        if hours.until == _year_start(LAST_YEAR + 1):
            raise OverflowError(_too_little(f"until the end of {LAST_YEAR}"))
        until = min(2 * hours.until - hours.since, _year_start(LAST_YEAR + 1))
        return self._hours_over(hours.since, until - 1)

    def _with_earlier(self, hours: "_OpenHours") -> "_OpenHours":
        if hours.since == _year_start(FIRST_YEAR):
            raise OverflowError(_too_little(f"since the beginning of {FIRST_YEAR}"))
        since = max(2 * hours.since - hours.until, _year_start(FIRST_YEAR))
        return self._hours_over(since, hours.until - 1)

    def _hours_over(self, first: int, last: int) -> "_OpenHours":
        """Return open hours that reach over both instants, building the years still missing.

        Each answer is used whole and never changed, so two threads at worst build a year twice.
        """
        hours = self._open_hours
        if hours is None or first < hours.since or last >= hours.until:
            first_year, last_year = _year(first), _year(last)
            if hours is not None:
                first_year = min(first_year, _year(hours.since))
                last_year = max(last_year, _year(hours.until - 1))
            self._open_hours = hours = self._built(first_year, last_year, hours)
        return hours

    def _built(self, first_year: int, last_year: int, known: "_OpenHours | None") -> "_OpenHours":
        pieces = []
        year = first_year
        while year <= last_year:
            if known is not None and year == _year(known.since):
                pieces.append(known.intervals)
                year = _year(known.until - 1) + 1
            else:
                pieces.append(self._year_of_hours(year))
                year += 1
        starts, ends = (np.concatenate(side) for side in zip(*pieces, strict=True))
        return _OpenHours(_year_start(first_year), _year_start(last_year + 1), starts, ends)

    def _year_of_hours(self, year: int) -> tuple[Micros, Micros]:
        """Return the open intervals of a year of UTC: each stretch of one offset, shifted by it."""
        since, until = _year_start(year), _year_start(year + 1)
        opens, closes = _merged(self._wall_spans(since, until))
        pieces = [
            _clipped(opens - offset, closes - offset, begins, ends)
            for begins, ends, offset in _offsets(self._zone, since, until)
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


class _OpenHours:
    """The open intervals of some whole years, and the time worked since they began.

    Worked time is a piecewise-linear map of wall time. Looked up in integers: `numpy.interp`
    works in floats, which cannot name every microsecond of an epoch beyond 2255.
    """

    __slots__ = (
        "_by_array",
        "_by_list",
        "_starts",
        "_worked",
        "intervals",
        "since",
        "total",
        "until",
    )

    def __init__(self, since: int, until: int, starts: Micros, ends: Micros) -> None:
        self.since, self.until, self.intervals = since, until, (starts, ends)
        # An empty interval at the very beginning spares every look-up its "before the first" case.
        starts, ends = np.insert(starts, 0, since), np.insert(ends, 0, since)
        worked: Micros = np.cumsum(ends - starts) - (ends - starts)
        self.total = _length(starts, ends)
        self._starts, self._worked = _Steps(starts, until), _Steps(worked, self.total)
        self._by_array: tuple[Micros, Micros] = ends, worked - starts
        self._by_list: tuple[list[int], list[int]] = (ends.tolist(), (worked - starts).tolist())

    def worked_by(self, instant: int) -> int:
        ends, shift = self._by_list
        i = self._starts.last_by(instant)
        return min(instant, ends[i]) + shift[i]

    def earliest_with(self, worked: int) -> int:
        return worked - self._by_list[1][self._worked.last_by(worked - 1)]

    def latest_with(self, worked: int) -> int:
        return worked - self._by_list[1][self._worked.last_by(worked)]

    def worked_by_many(self, instants: Micros) -> Micros:
        ends, shift = self._by_array
        i = self._starts.last_by_many(instants)
        return np.minimum(instants, ends[i]) + shift[i]

    def earliest_with_many(self, worked: Micros) -> Micros:
        return worked - self._by_array[1][self._worked.last_by_many(worked - 1)]

    def latest_with_many(self, worked: Micros) -> Micros:
        return worked - self._by_array[1][self._worked.last_by_many(worked)]


class _Steps:
    """An ascending column, and the position of the last entry at or before a value.

    Arrays look up a table of every fourth hour and walk the rest: several times as fast as
    `numpy.searchsorted`, whose every comparison of unsorted values is a mispredicted branch.
    """

    __slots__ = ("_column", "_list", "_table")

    def __init__(self, column: Micros, last: int) -> None:
        self._list: list[int] = column.tolist()
        marks = np.arange(self._list[0], last + 1, TABLE_STEP)
        self._table = np.searchsorted(column, marks, side="right") - 1
        self._column = np.append(column, np.iinfo(np.int64).max)

    def last_by(self, value: int) -> int:
        return bisect_right(self._list, value) - 1

    def last_by_many(self, values: Micros) -> NDArray[np.intp]:
        position = self._table[(values - self._list[0]) // TABLE_STEP]
        while (is_short := self._column[position + 1] <= values).any():
            position = position + is_short
        return position


def _spans(intervals: Iterable[tuple[time, time]]) -> Spans:
    return tuple(_span(opens, closes) for opens, closes in intervals)


def _span(opens: time, closes: time) -> tuple[int, int]:
    if opens.tzinfo or closes.tzinfo:
        raise ValueError("Opening hours are wall times: leave their time zone to the calendar.")
    begin = _since_midnight(opens)
    end = DAY if closes in (time.min, time.max) else _since_midnight(closes)
    if begin == end:
        raise ValueError(
            f"Opening hours from {opens} to {closes} are empty: leave them out, or write 00:00 to"
            " 00:00 for the whole day."
        )
    return begin, end if end > begin else end + DAY


def _since_midnight(wall: time) -> int:
    return (wall.hour * 3600 + wall.minute * 60 + wall.second) * SECOND + wall.microsecond


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"Time zone {name!r} is unknown: use a name such as Europe/Berlin."
        ) from error


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[Micros, Micros]:
    table = np.array(sorted(spans), dtype=np.int64).reshape(-1, 2)
    reach = np.maximum.accumulate(table[:, 1])
    is_first = np.ones(len(table), dtype=bool)
    is_first[1:] = table[1:, 0] > reach[:-1]
    return table[is_first, 0], reach[np.append(is_first[1:], True)[: len(table)]]


def _clipped(starts: Micros, ends: Micros, since: int, until: int) -> tuple[Micros, Micros]:
    starts, ends = np.maximum(starts, since), np.minimum(ends, until)
    is_left = starts < ends
    return starts[is_left], ends[is_left]


def _length(starts: Micros, ends: Micros) -> int:
    return int((ends - starts).sum())


def _offsets(zone: ZoneInfo, since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """Yield the stretches of one offset from UTC: since, until, offset.

    Looks once a day: no zone has ever left an offset and come back to it within one.
    """
    begins, offset, at = since, _offset(zone, since), since
    while at < until:
        after = min(at + DAY, until)
        if _offset(zone, after) != offset:
            after = _change(zone, at, after)
            yield begins, after, offset
            begins, offset = after, _offset(zone, after)
        at = after
    if begins < until:
        yield begins, until, offset


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """Return the second at which the offset changes between two instants."""
    offset = _offset(zone, before)
    while after - before > SECOND:
        middle = (before + after) // 2 // SECOND * SECOND
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, instant: int) -> int:
    return (_moment(instant).astimezone(zone).utcoffset() or timedelta()) // MICROSECOND


def _year(instant: int) -> int:
    year = _moment(instant).year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OverflowError(
            f"The year {year} is outside {FIRST_YEAR} to {LAST_YEAR}, for which working time is"
            " counted: correct the date."
        )
    return year


def _year_start(year: int) -> int:
    return (date(year, 1, 1).toordinal() - EPOCH.toordinal()) * DAY


def _too_little(when: str) -> str:
    return (
        f"This calendar is not open long enough {when} to work that long: use a shorter time, or"
        " give the calendar more open hours."
    )


def _micros(instant: datetime) -> int:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant} has no time zone: pass an aware datetime, for example in UTC.")
    return (instant - EPOCH) // MICROSECOND


def _micros_many(instants: Instants | datetime) -> Micros:
    if isinstance(instants, datetime):
        return np.array(_micros(instants), dtype=np.int64)
    array = np.asarray(instants)
    if array.dtype.kind != "M":
        raise ValueError(f"Pass instants as datetime64[us] in UTC, not as {array.dtype}.")
    if np.isnat(array).any():
        raise ValueError("An instant is missing (NaT): leave such rows out.")
    return array.astype("datetime64[us]", copy=False).view(np.int64)


def _work(amount: timedelta) -> int:
    work = amount // MICROSECOND
    if work < 0:
        raise ValueError(f"{amount} is negative: pass the amount, and use back() to go back.")
    if work > LONGEST:
        raise OverflowError(f"{amount} is longer than any calendar: use a shorter time.")
    return work


def _work_many(amount: timedelta | Durations) -> Micros:
    if isinstance(amount, timedelta):
        return np.array(_work(amount), dtype=np.int64)
    array = np.asarray(amount)
    if array.dtype.kind != "m":
        raise ValueError(f"Pass amounts as timedelta64[us], not as {array.dtype}.")
    if np.isnat(array).any():
        raise ValueError("An amount is missing (NaT): leave such rows out.")
    work = array.astype("timedelta64[us]", copy=False)
    if work.size:
        _work(work.min().item())
        _work(work.max().item())
    return work.view(np.int64)


def _moment(instant: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=instant)
    except OverflowError as error:
        raise OverflowError("That is outside the years 1 to 9999: use a shorter time.") from error


def _moments(instants: Micros) -> Instants:
    if instants.size:
        _moment(int(instants.min()))
        _moment(int(instants.max()))
    return instants.view("datetime64[us]")


def _durations(micros: Micros) -> Durations:
    return micros.view("timedelta64[us]")


def _unless_none(work: Micros, unmoved: Micros, moved: Micros) -> Micros:
    return moved if work.all() else np.where(work == 0, unmoved, moved)
