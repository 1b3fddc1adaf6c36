"""Working time where the clock on the wall jumps: it decides what is open."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from deals.worktime import WorkClock

HOUR = timedelta(hours=1)
ALL_WEEK = range(7)


def open_on(zone: str, day: date, opens: time, closes: time) -> timedelta:
    """Return what a clock with these hours every day counts from noon before to noon after."""
    clock = WorkClock(
        {weekday: [(opens, closes)] for weekday in ALL_WEEK},
        zone,
        special={
            day - timedelta(days=1): [],
            day + timedelta(days=1): [],
        },
    )
    return clock.between(_noon(day - timedelta(days=1), zone), _noon(day + timedelta(days=1), zone))


def _noon(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(zone))


SPRING = {
    "Europe/Berlin": (date(2024, 3, 31), 1.0),
    "America/New_York": (date(2024, 3, 10), 1.0),
    "Australia/Lord_Howe": (date(2024, 10, 6), 0.5),
}
AUTUMN = {
    "Europe/Berlin": (date(2024, 10, 27), 1.0),
    "America/New_York": (date(2024, 11, 3), 1.0),
    "Australia/Lord_Howe": (date(2024, 4, 7), 0.5),
}


@pytest.mark.parametrize("zone", SPRING)
def test_a_day_open_all_day_is_shorter_in_spring(zone: str) -> None:
    day, jump = SPRING[zone]

    assert open_on(zone, day, time(0), time(0)) == timedelta(hours=24 - jump)
    assert open_on(zone, day, time(9), time(17)) == 8 * HOUR


@pytest.mark.parametrize("zone", AUTUMN)
def test_a_day_open_all_day_is_longer_in_autumn(zone: str) -> None:
    day, jump = AUTUMN[zone]

    assert open_on(zone, day, time(0), time(0)) == timedelta(hours=24 + jump)
    assert open_on(zone, day, time(9), time(17)) == 8 * HOUR


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [
        (time(2), time(3), 0),  # skipped whole
        (time(2, 30), time(4), 1),  # opens when the clock first shows an open hour: at 3:00
        (time(1), time(2, 30), 1),  # closes when it no longer does: at 3:00, once 2:00
        (time(1), time(4), 2),
    ],
)
def test_hours_that_the_wall_clock_skips_do_not_count(
    opens: time, closes: time, hours: int
) -> None:
    assert open_on("Europe/Berlin", date(2024, 3, 31), opens, closes) == hours * HOUR


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [
        (time(2), time(3), 2),  # shown twice
        (time(2, 30), time(4), 2),  # 2:30 to 3:00 twice, then to 4:00
        (time(1), time(2, 30), 2),
        (time(1), time(4), 4),
    ],
)
def test_hours_that_the_wall_clock_repeats_count_twice(
    opens: time, closes: time, hours: int
) -> None:
    assert open_on("Europe/Berlin", date(2024, 10, 27), opens, closes) == hours * HOUR


def test_a_night_shift_feels_daylight_saving() -> None:
    shift = {day: [(time(22), time(6))] for day in ALL_WEEK}
    clock, berlin = WorkClock(shift, "Europe/Berlin"), ZoneInfo("Europe/Berlin")

    for evening, hours in ((date(2024, 3, 30), 7), (date(2024, 10, 26), 9), (date(2024, 6, 1), 8)):
        begin = datetime.combine(evening, time(12), berlin)
        assert clock.between(begin, begin + timedelta(days=1)) == hours * HOUR


def test_the_two_passes_of_a_repeated_hour_are_two_instants() -> None:
    clock = WorkClock({day: [(time(0), time(0))] for day in ALL_WEEK}, "Europe/Berlin")
    first = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert clock.between(first, first.replace(fold=1)) == HOUR
    assert clock.add(first, HOUR) == first.replace(fold=1).astimezone(UTC)


def test_a_day_that_a_country_skipped_was_not_worked() -> None:
    apia = ZoneInfo("Pacific/Apia")
    clock = WorkClock({day: [(time(9), time(17))] for day in ALL_WEEK}, "Pacific/Apia")
    thursday_16 = datetime(2011, 12, 29, 16, tzinfo=apia)  # Friday the 30th never was

    assert clock.add(thursday_16, 2 * HOUR) == datetime(2011, 12, 31, 10, tzinfo=apia)
    assert clock.between(thursday_16, datetime(2012, 1, 1, 0, tzinfo=apia)) == 9 * HOUR
    assert clock.back(datetime(2011, 12, 31, 10, tzinfo=apia), 2 * HOUR) == thursday_16


def test_working_hours_follow_the_wall_not_utc() -> None:
    clock = WorkClock({day: [(time(9), time(17))] for day in range(5)}, "Europe/Berlin")
    friday_16 = datetime(2024, 3, 29, 15, tzinfo=UTC)  # winter time

    assert clock.add(friday_16, 2 * HOUR) == datetime(2024, 4, 1, 8, tzinfo=UTC)  # summer time
