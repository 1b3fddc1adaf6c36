"""SILENCE.md, "When it is dark", through the whole engine: versions, calendars, seasons, leap days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from contacts.models import Contact
from deals import calendars, conversation, course, people, rebuilding, standing, states, thresholds
from deals.calendars import WORKING_WEEK
from deals.models import Hold, Stage, Turn, WorkCalendar
from deals.replay import compare
from tests.cast import LONG_AGO, Story, day, make_company, make_contact, make_deal, sweep_at


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]


def in_line(*stories: Story) -> bool:
    return not compare([story.deal.pk for story in stories], utc(2030, 1, 1)).differing


@pytest.fixture
def berlin(workspace: object) -> WorkCalendar:
    """Nine to five in Berlin, with Germany's public holidays."""
    calendar = WorkCalendar.objects.create(name="Berlin")
    calendars.new_version(
        calendar, now=utc(2024, 1, 1), hours=WORKING_WEEK, time_zone="Europe/Berlin", country="DE"
    )
    return calendar


def story_on(calendar: WorkCalendar, owner: User, stage: str, opened_at: datetime) -> Story:
    """Return a deal whose contact has lived by a calendar since before it."""
    contact = make_contact()
    calendars.assign(contact, calendar, now=opened_at)
    return Story(make_deal(owner, stage, contact=contact, opened_at=opened_at))


@pytest.mark.parametrize(
    ("stage", "since", "due"),
    [
        ("Negotiation", utc(2026, 3, 27, 14), utc(2026, 3, 30, 9)),
        ("Negotiation", utc(2026, 10, 23, 13), utc(2026, 10, 26, 10)),
        # Maundy Thursday 15:00 in Berlin; Good Friday and Easter Monday are closed
        ("Negotiation", utc(2026, 4, 2, 13), utc(2026, 4, 7, 9)),
        # a working day over Easter, begun at noon
        ("Proposal", utc(2026, 4, 2, 10), utc(2026, 4, 7, 10)),
        # a week of calendar time is 168 hours, whatever the clocks do
        ("Demo", utc(2026, 3, 27, 14), utc(2026, 4, 3, 14)),
        # over a leap day, in working and in calendar time
        ("Negotiation", utc(2024, 2, 28, 15), utc(2024, 2, 29, 11)),
        ("Proposal", utc(2024, 2, 28, 10), utc(2024, 2, 29, 10)),
        ("Demo", utc(2024, 2, 26, 10), utc(2024, 3, 4, 10)),
        ("Discovery", utc(2024, 2, 29, 10), utc(2024, 3, 21, 10)),
    ],
)
def test_it_is_dark_at_the_true_instant_over_clock_changes_holidays_and_leap_days(
    ines: User, berlin: WorkCalendar, stage: str, since: datetime, due: datetime
) -> None:
    story = story_on(berlin, ines, stage, since - timedelta(hours=1))
    story.we_write(since)
    stands = standing.of([story.silence], due)
    assert stands[story.silence.pk].due_at == due
    assert sweep_at(due - timedelta.resolution) == []
    assert sweep_at(due) == [story.silence.pk]
    assert story.spells == [(due, None)]
    sweep_at(due + timedelta(days=40))
    assert story.spells == [(due, None)]
    assert rebuilding.check(lambda: due + timedelta(days=40)).differing == []


def test_a_hold_over_a_clock_change_leaves_out_the_time_worked_in_it(
    ines: User, berlin: WorkCalendar
) -> None:
    """Held from Friday 15:30 to Monday 10:00 in Berlin: half an hour is used, so due at 13:30."""
    story = story_on(berlin, ines, "Negotiation", utc(2026, 3, 27, 8))
    story.we_write(utc(2026, 3, 27, 14))
    held = Hold(
        deal=story.deal, reason="pause",
        starts_at=utc(2026, 3, 27, 14, 30), ends_at=utc(2026, 3, 30, 8),
    )  # fmt: skip
    conversation.hold(held, now=utc(2026, 3, 27, 14, 30))
    assert sweep_at(utc(2026, 3, 30, 11, 29)) == []
    sweep_at(utc(2026, 3, 30, 12))
    assert story.spells == [(utc(2026, 3, 30, 11, 30), None)]


def test_a_new_version_of_a_calendar_counts_from_now(ines: User, berlin: WorkCalendar) -> None:
    """Its hours shrink to the afternoon on Tuesday: what was dark by then goes on being judged."""
    story = story_on(berlin, ines, "Negotiation", utc(2026, 5, 4, 6))
    story.we_write(utc(2026, 5, 4, 12))  # 14:00, due on Tuesday 10:00
    afternoons = {str(weekday): [["14:00", "17:00"]] for weekday in range(5)}
    calendars.new_version(
        berlin, now=utc(2026, 5, 5, 7, 30), hours=afternoons, time_zone="Europe/Berlin"
    )
    sweep_at(utc(2026, 5, 5, 11, 59))
    assert story.spells == []
    sweep_at(utc(2026, 5, 5, 14))
    assert story.spells == [(utc(2026, 5, 5, 13), None)]
    assert in_line(story)


# Every instant is judged by what was in force at it


