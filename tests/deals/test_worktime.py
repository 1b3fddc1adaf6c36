"""The rules of working time, one sentence each. Source: SILENCE.md, "When it is dark"."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from deals.worktime import CalendarClock, WorkClock

NINE_TO_FIVE = [(time(9), time(17))]
OFFICE = dict.fromkeys(range(5), NINE_TO_FIVE)
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def office(**more: object) -> WorkClock:
    return WorkClock(OFFICE, "UTC", **more)  # type: ignore[arg-type]


def test_a_few_working_hours_mean_nothing_over_a_weekend() -> None:
    assert office().add(utc("2024-03-01T15:00"), 4 * HOUR) == utc("2024-03-04T11:00")
    assert office().between(utc("2024-03-01T17:00"), utc("2024-03-04T09:00")) == timedelta()


def test_a_deadline_that_falls_on_closing_time_stays_on_that_day() -> None:
    assert office().add(utc("2024-03-01T13:00"), 4 * HOUR) == utc("2024-03-01T17:00")


def test_the_cutoff_is_the_latest_start_that_is_due() -> None:
    cutoff = office().back(utc("2024-03-04T11:00"), 2 * HOUR)

    assert cutoff == utc("2024-03-04T09:00")
    assert office().add(cutoff, 2 * HOUR) == utc("2024-03-04T11:00")


def test_the_cutoff_of_a_closed_moment_counts_from_the_last_closing() -> None:
    assert office().back(utc("2024-03-03T12:00"), 2 * HOUR) == utc("2024-03-01T15:00")


def test_no_amount_leaves_the_instant_where_it_is_even_when_closed() -> None:
    sunday = utc("2024-03-03T12:00")

    assert office().add(sunday, timedelta()) == sunday
    assert office().back(sunday, timedelta()) == sunday


def test_time_between_is_signed() -> None:
    assert office().between(utc("2024-03-04T12:00"), utc("2024-03-01T16:00")) == -4 * HOUR


def test_a_microsecond_is_a_microsecond_three_centuries_away() -> None:
    nearly_closing = datetime(2298, 3, 1, 16, 59, 59, 999_999, tzinfo=UTC)

    assert office().between(nearly_closing, utc("2298-03-01T20:00")) == timedelta(microseconds=1)
    assert office().add(nearly_closing, timedelta(microseconds=2)) == datetime(
        2298, 3, 2, 9, 0, 0, 1, tzinfo=UTC
    )


def test_answers_are_in_utc_whatever_zone_was_asked_in() -> None:
    berlin = datetime(2024, 3, 1, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    answer = office().add(berlin, HOUR)

    assert answer == utc("2024-03-01T10:00")
    assert answer.tzinfo is UTC


def test_a_holiday_is_closed() -> None:
    clock = office(holidays={date(2024, 5, 1)})

    assert clock.add(utc("2024-04-30T16:00"), 2 * HOUR) == utc("2024-05-02T10:00")


def test_holidays_are_only_asked_for_membership() -> None:
    class EveryFirst:
        def __contains__(self, day: object) -> bool:
            return isinstance(day, date) and day.day == 1

    assert office(holidays=EveryFirst()).add(utc("2024-07-31T16:00"), 2 * HOUR) == utc(
        "2024-08-02T10:00"
    )


def test_special_hours_win_over_the_week_and_over_a_holiday() -> None:
    saturday, holiday, outing = date(2024, 3, 2), date(2024, 3, 4), date(2024, 3, 5)
    clock = office(
        holidays={holiday},
        special={saturday: [(time(10), time(11))], holiday: [(time(9), time(12))], outing: []},
    )

    assert clock.between(utc("2024-03-02T00:00"), utc("2024-03-03T00:00")) == HOUR
    assert clock.between(utc("2024-03-04T00:00"), utc("2024-03-05T00:00")) == 3 * HOUR
    assert clock.between(utc("2024-03-05T00:00"), utc("2024-03-06T00:00")) == timedelta()


def test_a_leap_day_is_a_day_like_any_other() -> None:
    assert office().between(utc("2024-02-29T00:00"), utc("2024-03-01T00:00")) == 8 * HOUR
    assert office().add(utc("2024-02-28T16:00"), 2 * HOUR) == utc("2024-02-29T10:00")
    assert office().add(utc("2023-02-28T16:00"), 2 * HOUR) == utc("2023-03-01T10:00")


def test_overlapping_and_adjacent_hours_count_once() -> None:
    split = [(time(14), time(17)), (time(9), time(12)), (time(12), time(15))]
    clock = WorkClock(dict.fromkeys(range(5), split), "UTC")

    assert clock.between(utc("2024-03-01T00:00"), utc("2024-03-02T00:00")) == 8 * HOUR
    assert clock.average_open_day() == 8 * HOUR


@pytest.mark.parametrize("end", [time(0), time.max])
def test_an_end_at_midnight_is_the_end_of_the_day(end: time) -> None:
    clock = WorkClock({day: [(time(0), end)] for day in range(7)}, "UTC")

    assert clock.add(utc("2024-03-01T05:00"), timedelta(days=40)) == utc("2024-04-10T05:00")
    assert clock.average_open_day() == timedelta(days=1)


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    nights = WorkClock({4: [(time(22), time(6))]}, "UTC", holidays={date(2024, 3, 8)})

    assert nights.add(utc("2024-03-01T23:00"), 3 * HOUR) == utc("2024-03-02T02:00")
    assert nights.between(utc("2024-03-02T00:00"), utc("2024-03-03T00:00")) == 6 * HOUR
    assert nights.between(utc("2024-03-08T00:00"), utc("2024-03-10T00:00")) == timedelta()


def test_a_night_that_runs_into_the_new_year_is_counted_whole() -> None:
    nights = WorkClock({day: [(time(22), time(6))] for day in range(7)}, "America/New_York")
    new_york = ZoneInfo("America/New_York")

    begin, end = (
        datetime(2023, 12, 31, 12, tzinfo=new_york),
        datetime(2024, 1, 1, 12, tzinfo=new_york),
    )
    assert nights.between(begin, end) == 8 * HOUR
    assert nights.add(begin, 8 * HOUR) == datetime(2024, 1, 1, 6, tzinfo=new_york)


def test_the_average_open_day_is_the_week_over_its_open_days() -> None:
    week = {0: NINE_TO_FIVE, 2: [(time(9), time(12))], 4: [], 6: [(time(22), time(2))]}

    assert WorkClock(week, "UTC").average_open_day() == 5 * HOUR


def test_the_average_open_day_of_a_calendar_of_special_days_is_theirs() -> None:
    special = {
        date(2024, 3, 1): NINE_TO_FIVE,
        date(2024, 3, 2): [(time(9), time(13))],
        date(2024, 3, 3): [],
    }
    assert WorkClock({}, "UTC", special=special).average_open_day() == 6 * HOUR


def test_one_open_hour_a_year_still_reaches_a_century() -> None:
    new_years_eves = {date(year, 12, 31): [(time(10), time(11))] for year in range(1900, 2200)}
    clock = WorkClock({}, "UTC", special=new_years_eves)

    assert clock.add(utc("2024-01-01T00:00"), 100 * HOUR) == utc("2123-12-31T11:00")
    assert clock.back(utc("2024-01-01T00:00"), 100 * HOUR) == utc("1924-12-31T10:00")


def test_later_questions_do_not_change_earlier_answers() -> None:
    clock = office()
    first = clock.back(utc("2024-01-01T12:00"), 30 * HOUR)
    clock.between(utc("1950-01-01T00:00"), utc("2050-01-01T00:00"))

    assert clock.back(utc("2024-01-01T12:00"), 30 * HOUR) == first


def test_changing_the_hours_afterwards_does_not_change_the_clock() -> None:
    week, special = dict(OFFICE), {date(2024, 3, 2): list(NINE_TO_FIVE)}
    clock = WorkClock(week, "UTC", special=special)
    week.clear()
    special.clear()

    assert clock.between(utc("2024-03-01T00:00"), utc("2024-03-03T00:00")) == 16 * HOUR


class Always:
    def __contains__(self, day: object) -> bool:
        return True


def test_a_calendar_that_never_opens_again_says_what_to_do() -> None:
    clock = office(holidays=Always())

    with pytest.raises(OverflowError, match="give the calendar more open hours"):
        clock.add(utc("2024-03-01T12:00"), HOUR)
    with pytest.raises(OverflowError, match="since the beginning of 1800"):
        clock.back(utc("2024-03-01T12:00"), HOUR)


@pytest.mark.parametrize("instant", ["0001-01-01T00:00", "1799-12-31T23:59", "9999-12-31T00:00"])
def test_a_garbage_date_is_refused_with_a_sentence(instant: str) -> None:
    with pytest.raises(OverflowError, match="correct the date"):
        office().between(utc(instant), utc("2024-03-01T12:00"))


@pytest.mark.parametrize("clock", [office(), CalendarClock()])
def test_an_amount_longer_than_any_calendar_is_refused(clock: WorkClock | CalendarClock) -> None:
    for amount in (timedelta(days=3_000_000), timedelta.max):
        with pytest.raises(OverflowError, match="use a shorter time"):
            clock.add(utc("2024-03-01T12:00"), amount)
        with pytest.raises(OverflowError, match="use a shorter time"):
            clock.back(utc("2024-03-01T12:00"), amount)


@pytest.mark.parametrize("clock", [office(), CalendarClock()])
def test_naive_instants_and_negative_amounts_are_refused(clock: WorkClock | CalendarClock) -> None:
    aware = utc("2024-03-01T12:00")
    naive = aware.replace(tzinfo=None)

    with pytest.raises(ValueError, match="pass an aware datetime"):
        clock.add(naive, HOUR)
    with pytest.raises(ValueError, match="pass an aware datetime"):
        clock.back(naive, HOUR)
    with pytest.raises(ValueError, match="pass an aware datetime"):
        clock.between(aware, naive)
    with pytest.raises(ValueError, match="negative"):
        clock.add(aware, -HOUR)
    with pytest.raises(ValueError, match="negative"):
        clock.back(aware, -HOUR)


@pytest.mark.parametrize(
    ("hours", "zone", "remedy"),
    [
        ({}, "UTC", "give at least one weekday opening hours"),
        ({0: []}, "UTC", "give at least one weekday opening hours"),
        ({7: NINE_TO_FIVE}, "UTC", "use 0 for Monday to 6 for Sunday"),
        ({0: [(time(9), time(9))]}, "UTC", "00:00 to 00:00 for the whole day"),
        ({0: [(time(9, tzinfo=UTC), time(10))]}, "UTC", "leave their time zone to the calendar"),
        (OFFICE, "Mars/Olympus", "use a name such as Europe/Berlin"),
        (OFFICE, "../secret", "use a name such as Europe/Berlin"),
        (OFFICE, "Europe", "use a name such as Europe/Berlin"),
        (OFFICE, "", "use a name such as Europe/Berlin"),
    ],
)
def test_hours_that_make_no_calendar_are_refused_with_the_remedy(
    hours: dict[int, list[tuple[time, time]]], zone: str, remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy):
        WorkClock(hours, zone)


def test_calendar_time_counts_every_hour() -> None:
    clock, friday = CalendarClock(), utc("2024-03-01T15:00")

    assert clock.add(friday, timedelta(weeks=3)) == utc("2024-03-22T15:00")
    assert clock.back(friday, timedelta(days=1)) == utc("2024-02-29T15:00")
    assert clock.between(friday, utc("2024-02-29T15:00")) == -timedelta(days=1)


def test_three_weeks_of_calendar_time_are_21_times_24_hours_across_daylight_saving() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2024, 3, 20, 12, tzinfo=berlin)

    assert CalendarClock().add(start, timedelta(weeks=3)) == datetime(
        2024, 4, 10, 13, tzinfo=berlin
    )
