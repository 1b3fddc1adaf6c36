"""Working time against its plain definition, for any calendar: a quarter of an hour at a time.

An instant is open when the wall clock then shows an opening hour. Every opening hour here begins
and ends on a quarter, as do all changes of the zones used, so each quarter is open or it is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deals.worktime import CalendarClock, Clock, WorkClock

QUARTER = timedelta(minutes=15)
NOTHING = timedelta()
LONGEST = timedelta(hours=60)
# Around changes of the clock, the skipped day of Samoa, a leap day, and a turn of the year.
SCENES = {
    "Europe/Berlin": (date(2024, 3, 31), date(2024, 10, 27), date(2024, 2, 29)),
    "America/New_York": (date(2024, 3, 10), date(2024, 11, 3), date(2023, 12, 31)),
    "Australia/Lord_Howe": (date(2024, 4, 7), date(2024, 10, 6)),
    "Pacific/Apia": (date(2011, 12, 30), date(2012, 4, 1)),
    "UTC": (date(2024, 1, 1),),
}
Intervals = list[tuple[time, time]]


@dataclass(frozen=True)
class Plan:
    """A calendar, and the days of it that are looked at."""

    zone: str
    middle: date
    week: dict[int, Intervals]
    holidays: frozenset[date]
    special: dict[date, Intervals]

    @cached_property
    def clock(self) -> WorkClock:
        return WorkClock(self.week, self.zone, self.holidays, self.special)

    @cached_property
    def since(self) -> datetime:
        return datetime.combine(self.middle - timedelta(days=4), time(0), UTC)

    @cached_property
    def quarters(self) -> list[bool]:
        return [self._is_open(self.since + i * QUARTER) for i in range(8 * 96)]

    def _is_open(self, instant: datetime) -> bool:
        wall = instant.astimezone(ZoneInfo(self.zone))
        yesterday = wall.date() - timedelta(days=1)
        return any(
            opens <= wall.time() and (closes <= opens or wall.time() < closes or closes == time(0))
            for opens, closes in self._hours_on(wall.date())
        ) or any(
            closes <= opens and wall.time() < closes for opens, closes in self._hours_on(yesterday)
        )

    def _hours_on(self, day: date) -> Intervals:
        if day in self.special:
            return self.special[day]
        return [] if day in self.holidays else self.week.get(day.weekday(), [])

    def worked(self, start: datetime, end: datetime) -> timedelta:
        if end < start:
            return -self.worked(end, start)
        return sum((last - first for first, last in self._open(start, end)), NOTHING)

    def added(self, start: datetime, amount: timedelta) -> datetime | None:
        left = amount
        for first, last in self._open(start, self.since + len(self.quarters) * QUARTER):
            if last - first >= left:
                return first + left
            left -= last - first
        return None

    def latest_start(self, end: datetime, amount: timedelta) -> datetime | None:
        left = amount
        for first, last in reversed(list(self._open(self.since, end))):
            if last - first >= left:
                return last - left
            left -= last - first
        return None

    def _open(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        for i, is_open in enumerate(self.quarters):
            first = max(start, self.since + i * QUARTER)
            last = min(end, self.since + (i + 1) * QUARTER)
            if is_open and first < last:
                yield first, last


quarters = st.integers(0, 95).map(lambda i: time(i // 4, i % 4 * 15))
intervals = st.tuples(quarters, quarters).filter(lambda p: p[0] != p[1] or p[1] == time(0))
days = st.lists(intervals, max_size=3)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    zone = draw(st.sampled_from(list(SCENES)))
    middle = draw(st.sampled_from(SCENES[zone]))
    near = st.integers(-4, 4).map(lambda shift: middle + timedelta(days=shift))
    week = draw(st.dictionaries(st.integers(0, 6), days).filter(lambda w: any(w.values())))
    return Plan(
        zone,
        middle,
        week,
        draw(st.frozensets(near, max_size=2)),
        draw(st.dictionaries(near, days, max_size=2)),
    )


def instants(plan: Plan) -> st.SearchStrategy[datetime]:
    """Any microsecond of the days looked at, and often exactly a quarter."""
    span = 8 * 96 * QUARTER
    return st.one_of(
        st.integers(0, 8 * 96 - 1).map(lambda i: plan.since + i * QUARTER),
        st.timedeltas(NOTHING, span - timedelta(microseconds=1)).map(lambda d: plan.since + d),
    )


amounts = st.one_of(st.integers(0, 240).map(lambda i: i * QUARTER), st.timedeltas(NOTHING, LONGEST))


@settings(deadline=None, max_examples=80)
@given(st.data(), plans())
def test_every_sum_equals_its_plain_definition(data: st.DataObject, plan: Plan) -> None:
    start, end = data.draw(instants(plan)), data.draw(instants(plan))
    amount = data.draw(amounts.filter(bool))

    assert plan.clock.between(start, end) == plan.worked(start, end)
    if (deadline := plan.added(start, amount)) is not None:
        assert plan.clock.add(start, amount) == deadline
    if (cutoff := plan.latest_start(end, amount)) is not None:
        assert plan.clock.back(end, amount) == cutoff


@settings(deadline=None, max_examples=150)
@given(st.data(), plans(), amounts)
def test_a_silence_is_due_exactly_when_it_began_by_the_cutoff(
    data: st.DataObject, plan: Plan, threshold: timedelta
) -> None:
    clock, now = plan.clock, data.draw(instants(plan))
    cutoff = clock.back(now, threshold)
    microsecond = timedelta(microseconds=1)
    starts = [data.draw(instants(plan)), cutoff, cutoff + microsecond, cutoff - microsecond]

    for start in starts:
        is_due = start <= now and clock.between(start, now) >= threshold
        assert (start <= cutoff) == is_due
        assert (clock.add(start, threshold) <= now) == is_due


@settings(deadline=None, max_examples=80)
@given(st.data(), plans(), amounts)
def test_what_was_added_was_worked_and_not_a_microsecond_earlier(
    data: st.DataObject, plan: Plan, amount: timedelta
) -> None:
    start = data.draw(instants(plan))
    deadline = plan.clock.add(start, amount)

    assert plan.clock.between(start, deadline) == amount
    if amount:
        assert plan.clock.between(start, deadline - timedelta(microseconds=1)) < amount


@settings(deadline=None, max_examples=80)
@given(st.data(), plans(), st.booleans())
def test_arrays_give_what_their_scalars_give(
    data: st.DataObject, plan: Plan, is_calendar_time: bool
) -> None:
    clock: Clock = CalendarClock() if is_calendar_time else plan.clock
    starts = data.draw(st.lists(instants(plan), max_size=12))
    ends = data.draw(st.lists(instants(plan), min_size=len(starts), max_size=len(starts)))
    each = data.draw(st.lists(amounts, min_size=len(starts), max_size=len(starts)))
    one = data.draw(amounts)

    first, last, work = _array(starts), _array(ends), np.array(each, dtype="timedelta64[us]")
    pairs = list(zip(starts, each, strict=True))
    assert _moments(clock.add_many(first, one)) == [clock.add(s, one) for s in starts]
    assert _moments(clock.add_many(first, work)) == [clock.add(s, w) for s, w in pairs]
    assert _moments(clock.back_many(first, one)) == [clock.back(s, one) for s in starts]
    assert _moments(clock.back_many(first, work)) == [clock.back(s, w) for s, w in pairs]
    assert clock.between_many(first, last).tolist() == [
        clock.between(*pair) for pair in zip(starts, ends, strict=True)
    ]


@settings(deadline=None, max_examples=80)
@given(st.data(), plans(), amounts)
def test_one_cutoff_finds_the_due_ones_of_many(
    data: st.DataObject, plan: Plan, threshold: timedelta
) -> None:
    now = data.draw(instants(plan))
    starts = [start for start in data.draw(st.lists(instants(plan))) if start <= now]
    silences = _array(starts)

    by_cutoff = silences <= _array([plan.clock.back(now, threshold)])
    by_worked = plan.clock.between_many(silences, now) >= np.timedelta64(threshold)
    by_deadline = plan.clock.add_many(silences, threshold) <= _array([now])
    assert by_cutoff.tolist() == by_worked.tolist() == by_deadline.tolist()


def test_arrays_over_centuries_give_what_their_scalars_give() -> None:
    random = np.random.default_rng(7)
    since, until = (np.datetime64(f"{year}-01-01", "us").astype(int) for year in (1950, 2100))
    first, last = random.integers(since, until, (2, 400)).astype("datetime64[us]")
    work = random.integers(0, 10**14, 400).astype("timedelta64[us]")
    week = {day: [(time(8, 30), time(12)), (time(13), time(17, 45))] for day in range(5)}
    clock, asked_singly = WorkClock(week, "Europe/Paris"), WorkClock(week, "Europe/Paris")

    assert _moments(clock.add_many(first, work)) == [
        asked_singly.add(s, w) for s, w in zip(_moments(first), work.tolist(), strict=True)
    ]
    assert _moments(clock.back_many(first, work)) == [
        asked_singly.back(s, w) for s, w in zip(_moments(first), work.tolist(), strict=True)
    ]
    assert clock.between_many(first, last).tolist() == [
        asked_singly.between(*pair) for pair in zip(_moments(first), _moments(last), strict=True)
    ]


def test_arrays_broadcast_and_keep_their_shape() -> None:
    clock = WorkClock({day: [(time(9), time(17))] for day in range(5)}, "UTC")
    starts = np.array([["2024-03-01T12", "2024-03-02T12"]], dtype="datetime64[h]")
    work = np.array([[1], [2], [0]], dtype="timedelta64[h]")

    deadlines = clock.add_many(starts, work)
    assert deadlines.dtype == np.dtype("datetime64[us]")
    assert deadlines.astype("datetime64[h]").astype(str).tolist() == [
        ["2024-03-01T13", "2024-03-04T10"],
        ["2024-03-01T14", "2024-03-04T11"],
        ["2024-03-01T12", "2024-03-02T12"],
    ]
    assert clock.add_many(starts[:, :0], work).shape == (3, 0)


@pytest.mark.parametrize("clock", [CalendarClock(), WorkClock({0: [(time(9), time(17))]}, "UTC")])
def test_arrays_refuse_what_scalars_refuse(clock: Clock) -> None:
    good, hour = np.array(["2024-03-01"], dtype="datetime64[us]"), timedelta(hours=1)

    with pytest.raises(ValueError, match="negative"):
        clock.add_many(good, np.array([1, -1], dtype="timedelta64[us]"))
    with pytest.raises(ValueError, match="negative"):
        clock.back_many(good, -hour)
    with pytest.raises(ValueError, match="NaT"):
        clock.back_many(good, np.array(["NaT"], dtype="timedelta64[us]"))
    with pytest.raises(ValueError, match="NaT"):
        clock.add_many(np.array(["2024-03-01", "NaT"], dtype="datetime64[us]"), hour)
    with pytest.raises(ValueError, match="aware datetime"):
        clock.between_many(good, datetime.fromisoformat("2024-03-01"))
    with pytest.raises(ValueError, match="datetime64"):
        clock.add_many(np.array([1.5]), hour)
    with pytest.raises(ValueError, match="timedelta64"):
        clock.add_many(good, np.array([1.5]))
    with pytest.raises(OverflowError, match="shorter time"):
        clock.add_many(good, np.array([2**62], dtype="timedelta64[us]"))
    with pytest.raises(OverflowError, match="shorter time"):
        clock.back_many(good, timedelta(days=2_000_000))


def _array(moments: list[datetime]) -> np.ndarray:
    return np.array([moment.replace(tzinfo=None) for moment in moments], dtype="datetime64[us]")


def _moments(array: np.ndarray) -> list[datetime]:
    return [moment.replace(tzinfo=UTC) for moment in array.tolist()]