def test_a_stage_entered_late_is_dark_from_the_move_that_it_is_dated_at(ines: User) -> None:
    story = Story(make_deal(ines, "Discovery"))
    story.we_write(day(0, 10))
    sweep_at(day(12))
    course.enter_stage(
        story.deal, Stage.objects.get(name="Negotiation"), turn=Turn.UNCHANGED,
        at=day(10), now=day(12),
    )  # fmt: skip
    assert story.spells == []
    assert sweep_at(day(12)) == [story.silence.pk]
    assert story.spells == [(day(10), None)]
    assert story.silence.dark_at == day(10)


def test_a_move_to_a_more_patient_stage_ends_the_spell_at_the_move(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweep_at(day(8))
    course.enter_stage(
        story.deal, Stage.objects.get(name="Discovery"), turn=Turn.UNCHANGED, now=day(9)
    )  # fmt: skip
    assert story.spells == [(day(7, 10), day(9))]
    assert not story.is_dark


def test_what_a_report_said_stays_said_after_a_version_but_not_after_a_retroactive_one(
    ines: User,
) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    stage = Stage.objects.get(name="Demo")
    sweep_at(day(9))
    assert states.states(day(8)).dark == 1
    thresholds.change_span(stage, "30d", now=day(10))
    sweep_at(day(10))
    assert (states.states(day(8)).dark, states.states(day(11)).dark) == (1, 0)
    assert story.spells == [(day(7, 10), day(10))]
    version = thresholds.change_span(stage, "30d", now=day(11), retroactive=True)
    thresholds.rejudge(version.rejudging, lambda: day(11))
    assert (states.states(day(8)).dark, story.spells) == (0, [])
    assert in_line(story)


def test_before_the_first_version_the_first_counts(ines: User) -> None:
    stage = Stage.objects.get(name="Demo")
    stage.thresholds.update(counts_from=day(100))
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweep_at(day(8))
    assert story.spells == [(day(7, 10), None)]


def test_a_version_before_a_promise_ends_changes_nothing_of_it(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_talk(day(1), turn=Turn.THEIRS, promised_at=day(5))
    thresholds.change_span(Stage.objects.get(name="Demo"), "60d", now=day(3))
    sweep_at(day(6))
    assert story.spells == [(day(5), None)]


# Whose calendar


@pytest.fixture
def afternoons(workspace: object) -> WorkCalendar:
    """Open from 13:00 to 17:00 UTC."""
    calendar = WorkCalendar.objects.create(name="Afternoons")
    hours = {str(weekday): [["13:00", "17:00"]] for weekday in range(5)}
    calendars.new_version(calendar, now=LONG_AGO, hours=hours, time_zone="UTC")
    return calendar


def test_another_primary_contact_is_waited_for_on_their_own_calendar(
    ines: User, afternoons: WorkCalendar
) -> None:
    """Nine to five until noon; from then on by afternoons, on which nothing has passed yet."""
    vera: Contact = make_contact("Vera")
    calendars.assign(vera, afternoons, now=day(-5))
    story = Story(make_deal(ines, "Negotiation"))
    story.we_write(day(0, 9))
    people.make_primary(story.deal, vera, now=day(0, 12))
    assert story.silence.calendar == afternoons
    assert sweep_at(day(0, 16)) == []
    sweep_at(day(1))
    assert story.spells == [(day(0, 17), None)]
    assert in_line(story)


def test_a_calendar_of_a_contact_counts_from_when_it_was_given(
    ines: User, afternoons: WorkCalendar
) -> None:
    story = Story(make_deal(ines, "Negotiation"))
    story.we_write(day(0, 9))
    sweep_at(day(0, 14))
    assert story.spells == [(day(0, 13), None)]
    calendars.assign(story.deal.contact, afternoons, now=day(0, 15))
    sweep_at(day(1))
    assert story.spells == [(day(0, 13), day(0, 15)), (day(0, 17), None)]
    assert in_line(story)


def test_a_contact_without_a_calendar_inherits_their_companys(
    ines: User, afternoons: WorkCalendar
) -> None:
    company = make_company()
    story = Story(make_deal(ines, "Negotiation", contact=make_contact(company=company)))
    story.we_write(day(0, 9))
    calendars.assign_company(company, afternoons, now=day(0, 10))
    assert story.silence.calendar == afternoons
    calendars.assign(story.deal.contact, None, now=day(0, 11))
    assert story.silence.calendar == afternoons
    calendars.assign_company(company, None, now=day(0, 12))
    assert story.silence.calendar.is_workspace


def test_an_answer_we_owe_goes_by_our_calendar_not_theirs(
    ines: User, afternoons: WorkCalendar
) -> None:
    contact = make_contact()
    calendars.assign(contact, afternoons, now=day(-1))
    story = Story(make_deal(ines, "Negotiation", contact=contact))
    story.they_write(day(0, 9))
    assert story.silence.calendar.is_workspace
    sweep_at(day(0, 11))
    assert (story.silence.dark_at, story.spells) == (day(0, 10), [])


def test_a_deal_that_is_nobodys_move_is_never_marked(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    assert sweep_at(day(60)) == []
    stands = standing.of([story.silence], day(60))[story.silence.pk]
    assert stands.state == standing.State.STALE
