"""When to write or call: their best hours, never at night, on a holiday or while they are away."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from contacts.models import Contact
from deals import calendars, conversation
from deals.models import CalendarVersion, Hold, WorkCalendar
from deals.policies import Rulebook
from deals.worktime import WorkClock
from outreach.timing import Habits, Slot, best_slot, best_time, say
from tests.cast import Story, day, make_contact, make_deal

WEEK = {weekday: [(time(9), time(17))] for weekday in range(5)}
ROUND_THE_CLOCK = {weekday: [(time(), time())] for weekday in range(7)}
NEW_YORK, KATHMANDU, LONDON = map(ZoneInfo, ("America/New_York", "Asia/Kathmandu", "Europe/London"))


def habits(zone: ZoneInfo = LONDON, **fields: object) -> Habits:
    return Habits(**{"zone": zone, "clock": WorkClock(WEEK, zone.key), **fields})


def said(slot: Slot | None) -> tuple[str, str, str]:
    """Return a slot as their clock shows it, and why."""
    assert slot is not None
    starts, ends = (at.astimezone(slot.zone) for at in (slot.starts_at, slot.ends_at))
    return f"{starts:%a %d %H:%M}", f"{ends:%H:%M}", slot.because


def test_without_habits_it_is_their_next_working_hours() -> None:
    assert said(best_slot(habits(), "email", day(0, 14, 7))) == (
        "Mon 02 14:15", "17:00", "in their working hours",
    )  # fmt: skip


def test_the_last_minutes_of_a_day_are_left_for_the_next() -> None:
    assert said(best_slot(habits(), "email", day(4, 16, 40)))[0] == "Mon 09 09:00"


def test_working_hours_are_those_of_their_zone() -> None:
    slot = best_slot(habits(NEW_YORK), "email", day(0))
    assert slot is not None
    assert (slot.starts_at, slot.ends_at) == (day(0, 14), day(0, 22))
    assert said(slot)[:2] == ("Mon 02 09:00", "17:00")


def test_a_zone_with_odd_minutes_opens_at_its_own_nine() -> None:
    slot = best_slot(habits(KATHMANDU), "email", day(0, 0))
    assert slot is not None
    assert slot.starts_at == day(0, 3, 15)


def test_eight_answers_make_a_habit_and_seven_do_not() -> None:
    """Answers on eight Mondays at half past two; Tuesday is the day."""
    heard = [day(-7 * week, 14, 30) for week in range(1, 9)]
    assert said(best_slot(habits(heard=heard[:7]), "email", day(0)))[2] == "in their working hours"
    assert said(best_slot(habits(heard=heard), "email", day(0))) == (
        "Mon 02 13:00", "15:00", "when 8 of their 8 latest answers came",
    )  # fmt: skip


def test_the_hours_beside_an_answer_count_half_and_other_weekdays_a_quarter() -> None:
    """By hand: four answers on Mondays at 10, four on Tuesdays at 15; it is Monday noon.

    Mondays: 10 has 4, 9 and 11 have 2; 15 has 4/4 = 1, 14 and 16 half of that. Tuesdays the
    other way round. Two hours on Tuesday from 14 have (2 + 4) / 2 = 3, as from 15; on Monday
    afternoon from 14 they have (0.5 + 1) / 2. So it is Tuesday, the earlier of the two.
    """
    heard = [day(-7 * week, 10, 30) for week in range(1, 5)]
    heard += [day(1 - 7 * week, 15, 10) for week in range(1, 5)]
    assert said(best_slot(habits(heard=heard), "email", day(0, 12))) == (
        "Tue 03 14:00", "16:00", "when 4 of their 8 latest answers came",
    )  # fmt: skip


def test_the_best_hours_are_those_of_the_next_two_open_days() -> None:
    """They answer on Thursdays; by then the deal has been dark for three days more."""
    heard = [day(3 - 7 * week, 10, 30) for week in range(1, 10)]
    assert said(best_slot(habits(heard=heard), "email", day(0)))[0] == "Mon 02 09:00"
    assert said(best_slot(habits(heard=heard), "email", day(2)))[0] == "Thu 05 09:00"


def test_an_answer_is_not_put_off_beyond_its_time() -> None:
    heard = [day(-number, 15) for number in range(1, 10)]
    known = habits(heard=heard)
    assert said(best_slot(known, "email", day(0), by=day(0, 15)))[:2] == ("Mon 02 13:00", "15:00")
    for by in (day(-1), day(0, 9, 10)):
        assert said(best_slot(known, "email", day(0), by=by))[:2] == ("Mon 02 14:00", "16:00")


def test_who_answers_at_night_is_still_written_to_in_open_hours() -> None:
    heard = [day(-number, 23) for number in range(1, 10)]
    slot = said(best_slot(habits(heard=heard), "email", day(0)))
    assert slot[2] == "in their working hours, though they mostly answer at others"
    assert slot[:2] == ("Mon 02 09:00", "11:00")


def test_calls_and_texts_are_for_the_day_and_letters_for_any_hour() -> None:
    awake = habits(clock=WorkClock(ROUND_THE_CLOCK, "UTC"))
    for channel, starts, ends in (
        ("phone", "Tue 03 08:00", "20:00"),
        ("sms", "Tue 03 08:00", "20:00"),
        ("email", "Mon 02 21:00", "00:00"),
    ):
        assert said(best_slot(awake, channel, day(0, 21)))[:2] == (starts, ends)


def test_holidays_and_absences_are_left_out() -> None:
    off = habits(holidays=frozenset({date(2026, 3, 2)}), away=[(day(1, 0), day(3, 12))])
    assert said(best_slot(off, "email", day(0)))[:2] == ("Thu 05 12:00", "17:00")


def test_who_is_never_open_in_the_weeks_to_come_has_no_best_time() -> None:
    assert best_slot(habits(away=[(day(0, 0), day(60))]), "email", day(0)) is None


@pytest.mark.parametrize(
    ("hour", "reader", "sentence"),
    [
        (9, LONDON, "Best: today 09:00–17:00, in their working hours."),
        (9, NEW_YORK, "Best: today 09:00–17:00 their time (04:00–12:00 yours), in their working hours."),
        (18, LONDON, "Best: tomorrow 09:00–17:00, in their working hours."),
    ],
)  # fmt: skip
def test_it_is_said_on_both_clocks_where_they_differ(
    hour: int, reader: ZoneInfo, sentence: str
) -> None:
    slot = best_slot(habits(), "email", day(0, hour))
    assert slot is not None
    assert say(slot, day(0, hour), reader) == sentence


def test_the_readers_day_is_named_where_it_is_another() -> None:
    slot = best_slot(habits(), "email", day(0, 1))
    assert slot is not None
    assert say(slot, day(0, 1), NEW_YORK) == (
        "Best: today 09:00–17:00 their time (tomorrow 04:00–12:00 yours), in their working hours."
    )


def test_a_later_day_is_named(ines: User) -> None:
    slot = best_slot(habits(), "email", day(4, 18))
    assert slot is not None
    assert say(slot, day(4, 18), LONDON) == (
        "Best: Monday 9 March 09:00–17:00, in their working hours."
    )


@pytest.fixture
def mara(ines: User) -> Contact:
    """A contact in New York who lives by the workspace's calendar."""
    return make_contact(time_zone="America/New_York")


