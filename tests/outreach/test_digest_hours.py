"""When somebody is told: days, quiet hours over midnight, daylight saving, holidays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.digest.hours import (
    Quiet,
    Rhythm,
    morning,
    next_morning,
    next_weekly,
    weekly,
    works_on,
)

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(time(19), time(7))
MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@dataclass
class Week:
    """A calendar that is open Monday to Friday."""

    hours: dict = field(default_factory=lambda: {str(n): [["09:00", "17:00"]] for n in range(5)})
    holidays: dict = field(default_factory=dict)
    special: dict = field(default_factory=dict)


def working(**said: dict) -> Rhythm:
    return Rhythm(BERLIN, NIGHT, works_on(Week(**said)))


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("wall", "is_quiet"),
    [(time(18, 59), False), (time(19), True), (time(23, 59), True), (time(0), True),
     (time(6, 59), True), (time(7), False)],
)  # fmt: skip
def test_quiet_hours_reach_over_midnight_and_end_at_their_end(wall: time, is_quiet: bool) -> None:
    assert NIGHT.covers(wall) == is_quiet


def test_quiet_hours_within_one_day() -> None:
    nap = Quiet(time(12), time(14))
    assert [nap.covers(time(hour)) for hour in (11, 12, 13, 14)] == [False, True, True, False]


@given(st.times(), st.times(), st.times())
def test_of_two_ends_swapped_exactly_one_covers(since: time, until: time, wall: time) -> None:
    if since != until:
        assert Quiet(since, until).covers(wall) != Quiet(until, since).covers(wall)


def test_the_morning_comes_at_its_hour_and_not_before() -> None:
    eight = time(8)
    assert morning(working(), eight, at(MONDAY, 7, 59)) is None
    assert morning(working(), eight, at(MONDAY, 8)) == MONDAY
    assert morning(working(), eight, at(MONDAY, 13, 59)) == MONDAY


def test_a_morning_that_nobody_told_for_six_hours_is_over() -> None:
    assert morning(working(), time(8), at(MONDAY, 14)) is None


def test_a_morning_in_quiet_hours_waits_for_their_end() -> None:
    assert morning(working(), time(6), at(MONDAY, 6, 30)) is None
    assert morning(working(), time(6), at(MONDAY, 7)) == MONDAY


def test_an_evening_that_falls_into_the_night_is_told_after_it() -> None:
    assert morning(working(), time(22), at(MONDAY, 22)) is None
    assert morning(working(), time(22), at(MONDAY + DAY, 7)) == MONDAY


def test_a_friday_evening_in_the_quiet_is_not_told_on_saturday() -> None:
    friday = MONDAY + 4 * DAY
    assert morning(working(), time(22), at(friday + DAY, 7)) is None


def test_no_morning_on_a_weekend_or_a_holiday() -> None:
    holiday = {(MONDAY + DAY).isoformat(): "Founders’ Day"}
    told = [morning(working(holidays=holiday), time(8), at(MONDAY + n * DAY, 8)) for n in range(7)]
    assert [day is not None for day in told] == [True, False, True, True, True, False, False]


def test_a_day_of_its_own_wins_over_weekend_and_holiday() -> None:
    saturday = MONDAY + 5 * DAY
    open_day = {saturday.isoformat(): [["10:00", "12:00"]], MONDAY.isoformat(): []}
    told = works_on(Week(special=open_day, holidays={saturday.isoformat(): "Fair"}))
    assert (told(saturday), told(MONDAY)) == (True, False)


def test_somebody_who_wants_every_day_gets_sunday_too() -> None:
    sunday = MONDAY + 6 * DAY
    assert morning(Rhythm(BERLIN), time(8), at(sunday, 8)) == sunday


def test_the_day_is_the_one_where_the_person_is() -> None:
    auckland = Rhythm(ZoneInfo("Pacific/Auckland"))
    sunday_evening = datetime(2026, 3, 1, 19, 30, tzinfo=UTC)  # Monday 8:30 there
    assert morning(auckland, time(8), sunday_evening) == MONDAY


@pytest.mark.parametrize(
    ("day", "utc_hour"), [(date(2026, 3, 28), 7), (date(2026, 3, 29), 6), (date(2026, 10, 25), 7)]
)
def test_eight_stays_eight_on_the_wall_over_daylight_saving(day: date, utc_hour: int) -> None:
    told = datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert morning(Rhythm(BERLIN), time(8), told) == day
    assert morning(Rhythm(BERLIN), time(8), told - timedelta(minutes=1)) is None


def test_an_hour_that_daylight_saving_skips_is_told_right_after_it() -> None:
    skipped = Rhythm(BERLIN).told_at(date(2026, 3, 29), time(2, 30))
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 3:30 on the wall


def test_an_hour_that_is_repeated_is_told_once_at_its_first() -> None:
    sunday = date(2026, 10, 25)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 2:30, and again an hour later
    assert Rhythm(BERLIN).told_at(sunday, time(2, 30)) == first


def test_a_weekly_report_comes_on_its_weekday() -> None:
    told = [weekly(working(), 0, time(8), at(MONDAY + n * DAY, 8)) for n in range(7)]
    assert told == [MONDAY, *[None] * 6]


def test_a_weekly_report_on_a_holiday_comes_on_the_next_working_day() -> None:
    free = {MONDAY.isoformat(): "Easter Monday", (MONDAY + DAY).isoformat(): "Bridge"}
    told = [weekly(working(holidays=free), 0, time(8), at(MONDAY + n * DAY, 8)) for n in range(5)]
    assert told == [None, None, MONDAY, None, None]


def test_a_saturday_report_comes_on_monday_and_is_still_saturdays() -> None:
    saturday = MONDAY + 5 * DAY
    assert weekly(working(), 5, time(8), at(saturday + 2 * DAY, 8)) == saturday


def test_a_week_without_work_has_no_report() -> None:
    free = {(MONDAY + n * DAY).isoformat(): "Holidays" for n in range(7)}
    told = [weekly(working(holidays=free), 0, time(8), at(MONDAY + n * DAY, 8)) for n in range(8)]
    assert told == [*[None] * 7, MONDAY + 7 * DAY]


@given(st.integers(0, 6), st.integers(0, 23), st.sets(st.integers(0, 20)))
def test_every_report_is_due_at_exactly_one_stretch_of_its_week(
    weekday: int, hour: int, free: set[int]
) -> None:
    holidays = {(MONDAY + n * DAY).isoformat(): "Free" for n in free}
    rhythm = working(holidays=holidays)
    hours = [at(MONDAY, 0) + timedelta(hours=n) for n in range(14 * 24)]
    told = [weekly(rhythm, weekday, time(hour), now) for now in hours]
    stretches = [
        day for day, before in zip(told, [None, *told], strict=False) if day and day != before
    ]
    assert len(stretches) == len(set(stretches))
    assert all(day.weekday() == weekday for day in stretches)
    assert all(rhythm.may_be_told(now) for now, day in zip(hours, told, strict=True) if day)


def test_the_page_can_say_when_the_next_one_comes() -> None:
    friday = MONDAY + 4 * DAY
    assert next_morning(working(), time(8), at(friday, 8)) == at(MONDAY + 7 * DAY, 8)
    assert next_weekly(working(), 0, time(8), at(MONDAY, 8)) == at(MONDAY + 7 * DAY, 8)
    assert next_morning(Rhythm(BERLIN, None, lambda day: False), time(8), at(MONDAY, 8)) is None
    assert next_weekly(Rhythm(BERLIN, None, lambda day: False), 0, time(8), at(MONDAY, 8)) is None


def test_a_report_of_a_friday_evening_comes_on_the_next_working_day_after_the_quiet() -> None:
    friday, wall = MONDAY + 4 * DAY, time(20)
    rhythm = working()
    due = at(MONDAY + 8 * DAY, 7)
    assert next_weekly(rhythm, 4, wall, at(friday, 0)) == due
    assert weekly(rhythm, 4, wall, due) == friday
    assert next_morning(rhythm, wall, at(friday, 8)) == due
