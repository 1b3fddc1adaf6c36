"""SILENCE.md, "History": late, repeated, corrected, moved and deleted touches, and whose rows go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from deals import conversation, course, people
from deals.models import Direction, Hold, Silence, Stage, Touch, Turn
from deals.replay import compare
from tests.cast import Story, day, make_contact, make_deal, sweep_at


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo: dark after a week of calendar time."""
    return Story(make_deal(ines, "Demo"))


def mail(direction: Direction, at: Any, name: str, **fields: Any) -> Touch:
    """Return a touch as a mailbox tells it: with an id, and without a word about the turn."""
    return Touch(
        direction=direction, occurred_at=at, channel="email", source="mail", external_id=name,
        **fields,
    )  # fmt: skip


def in_line(*stories: Story) -> bool:
    """Whether the rows of deals are what a replay from nothing gives."""
    return not compare([story.deal.pk for story in stories], day(400)).differing


def test_at_one_instant_they_are_heard_before_we_write_and_the_stage_comes_last(
    ines: User, demo: Story
) -> None:
    course.enter_stage(
        demo.deal, Stage.objects.get(name="Proposal"), turn=Turn.THEIRS, at=day(1), now=day(2)
    )
    demo.we_write(day(1), turn=Turn.OURS, recorded_at=day(2))
    demo.they_write(day(1), recorded_at=day(2))
    assert set(demo.silences) == {
        ("nobody", day(0), day(1), "turned"),
        ("us", day(1), day(1), "answered"),
        ("us", day(1), day(1), "turned"),
        ("them", day(1), None, ""),
    }
    assert demo.silence.stage.name == "Proposal"
    assert in_line(demo)


def test_a_touch_moved_to_another_deal_moves_the_silence(ines: User, demo: Story) -> None:
    other = Story(make_deal(ines, "Demo"))
    touch = demo.we_write(day(1))
    conversation.correct(touch, now=day(2), deal=other.deal)
    assert demo.silences == [("nobody", day(0), None, "")]
    assert other.silences[1:] == [("them", day(1), None, "")]
    assert in_line(demo, other)


def test_a_touch_told_again_with_another_deal_moves(ines: User, demo: Story) -> None:
    other = Story(make_deal(ines, "Demo"))
    conversation.record(demo.deal, mail(Direction.OUTBOUND, day(1), "1"), now=day(1))
    again = conversation.record(other.deal, mail(Direction.OUTBOUND, day(1), "1"), now=day(2))
    assert again.fate == "updated"
    assert demo.silences == [("nobody", day(0), None, "")]
    assert other.silences[1:] == [("them", day(1), None, "")]


def test_a_deleted_touch_that_arrives_again_stays_deleted(demo: Story) -> None:
    first = conversation.record(demo.deal, mail(Direction.INBOUND, day(1), "1"), now=day(1))
    conversation.delete(first.touch, now=day(2))
    again = conversation.record(demo.deal, mail(Direction.INBOUND, day(1), "1"), now=day(3))
    assert again.fate == "unchanged"
    assert demo.silences == [("nobody", day(0), None, "")]
    conversation.restore(again.touch, now=day(4))
    assert demo.silences[1:] == [("us", day(1), None, "")]


def test_a_turn_that_a_person_corrected_survives_the_same_touch_told_again(demo: Story) -> None:
    first = conversation.record(demo.deal, mail(Direction.INBOUND, day(1), "1"), now=day(1))
    conversation.correct(first.touch, now=day(2), turn=Turn.UNCHANGED)
    assert demo.silence.by == "nobody"
    again = conversation.record(demo.deal, mail(Direction.INBOUND, day(1), "1"), now=day(3))
    assert (again.fate, demo.silence.by) == ("unchanged", "nobody")
    said = mail(Direction.INBOUND, day(1), "1", turn=Turn.OURS)
    assert conversation.record(demo.deal, said, now=day(4)).fate == "updated"
    assert demo.silence.by == "us"