def test_the_workspaces_hours_are_meant_where_they_are(mara: Contact) -> None:
    slot = best_time(mara, "phone", now=day(0), rulebook=Rulebook.load())
    assert said(slot) == ("Mon 02 09:00", "17:00", "in their working hours")
    assert slot is not None
    assert slot.starts_at == day(0, 14)


def test_their_own_calendar_says_their_hours_and_holidays(mara: Contact) -> None:
    own = WorkCalendar.objects.create(name="Yard")
    calendars.new_version(
        own, now=day(-9), hours={str(weekday): [["06:00", "14:00"]] for weekday in range(7)},
        time_zone="America/New_York", special={"2026-03-02": []},
    )  # fmt: skip
    calendars.assign(mara, own, now=day(-8))
    slot = best_time(mara, "phone", now=day(0, 12), rulebook=Rulebook.load())
    assert said(slot)[:2] == ("Tue 03 08:00", "14:00")


def test_it_waits_for_their_return(mara: Contact) -> None:
    conversation.hold(
        Hold(contact=mara, reason="absence", starts_at=day(-1), ends_at=day(3, 15)), now=day(0)
    )
    slot = best_time(mara, "email", now=day(0), rulebook=Rulebook.load())
    assert said(slot)[0] == "Thu 05 10:00"


