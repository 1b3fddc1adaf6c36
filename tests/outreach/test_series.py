"""Meetings that come again: the deal is held to the next one, and goes on to the one after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from deals.models import Deal, Hold, Touch, Turn
from outreach import meeting_holds, meetings, notices, tasks
from outreach.appointments import Told
from outreach.mail.parsing.invitations import read
from outreach.models import Meeting, Notice
from tests.cast import day, make_contact, make_deal
from tests.outreach.test_meetings import ADDRESS, STAMP, calendar, holds, publishes

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"  # on days 7, 14, 21 and 28, ten to eleven


@pytest.fixture
def deal(ines: User) -> Deal:
    return make_deal(ines, contact=make_contact(addresses={"email": ADDRESS}), turn=Turn.THEIRS)


def arrives(deal: Deal, text: str, now: datetime, *, is_from_us: bool = False) -> None:
    for appointment in read(text, zone="UTC", now=now):
        told = Told(deal, deal.contact, deal.owner, now, is_from_us=is_from_us)
        meetings.apply(appointment, told, now=now)


def they_accept(deal: Deal, **told: Any) -> None:
    """Let them accept on the second day."""
    arrives(deal, calendar("REPLY", at=day(2), answer="ACCEPTED", **told), day(2))


def one(start: datetime) -> str:
    """Name one appointment of a series, as a message about it alone does."""
    return f"RECURRENCE-ID:{start.strftime(STAMP)}"


def test_a_weekly_meeting_holds_to_the_next_one_and_then_to_the_one_after(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    assert holds() == [(day(2), day(7, 11))]

    assert meeting_holds.go_on(day(7, 10)) == 0
    assert meeting_holds.go_on(day(7, 12)) == 1
    assert meeting_holds.go_on(day(7, 13)) == 0

    assert holds() == [(day(2), day(7, 11)), (day(7, 11), day(14, 11))]
    assert Meeting.objects.get().starts_at == day(14, 10)


def test_each_meeting_of_a_series_is_asked_about(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    for at in (7, 14):
        meeting_holds.go_on(day(at, 11, 30))
        notices.tell(day(at, 12))
    assert list(Notice.objects.values_list("kind", flat=True)) == [Notice.Kind.MEETING_PAST] * 2
    assert list(Hold.objects.values_list("took_place", flat=True)) == [None] * 3


def test_a_series_ends_with_its_last_meeting(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    assert meeting_holds.go_on(day(29)) == 1
    assert meeting_holds.go_on(day(30)) == 0
    assert holds() == [(day(2), day(7, 11))]


def test_whoever_looks_late_goes_on_where_it_stopped(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    meeting_holds.go_on(day(16))
    assert holds()[1:] == [(day(7, 11), day(21, 11))]


def test_an_answer_that_repeats_no_rule_is_about_the_whole_series(deal: Deal) -> None:
    arrives(deal, calendar("REQUEST", at=day(1), more=WEEKLY), day(1), is_from_us=True)
    they_accept(deal)
    meeting_holds.go_on(day(7, 12))
    assert holds() == [(day(2), day(7, 11)), (day(7, 11), day(14, 11))]


def test_a_cancelled_series_holds_nothing_more(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    arrives(deal, calendar("CANCEL", at=day(3), sequence=1), day(3), is_from_us=True)
    meeting_holds.go_on(day(8))
    assert holds() == [(day(2), day(3))]


def test_the_next_meeting_left_out_holds_to_the_one_after(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    arrives(deal, calendar("CANCEL", at=day(3), more=one(day(7, 10))), day(3), is_from_us=True)
    assert holds() == [(day(2), day(14, 11))]
    meeting_holds.go_on(day(14, 12))
    assert holds()[1:] == [(day(14, 11), day(21, 11))]


def test_one_meeting_moved_is_where_it_was_moved_to_and_the_rest_stay(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    moved = calendar("REQUEST", at=day(3), start=day(8, 15), more=one(day(7, 10)))
    for _ in range(2):
        arrives(deal, moved, day(3), is_from_us=True)
    later = calendar("REQUEST", at=day(3), start=day(23, 15), more=one(day(21, 10)))
    arrives(deal, later, day(3), is_from_us=True)
    assert holds() == [(day(2), day(8, 16))]
    assert [place[1] for place in Meeting.objects.get().series] == [
        at.isoformat() for at in (day(8, 15), day(14, 10), day(23, 15), day(28, 10))
    ]


def test_they_decline_one_and_the_series_goes_on(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)
    declined = calendar("REPLY", at=day(3), answer="DECLINED", more=one(day(7, 10)))
    arrives(deal, declined, day(3))
    assert (holds(), Meeting.objects.get().state) == ([(day(2), day(14, 11))], "accepted")


def test_a_meeting_moved_far_ahead_in_a_published_calendar_holds_for_its_series_no_longer(
    deal: Deal,
) -> None:
    series = calendar(answer="ACCEPTED", more=WEEKLY)
    moved = calendar(answer="ACCEPTED", start=day(90, 10), more=one(day(7, 10)))
    event = moved[moved.index("BEGIN:VEVENT") : moved.index("END:VCALENDAR")]
    publishes(deal.owner, series.replace("END:VCALENDAR", f"{event}END:VCALENDAR"), now=day(2))
    assert holds() == [(day(1), day(14, 11))]


def test_a_published_series_goes_on_by_whoever_looks_first_and_once(deal: Deal) -> None:
    text = calendar(answer="ACCEPTED", more=WEEKLY)
    publishes(deal.owner, text, now=day(2))
    publishes(deal.owner, text, now=day(7, 12))
    meeting_holds.go_on(day(7, 12))
    meeting_holds.go_on(day(14, 12))
    publishes(deal.owner, text, now=day(14, 13))
    assert holds() == [
        (day(1), day(7, 11)), (day(7, 11), day(14, 11)), (day(14, 11), day(21, 11)),
    ]  # fmt: skip
    assert Touch.objects.filter(channel="meeting").count() == 1


def test_a_rule_without_end_is_told_for_a_while_only() -> None:
    [told] = read(calendar("REQUEST", more="RRULE:FREQ=DAILY"), zone="UTC", now=day(30))
    assert len(told.occurrences) == 100
    assert told.occurrences[0].starts_at == day(30, 10)
    assert told.occurrences[-1].starts_at == day(30, 10) + timedelta(days=99)


def test_the_beat_lets_series_go_on(deal: Deal) -> None:
    they_accept(deal, more=WEEKLY)  # long ago, and all of it over
    tasks.read_calendars()
    assert Meeting.objects.get().series == []