def test_a_person_whom_somebody_named_survives_the_same_touch_told_again(demo: Story) -> None:
    first = conversation.record(demo.deal, mail(Direction.INBOUND, day(1), "1"), now=day(1))
    vera = make_contact("Vera")
    conversation.correct(first.touch, now=day(2), contact=vera)
    again = conversation.record(demo.deal, mail(Direction.INBOUND, day(1), "1"), now=day(3))
    assert (again.fate, again.touch.contact) == ("unchanged", vera)


def test_a_direction_told_otherwise_brings_its_own_turn(demo: Story) -> None:
    conversation.record(demo.deal, mail(Direction.INBOUND, day(1), "1"), now=day(1))
    conversation.record(demo.deal, mail(Direction.OUTBOUND, day(1), "1"), now=day(2))
    assert demo.silences[1:] == [("them", day(1), None, "")]


def test_a_corrected_direction_gives_the_turn_of_the_new_one(demo: Story) -> None:
    touch = demo.they_write(day(1))
    conversation.correct(touch, now=day(2), direction=Direction.OUTBOUND)
    assert demo.silences[1:] == [("them", day(1), None, "")]
    conversation.correct(touch, now=day(3), direction=Direction.TWO_WAY, turn=Turn.THEIRS)
    assert demo.silences[1:] == [("them", day(1), None, "")]


def test_a_correction_told_again_gives_the_absence_on_other_deals_back(
    ines: User, demo: Story
) -> None:
    """They were never heard after all: so their other deals are held to the end again."""
    other = Story(make_deal(ines, "Demo", contact=demo.deal.contact))
    other.we_write(day(1))
    away = Hold(
        contact=demo.deal.contact, reason="absence", starts_at=day(2), ends_at=day(12)
    )  # fmt: skip
    conversation.hold(away, now=day(2))
    conversation.record(demo.deal, mail(Direction.INBOUND, day(4), "1"), now=day(4))
    assert other.silence.held_until == day(4)
    conversation.record(demo.deal, mail(Direction.OUTBOUND, day(4), "1"), now=day(5))
    assert other.silence.held_until == day(12)
    assert in_line(demo, other)


def test_a_row_goes_on_as_the_silence_it_overlaps_most(ines: User, demo: Story) -> None:
    """One arrival takes the opening touch away and splits the rest: its row is the longer part."""
    other = Story(make_deal(ines, "Demo"))
    conversation.record(demo.deal, mail(Direction.OUTBOUND, day(1), "1"), now=day(1))
    sweep_at(day(20))
    row = demo.silence
    moved = mail(Direction.OUTBOUND, day(1), "1", deal=other.deal)
    conversation.record_many(
        [
            moved,
            mail(Direction.OUTBOUND, day(1, 10), "2", deal=demo.deal),
            mail(Direction.INBOUND, day(1, 12), "3", deal=demo.deal),
            mail(Direction.OUTBOUND, day(2), "4", deal=demo.deal),
        ],
        now=day(20),
    )
    assert demo.silences[1:] == [
        ("them", day(1, 10), day(1, 12), "replied"),
        ("us", day(1, 12), day(2), "answered"),
        ("them", day(2), None, ""),
    ]
    assert (demo.silence.pk, demo.is_dark) == (row.pk, True)
    assert demo.spells == [(day(9), None)]
    assert in_line(demo, other)


def test_a_row_keeps_its_id_when_its_opening_touch_moves_in_time(demo: Story) -> None:
    touch = demo.we_write(day(3))
    row = demo.silence
    conversation.correct(touch, now=day(4), occurred_at=day(1))
    assert (demo.silence.pk, demo.silence.started_at) == (row.pk, day(1))


def test_a_late_touch_before_the_first_one_joins_its_silence(demo: Story) -> None:
    demo.we_write(day(3))
    row = demo.silence
    demo.we_write(day(1), recorded_at=day(4))
    assert demo.silences[1:] == [("them", day(1), None, "")]
    assert (demo.silence.pk, demo.silence.attempts) == (row.pk, 1)