def test_who_was_heard_meanwhile_is_back(mara: Contact, ines: User, noor: User) -> None:
    note = Hold(contact=mara, reason="absence", starts_at=day(-3), ends_at=day(20))
    conversation.hold(note, now=day(-3))
    Story(make_deal(noor, opened_at=day(-5))).they_write(day(-2))  # somebody else
    slot = best_time(mara, "email", now=day(0), rulebook=Rulebook.load())
    assert said(slot)[0] == "Mon 23 09:00"
    Story(make_deal(ines, contact=mara, opened_at=day(-5))).they_write(day(-1))
    slot = best_time(mara, "email", now=day(0), rulebook=Rulebook.load())
    assert said(slot)[0] == "Mon 02 09:00"


def test_habits_are_their_own_answers_on_any_deal(mara: Contact, ines: User, noor: User) -> None:
    theirs, hers = Story(make_deal(ines, contact=mara)), Story(make_deal(noor, contact=mara))
    for number in range(1, 5):
        theirs.they_write(day(0, 19, number))
        hers.we_talk(day(0, 19, 30 + number))
        theirs.we_write(day(0, 15))
    slot = best_time(mara, "email", now=day(1), rulebook=Rulebook.load())
    assert said(slot)[2] == "when 8 of their 8 latest answers came"
    assert said(slot)[0] == "Tue 03 13:00"


def test_a_zone_that_is_none_falls_back_on_the_calendars(mara: Contact) -> None:
    for name in ("", "Mars/Olympus_Mons", "../etc/passwd", "America", "x" * 60):
        mara.time_zone = name
        slot = best_time(mara, "phone", now=day(0), rulebook=Rulebook.load())
        assert said(slot)[:2] == ("Mon 02 09:00", "17:00")
        assert slot is not None
        assert slot.zone.key == "UTC"


def test_where_no_zone_at_all_is_one_it_is_utc(mara: Contact) -> None:
    mara.time_zone = ""
    CalendarVersion.objects.update(time_zone="Mars/Olympus_Mons")
    slot = best_time(mara, "phone", now=day(0), rulebook=Rulebook.load())
    assert slot is not None
    assert (slot.zone.key, slot.starts_at) == ("UTC", day(0))


def test_it_is_read_in_three_queries(mara: Contact, django_assert_num_queries) -> None:
    rulebook = Rulebook.load()
    with django_assert_num_queries(3):
        best_time(mara, "phone", now=day(0), rulebook=rulebook)


FIRST, LAST = day(-700).replace(tzinfo=None), day(700).replace(tzinfo=None)
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    zone=st.sampled_from(sorted(available_timezones())).map(ZoneInfo),
    now=instants,
    heard=st.lists(instants, max_size=12),
    holidays=st.frozensets(st.dates(date(2024, 1, 1), date(2028, 3, 1)), max_size=20),
    away=st.lists(st.tuples(instants, st.timedeltas(timedelta(), timedelta(days=20))), max_size=2),
    channel=st.sampled_from(["email", "phone", "sms"]),
    opens=st.sampled_from([WEEK, ROUND_THE_CLOCK]),
)
def test_the_best_time_is_to_come_open_awake_and_on_no_holiday_in_every_zone(
    zone: ZoneInfo,
    now: datetime,
    heard: list[datetime],
    holidays: frozenset[date],
    away: list[tuple[datetime, timedelta]],
    channel: str,
    opens: dict[int, list[tuple[time, time]]],
) -> None:
    clock = WorkClock(opens, zone.key, holidays=holidays)
    spans = [(since, since + length) for since, length in away]
    slot = best_slot(Habits(zone, clock, holidays, heard, spans), channel, now)
    if slot is None:
        return
    length = slot.ends_at - slot.starts_at
    assert now <= slot.starts_at < slot.ends_at
    assert clock.between(slot.starts_at, slot.ends_at) == length
    first, last = (
        at.astimezone(zone) for at in (slot.starts_at, slot.ends_at - timedelta(seconds=1))
    )
    assert {first.date(), last.date()}.isdisjoint(holidays)
    assert all(slot.ends_at <= since or until <= slot.starts_at for since, until in spans)
    if channel != "email":
        assert 8 <= first.hour <= last.hour < 20
