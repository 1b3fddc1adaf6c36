"""Free times that a rep can offer: at work, not in a meeting, on the contact's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Cover, User
from contacts.models import Contact
from deals import calendars
from deals.models import Hold, WorkCalendar
from deals.worktime import WorkClock
from outreach import slots
from outreach.speech import SPEECHES, say_month, say_times, speech_of
from tests.cast import LONG_AGO, day, make_contact, make_deal

EN, DE = SPEECHES["en"], SPEECHES["de"]
NINE_TO_FIVE = WorkClock({weekday: [(time(9), time(17))] for weekday in range(5)}, "UTC")
MORNINGS = WorkClock({weekday: [(time(8), time(11))] for weekday in range(5)}, "UTC")


def offered(
    now: datetime, *busy: tuple[datetime, datetime], theirs: WorkClock = NINE_TO_FIVE
) -> list[datetime]:
    return slots.free(NINE_TO_FIVE, theirs, busy, now=now, zone=UTC)


def test_three_times_one_in_each_half_of_a_day() -> None:
    assert offered(day(0, 7)) == [day(0, 11), day(0, 12), day(1, 9)]


def test_the_first_is_hours_from_now_and_none_is_at_night_or_on_a_weekend() -> None:
    assert offered(day(4, 14, 10)) == [day(7, 9), day(7, 12), day(8, 9)]


def test_what_is_booked_is_not_offered() -> None:
    meeting = day(1, 9, 15), day(1, 10, 15)
    assert offered(day(0, 15), meeting) == [day(1, 10, 30), day(1, 12), day(2, 9)]


def test_both_are_at_work() -> None:
    assert offered(day(0, 15), theirs=MORNINGS) == [day(1, 9), day(2, 9), day(3, 9)]
    nights = WorkClock({0: [(time(20), time(22))]}, "UTC")
    assert offered(day(0, 15), theirs=nights) == []


def test_mornings_are_those_of_the_contact() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    found = slots.free(NINE_TO_FIVE, NINE_TO_FIVE, (), now=day(0, 7), zone=tokyo)
    assert found == [day(0, 11), day(0, 15), day(1, 9)]  # 20:00, the 3rd at 00:00, 18:00
    assert {at.tzinfo for at in found} == {tokyo}


def say(owner: User, contact: Contact) -> str:
    return slots.say(owner, contact, EN, day(0, 15))


def test_times_are_said_on_the_contacts_clock(ines: User) -> None:
    assert say(ines, make_contact()) == (
        "Tuesday 3 March at 09:00, Tuesday 3 March at 12:00 or Wednesday 4 March at 09:00"
    )
    lisbon = make_contact(time_zone="Europe/Lisbon")
    assert say(ines, lisbon).endswith("Wednesday 4 March at 09:00")
    berlin = make_contact(time_zone="Europe/Berlin")
    assert say(ines, berlin) == (
        "Tuesday 3 March at 10:00, Tuesday 3 March at 12:00 or "
        "Wednesday 4 March at 10:00 (your time)"
    )
    assert slots.say(ines, berlin, DE, day(0, 15)).endswith(
        "oder Mittwoch (4.3.) um 10:00 Uhr (Ihre Ortszeit)"
    )


def test_the_owners_own_zone_counts(ines: User) -> None:
    ines.time_zone = "Europe/Berlin"
    assert say(ines, make_contact()).startswith("Tuesday 3 March at 09:00,")
    london = make_contact(time_zone="Europe/London")
    assert say(ines, london).startswith("Tuesday 3 March at 09:00, ")
    assert say(ines, london).endswith("(your time)")


def test_the_contacts_calendar_counts(ines: User) -> None:
    contact = make_contact()
    late = WorkCalendar.objects.create(name="Late")
    hours = {"2": [["15:00", "16:00"]]}
    calendars.new_version(late, now=LONG_AGO, hours=hours, time_zone="Europe/Berlin")
    calendars.assign(contact, late, now=day(0))
    assert say(ines, contact) == (
        "Wednesday 4 March at 15:00 or Wednesday 11 March at 15:00 (your time)"
    )


def test_meetings_and_leave_of_the_owner_are_left_out(ines: User, karl: User) -> None:
    contact = make_contact()
    deal, others = make_deal(ines), make_deal(karl)
    for where, ends_at in ((deal, day(1, 9, 30)), (others, day(1, 12, 30))):
        Hold.objects.create(
            deal=where, reason=Hold.Reason.MEETING, starts_at=day(0), ends_at=ends_at
        )
    assert say(ines, contact).startswith("Tuesday 3 March at 09:30, Tuesday 3 March at 12:00")
    Cover.objects.create(
        user=ines, colleague=karl, starts_at=day(1, 0), ends_at=day(4, 0), made_at=day(0)
    )
    assert say(ines, contact).startswith("Friday 6 March at 09:00")


def test_whoever_has_no_time_for_two_weeks_offers_none(ines: User, karl: User) -> None:
    Cover.objects.create(
        user=ines, colleague=karl, starts_at=day(0), ends_at=day(40), made_at=day(0)
    )
    assert say(ines, make_contact()) == ""


def test_times_are_read_in_a_fixed_number_of_queries(ines: User, django_assert_num_queries) -> None:
    contact = make_contact(time_zone="Europe/Berlin")
    for ends_at in (day(1, 10), day(1, 15), day(2, 10)):
        Hold.objects.create(
            deal=make_deal(ines), reason=Hold.Reason.MEETING, starts_at=day(0), ends_at=ends_at
        )
    with django_assert_num_queries(4):
        say(ines, contact)


def test_one_two_or_no_times_are_joined_as_one_speaks() -> None:
    assert say_times([], EN, is_theirs=True) == ""
    assert say_times([day(0)], EN) == "Monday 2 March at 09:00"
    assert say_times([day(0), day(1)], DE) == (
        "Montag (2.3.) um 09:00 Uhr oder Dienstag (3.3.) um 09:00 Uhr"
    )


def test_months_are_said_with_the_year_where_it_is_far() -> None:
    today = date(2026, 3, 2)
    told = [today, date(2026, 2, 28), date(2025, 4, 1), date(2025, 3, 1), date(2026, 4, 1)]
    assert [say_month(on, today, EN) for on in told] == [
        "this month", "in February", "in April", "in March 2025", "in April 2026",
    ]  # fmt: skip
    assert say_month(today - timedelta(days=20), today, DE) == "im Februar"
    assert say_month(today, None, DE) == "im März 2026"


def test_only_languages_with_a_table_say_days() -> None:
    assert speech_of("de-AT") == DE
    assert speech_of("sv") is None
