"""When people reply: weekday by hour, on the clock where they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from accounts.models import User
from deals import course, people, rhythms
from deals.models import Silence, WorkCalendar
from deals.plots.caption import Caption
from deals.scopes import Scope
from tests.cast import MONDAY_9, Story, day, make_contact, make_deal

NOW = day(60)
CAPTION = Caption("rhythm", "When people reply", "It says something.")


def scope(now: datetime = NOW, **filters: object) -> Scope:
    return Scope.usual(now, UTC).narrowed(**filters)


def waiting(owner: User, zone: str = "", since: datetime = MONDAY_9, **fields: object) -> Story:
    contact = make_contact(time_zone=zone)
    story = Story(make_deal(owner, "Demo", opened_at=since, contact=contact, **fields))
    story.we_write(since, contact=contact)
    return story


def answer(story: Story, at: datetime, **fields: object) -> None:
    story.they_write(at, contact=fields.pop("contact", story.deal.contact), **fields)


def hours(reader: User, asked: Scope | None = None) -> dict[tuple[int, int], int]:
    """How many replies fell on which (weekday, hour); those without any left out."""
    counts = rhythms.read(reader, asked or scope()).counts
    return {(int(d), int(h)): int(counts[d, h]) for d, h in zip(*np.nonzero(counts), strict=True)}


@pytest.mark.parametrize(
    ("zone", "weekday", "hour"),
    [
        ("UTC", 1, 23),
        ("Europe/Berlin", 2, 0),  # an hour on is another day
        ("America/New_York", 1, 18),
        ("Asia/Kolkata", 2, 4),  # half past is no whole hour
        ("Pacific/Kiritimati", 2, 13),
    ],
)
def test_an_answer_counts_at_their_hour(ines: User, zone: str, weekday: int, hour: int) -> None:
    answer(waiting(ines, zone), day(1, 23, 10))
    assert hours(ines) == {(weekday, hour): 1}


def test_summer_time_moves_the_hour(ines: User) -> None:
    for at in (day(25, 8), day(28, 8)):  # Friday before, Monday after the last Sunday of March
        answer(waiting(ines, "Europe/Berlin"), at)
    assert hours(ines) == {(4, 9): 1, (0, 10): 1}


def test_the_zone_is_of_whoever_answered_then_the_leads_then_the_calendars(
    ines: User, karl: User
) -> None:
    lead_is_known = waiting(ines, "Asia/Tokyo")
    colleague = make_contact("Ole", "Berg", time_zone="America/New_York")
    people.join(lead_is_known.deal, colleague, now=day(0))
    answer(lead_is_known, day(1, 12), contact=colleague)
    nameless = waiting(ines, "Asia/Tokyo")
    nameless.they_write(day(1, 12))
    assert hours(ines) == {(1, 8 - 1): 1, (1, 21): 1}  # New York is not on summer time yet
    answer(waiting(karl), day(1, 12))  # the calendar's: UTC
    assert hours(karl) == {(1, 12): 1}


def test_a_zone_that_is_none_is_passed_over(ines: User) -> None:
    story = waiting(ines)
    type(story.deal.contact).objects.update(time_zone="Middle/Earth")
    answer(story, day(1, 12))
    assert hours(ines) == {(1, 12): 1}


def test_only_what_ends_a_silence_by_them_is_a_reply(ines: User) -> None:
    story = waiting(ines, "UTC")
    story.they_write(day(1, 12), is_heard=False, turn="unchanged")  # out of office
    answer(story, day(2, 12))
    answer(story, day(2, 12, 30))  # it is our move already
    course.close(waiting(ines, "UTC").deal, "won", now=day(3))
    waiting(ines, "UTC")
    assert hours(ines) == {(2, 12): 1}


def test_an_answer_after_we_let_go_counts_when_it_came(ines: User) -> None:
    story = waiting(ines, "UTC")
    course.let_go(story.deal, now=day(2))
    assert hours(ines) == {}
    answer(story, day(31, 16))
    assert hours(ines) == {(3, 16): 1}
    assert hours(ines, scope(day(30))) == {}


def test_a_call_that_was_taken_is_an_answer(ines: User) -> None:
    story = waiting(ines, "UTC")
    story.we_talk(day(3, 15), contact=story.deal.contact)
    assert hours(ines) == {(3, 15): 1}


def test_only_answers_in_the_days_up_to_the_instant_count(ines: User) -> None:
    answer(waiting(ines, "UTC"), day(1, 12))
    answer(waiting(ines, "UTC"), day(50, 12))
    assert hours(ines, Scope.usual(NOW, UTC, "4w")) == {(1, 12): 1}
    assert hours(ines, scope(day(1, 12))) == {(1, 12): 1}
    assert hours(ines, scope(day(1, 12) - timedelta(seconds=1))) == {}


def test_each_sees_what_was_theirs_when_it_began(
    ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    story = waiting(ines, "UTC")
    people.hand_over([story.deal.pk], noor, now=day(3))
    answer(story, day(4, 12))
    found = {who.name: sum(hours(who).values()) for who in (ines, karl, maud, noor, ada)}
    assert found == {"Ines": 1, "Karl": 0, "Maud": 1, "Noor": 0, "Ada": 1}
    assert hours(ada, scope(owner=noor)) == {}


def test_behind_each_hour_are_its_silences(ines: User) -> None:
    told = [waiting(ines, "UTC") for _ in range(3)]
    for story, hour in zip(told, (12, 12, 13), strict=True):
        answer(story, day(1, hour))
    found = rhythms.read(ines, scope())
    behind = Silence.objects.filter(pk__in=found.silences_at(1, 12))
    assert {silence.deal for silence in behind} == {told[0].deal, told[1].deal}
    assert found.silences_at(1, 14) == []


def test_the_number_of_queries_does_not_grow(
    ines: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for count in (1, 3):
        for _ in range(count):
            answer(waiting(ines, "UTC"), day(1, 12))
        with django_assert_num_queries(4):
            rhythms.read(ines, scope())


def test_clocks_on_the_wall_agree_with_the_zone_itself() -> None:
    zone = ZoneInfo("Europe/Berlin")
    instants = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=97 * n) for n in range(6000)]
    micros = np.array([round(at.timestamp()) * 1_000_000 for at in instants], np.int64)
    ahead = rhythms._offsets(micros, zone)
    assert ahead.tolist() == [
        round(at.astimezone(zone).utcoffset().total_seconds()) * 1_000_000  # type: ignore[union-attr]
        for at in instants
    ]


def test_it_is_said_in_a_sentence_and_drawn(ines: User) -> None:
    assert rhythms.say(rhythms.read(ines, scope())) == "Nobody replied in these days."
    for at in (day(1, 12), day(1, 12, 30), day(3, 9)):
        answer(waiting(ines, "UTC"), at)
    found = rhythms.read(ines, scope())
    assert rhythms.say(found) == (
        "The liveliest hour is Tuesday, 12:00 to 13:00 where they are, with 2 of 3 replies; the"
        " liveliest day is Tuesday."
    )
    plot = rhythms.plot(found, CAPTION, lambda weekday, hour: f"/{weekday}/{hour}")
    assert [(each.title, each.url) for each in plot.squares if each.level] == [
        ("Tuesday 12:00 to 13:00: 2", "/1/12"),
        ("Thursday 9:00 to 10:00: 1", "/3/9"),
    ]
    rows = list(rhythms.written(found))
    assert (rows[0][:3], rows[13]) == (
        ["Hour", "Monday", "Tuesday"],
        ["12:00", 0, 2, 0, 0, 0, 0, 0],
    )


def test_a_calendar_of_another_zone_tells_the_hour(ines: User) -> None:
    own = WorkCalendar.objects.get(is_workspace=True).versions.get()
    own.time_zone = "Asia/Tokyo"
    own.save()
    answer(waiting(ines), day(1, 12))
    assert hours(ines) == {(1, 21): 1}