def test_a_touch_before_the_deal_was_opened_opens_the_history(demo: Story) -> None:
    demo.we_write(day(-3), recorded_at=day(1))
    assert demo.silences == [("them", day(-3), None, "")]
    assert in_line(demo)


def test_a_spell_keeps_owner_and_amount_of_its_crossing(
    ines: User, karl: User, demo: Story
) -> None:
    demo.we_write(day(1))
    sweep_at(day(9))
    people.hand_over([demo.deal.pk], karl, now=day(9))
    type(demo.deal).objects.filter(pk=demo.deal.pk).update(amount=5)
    demo.we_write(day(0, 12), recorded_at=day(10))
    spell = demo.silence.spells.get()
    assert (spell.started_at, spell.owner, spell.amount) == (day(7, 12), ines, 1000)


def test_a_promise_goes_where_its_touch_goes(ines: User, demo: Story) -> None:
    touch = demo.they_write(day(1), turn=Turn.THEIRS, promised_at=day(20))
    assert demo.silence.promised_at == day(20)
    conversation.correct(touch, now=day(3), occurred_at=day(2))
    assert (demo.silence.started_at, demo.silence.promised_at) == (day(2), day(20))
    other = Story(make_deal(ines, "Demo"))
    conversation.correct(touch, now=day(4), deal=other.deal)
    assert (demo.silence.by, other.silence.promised_at) == ("nobody", day(20))
    assert in_line(demo, other)


def test_a_promise_does_not_outlive_the_touch_that_made_it(demo: Story) -> None:
    demo.we_write(day(0, 10))
    touch = demo.they_write(day(1), turn=Turn.THEIRS, promised_at=day(30))
    conversation.delete(touch, now=day(2))
    assert demo.silence.promised_at is None
    sweep_at(day(8))
    assert demo.spells == [(day(7, 10), None)]
    conversation.restore(touch, now=day(9))
    assert (demo.silence.promised_at, demo.is_dark) == (day(30), False)
    assert in_line(demo)


def test_a_promise_told_again_is_made_once(demo: Story) -> None:
    for now in (day(1), day(2)):
        touch = mail(Direction.INBOUND, day(1), "1", turn=Turn.THEIRS)
        conversation.record(demo.deal, touch, now=now, promised_at=day(20))
    assert demo.deal.promises.count() == 1


def test_the_stage_of_an_ended_silence_is_the_one_it_was_lived_in(ines: User) -> None:
    story = Story(make_deal(ines, "Discovery"))
    story.we_write(day(0, 10))
    course.enter_stage(
        story.deal, Stage.objects.get(name="Proposal"), turn=Turn.OURS, now=day(5)
    )  # fmt: skip
    them, us = Silence.objects.filter(deal=story.deal).exclude(by="nobody").order_by("started_at")
    assert (them.ending, them.stage.name) == ("turned", "Discovery")
    assert (us.by, us.stage.name) == ("us", "Proposal")


def test_one_touch_costs_the_same_queries_however_long_the_history(
    demo: Story, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        demo.we_write(day(number, 10))

    def write(at: Any) -> None:
        touch = Touch(direction=Direction.OUTBOUND, occurred_at=at, channel="email")
        conversation.record(demo.deal, touch, now=at)

    with django_assert_num_queries(28):
        write(day(4))
    for number in range(5, 12):
        write(day(number))
    with django_assert_num_queries(28):
        write(day(13) + timedelta(hours=1))


@pytest.mark.parametrize("number", [2, 4])
def test_a_word_that_ends_an_absence_costs_the_same_queries_however_many_deals_it_held(
    ines: User, number: int, django_assert_num_queries: Any
) -> None:
    contact = make_contact()
    stories = [Story(make_deal(ines, "Demo", contact=contact)) for _ in range(number)]
    away = Hold(contact=contact, reason="absence", starts_at=day(1), ends_at=day(30))
    conversation.hold(away, now=day(1))
    touch = Touch(direction=Direction.INBOUND, occurred_at=day(2), channel="email")
    with django_assert_num_queries(34):
        conversation.record(stories[0].deal, touch, now=day(2))
    assert in_line(*stories)
