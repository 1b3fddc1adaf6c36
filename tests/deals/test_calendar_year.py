"""A year of a work calendar: each day by the version that was in force on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from deals.calendar_year import Kind, Year, bounds, day_of, year_of
from deals.models import CalendarVersion
from deals.policies import Versions, clock_of

NINE_TO_FIVE = [["09:00", "17:00"]]
WEEK = {str(weekday): NINE_TO_FIVE for weekday in range(5)}


def version(**said: Any) -> CalendarVersion:
    return CalendarVersion(**{"hours": WEEK, "time_zone": "Europe/Berlin", **said})


def year(*versions: CalendarVersion, number: int = 2026) -> Year:
    return year_of(Versions(versions), number)


def test_a_year_has_all_its_days_each_in_its_weekday() -> None:
    for number, days in ((2024, 366), (2026, 365)):
        months = year(version(), number=number).months
        assert sum(len(month.days) for month in months) == days
        for month in months:
            for week in month.weeks:
                places = [None if each is None else each.on.weekday() for each in week]
                assert all(at in (None, place) for place, at in enumerate(places))


def test_an_extra_day_wins_over_a_holiday_and_that_over_the_weekday() -> None:
    said = version(
        holidays={"2026-05-01": "Labour Day", "2026-12-25": "Christmas Day"},
        special={"2026-12-25": [["10:00", "12:00"]], "2026-12-28": [], "2026-07-04": NINE_TO_FIVE},
    )
    what = {
        day.on.isoformat(): (day.kind, day.what)
        for month in year(said).months
        for day in month.special
    }
    assert what == {
        "2026-05-01": (Kind.HOLIDAY, "Holiday: Labour Day"),
        "2026-07-04": (Kind.EXTRA, "Extra day: 09:00–17:00"),
        "2026-12-25": (Kind.EXTRA, "Extra day: 10:00–12:00, Christmas Day"),
        "2026-12-28": (Kind.SHUT, "Extra day, closed"),
    }
    assert day_of(said, date(2026, 5, 2)).what == "Closed"  # a Saturday
    assert day_of(said, date(2026, 5, 4)).what == "Open"


def test_each_day_is_told_by_the_version_in_force_when_it_ended() -> None:
    since = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)  # Wednesday, 23:30 in Berlin
    longer = version(hours={**WEEK, "5": NINE_TO_FIVE}, counts_from=since)
    march = year(version(), longer).months[2]
    kinds = {day.on.day: day.kind for day in march.days}
    assert (kinds[28], kinds[1]) == (Kind.OPEN, Kind.CLOSED)
    assert [(day.on.day, day.changed_at) for day in march.special] == [(4, since)]
    assert year(version(), longer).changes == [since]
    assert year(version(), longer).months[0].closed_days == 9


def test_the_hours_of_a_year_are_those_that_its_clock_counts() -> None:
    said = version(
        hours={str(weekday): [["00:00", "24:00"]] for weekday in range(7)},
        holidays={"2026-01-01": "New Year’s Day"},
    )
    whole = year(said)
    begins, ends = (
        bounds(date(2026, 1, 1), "Europe/Berlin")[0],
        bounds(date(2026, 12, 31), "Europe/Berlin")[1],
    )
    counted = clock_of(said).between(begins, ends) / timedelta(hours=1)
    assert whole.open_hours == counted == 364 * 24
    assert [month.open_hours for month in whole.months][2] == 31 * 24 - 1  # the clocks go forward
    assert (whole.open_days, whole.holidays, whole.closed_days) == (364, 1, 0)


def test_a_day_that_a_country_left_out_has_no_hours() -> None:
    begins, ends = bounds(date(2011, 12, 30), "Pacific/Apia")  # it went across the date line
    assert begins == ends
