"""The open hours of a work calendar, year by year, and the time worked in them. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from deals.instants import EPOCH, MICROSECOND, Micros, to_instant

Spans = tuple[tuple[int, int], ...]
SECOND = 1_000_000
DAY = 86_400 * SECOND
# Garbage dates (0001-01-01, 9999-12-31) must not build ten thousand years of opening hours.
FIRST_YEAR, LAST_YEAR = 1800, 2299
TABLE_STEP = 4 * 3600 * SECOND


class OpenHours:
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
        self.total = length(starts, ends)
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


def wall_spans(intervals: Iterable[tuple[time, time]]) -> Spans:
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


def zone_named(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"Time zone {name!r} is unknown: use a name such as Europe/Berlin."
        ) from error


def merged(spans: Iterable[tuple[int, int]]) -> tuple[Micros, Micros]:
    table = np.array(sorted(spans), dtype=np.int64).reshape(-1, 2)
    reach = np.maximum.accumulate(table[:, 1])
    is_first = np.ones(len(table), dtype=bool)
    is_first[1:] = table[1:, 0] > reach[:-1]
    return table[is_first, 0], reach[np.append(is_first[1:], True)[: len(table)]]


def clipped(starts: Micros, ends: Micros, since: int, until: int) -> tuple[Micros, Micros]:
    starts, ends = np.maximum(starts, since), np.minimum(ends, until)
    is_left = starts < ends
    return starts[is_left], ends[is_left]


def length(starts: Micros, ends: Micros) -> int:
    return int((ends - starts).sum())


def offsets(zone: ZoneInfo, since: int, until: int) -> Iterator[tuple[int, int, int]]:
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
    return (to_instant(instant).astimezone(zone).utcoffset() or timedelta()) // MICROSECOND


def year_of(instant: int) -> int:
    year = to_instant(instant).year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OverflowError(
            f"The year {year} is outside {FIRST_YEAR} to {LAST_YEAR}, for which working time is"
            " counted: correct the date."
        )
    return year


def year_start(year: int) -> int:
    return (date(year, 1, 1).toordinal() - EPOCH.toordinal()) * DAY
