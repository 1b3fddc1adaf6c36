"""One cutoff per policy finds exactly the silences that are due, whatever held them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from deals import calendars, conversation, standing, sweep
from deals.cutoffs import Cutoffs
from deals.models import By, DarkSpell, Hold, Silence, Threshold, WorkCalendar
from deals.standing import State
from tests.cast import MONDAY_9, Story, day, make_contact, make_deal, sweep_at

STAGES = ["Discovery", "Demo", "Proposal", "Negotiation", "Renewal"]


@pytest.fixture
def night_shift(workspace: object) -> WorkCalendar:
    """A calendar that no one else keeps."""
    calendar = WorkCalendar.objects.create(name="Night shift")
    hours = {str(weekday): [["20:00", "24:00"]] for weekday in range(7)}
    calendars.new_version(calendar, now=MONDAY_9, hours=hours, time_zone="America/New_York")
    return calendar


def tell_some(ines: User, dice: random.Random, calendar: WorkCalendar) -> None:
    """Open a deal with a silence that may be held, promised, answered or on another calendar."""
    contact = make_contact()
    if dice.random() < 0.3:
        calendars.assign(contact, calendar, now=MONDAY_9)
    story = Story(make_deal(ines, dice.choice(STAGES), contact=contact))
    since = MONDAY_9 + timedelta(minutes=dice.randrange(10 * 24 * 60))
    story.we_write(since)
    if dice.random() < 0.4:
        starts = since + timedelta(minutes=dice.randrange(-2000, 20000))
        ends = starts + timedelta(minutes=dice.randrange(1, 20000))
        conversation.hold(
            Hold(deal=story.deal, reason="pause", starts_at=starts, ends_at=ends), now=since
        )
    if dice.random() < 0.2:
        due = since + timedelta(minutes=dice.randrange(1, 20000))
        conversation.promise(story.deal, made_at=since, due_at=due, now=since)
    if dice.random() < 0.2:
        story.they_write(since + timedelta(minutes=dice.randrange(20000)))


def truly(now: datetime, by: str, state: State) -> set[int]:
    """Judge every open silence one by one."""
    rows = Silence.objects.open().filter(by=by)
    return {pk for pk, stands in standing.of(rows, now).items() if stands.state == state}


@pytest.mark.parametrize("seed", range(4))
def test_due_by_cutoff_is_due_one_by_one(ines: User, night_shift: WorkCalendar, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(40):
        tell_some(ines, dice, night_shift)
    for minutes in sorted(dice.randrange(25 * 24 * 60) for _ in range(6)):
        now = MONDAY_9 + timedelta(minutes=minutes)
        cutoffs = Cutoffs.at(now)
        rows = Silence.objects.all()
        dark = set(rows.filter(cutoffs.dark()).values_list("pk", flat=True))
        assert dark == truly(now, By.THEM, State.DARK)
        dimming = set(rows.filter(cutoffs.dimming()).values_list("pk", flat=True))
        assert dimming == truly(now, By.THEM, State.DIMMING)
        overdue = set(rows.filter(cutoffs.due(By.US)).values_list("pk", flat=True))
        assert overdue == truly(now, By.US, State.OVERDUE)
        sweep_at(now)
        marked = Silence.objects.open().filter(dark_at__isnull=False)
        assert set(marked.values_list("pk", flat=True)) == dark | overdue


def test_a_raised_threshold_ends_the_spell_at_the_change(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweep_at(day(8))
    Threshold.objects.create(
        stage=story.deal.stage, dark_after="3w", counts_from=day(9), created_at=day(9)
    )
    assert sweep.lapse_batch(day(9, 12)) == [story.silence.pk]
    assert story.spells == [(day(7, 10), day(9))]
    sweep_at(day(22))
    assert story.spells == [(day(7, 10), day(9)), (day(21, 10), None)]


def test_a_promise_made_while_dark_ends_the_spell_and_broken_it_is_dark_again(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweep_at(day(8))
    conversation.promise(story.deal, made_at=day(9), due_at=day(10), now=day(9))
    assert not story.is_dark
    assert sweep_at(day(9, 23)) == []
    sweep_at(day(11))
    assert story.spells == [(day(7, 10), day(9)), (day(10), None)]


def test_a_batch_marks_no_more_than_its_limit_and_ends_with_nothing(ines: User) -> None:
    for _ in range(3):
        Story(make_deal(ines, "Demo")).we_write(day(0, 10))
    batches = [len(sweep.mark_batch(day(8), limit=2)) for _ in range(3)]
    assert batches == [2, 1, 0]
    assert DarkSpell.objects.count() == 3


def test_an_answer_we_owe_is_overdue_on_our_own_working_time(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.they_write(day(4, 16))
    assert sweep_at(day(7, 15, 59)) == []
    sweep_at(day(7, 16))
    assert story.silence.dark_at == day(7, 16)
    assert not story.is_dark


def test_a_calendar_that_is_hardly_ever_open_stops_nobody_elses_sweep(ines: User) -> None:
    rare = WorkCalendar.objects.create(name="One hour")
    calendars.new_version(
        rare, now=MONDAY_9, hours={}, time_zone="UTC", special={"2026-03-02": [["09:00", "10:00"]]}
    )
    contact = make_contact()
    calendars.assign(contact, rare, now=MONDAY_9)
    never = Story(make_deal(ines, "Negotiation", contact=contact))
    never.we_write(day(0, 9))
    other = Story(make_deal(ines, "Negotiation"))
    other.we_write(day(0, 9))
    sweep_at(day(3))
    assert (never.is_dark, other.is_dark) == (False, True)
    assert standing.of([never.silence], day(3))[never.silence.pk].state == State.WAITING


def test_many_calendars_make_no_question_too_long(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    for number in range(60):
        calendar = WorkCalendar.objects.create(name=f"Calendar {number}")
        calendars.new_version(
            calendar,
            now=MONDAY_9,
            hours={"0": [["09:00", f"{10 + number % 12}:00"]]},
            time_zone="UTC",
        )
    cutoffs = Cutoffs.at(day(8))
    assert Silence.objects.filter(cutoffs.dark()).get() == story.silence
    assert len(list(cutoffs.widest(By.THEM))) < 60
