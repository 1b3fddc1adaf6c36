"""SILENCE.md, "Holds", and what becomes of them when contacts merge."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from deals import conversation, merging, people, standing
from deals.models import Hold
from deals.replay import compare
from deals.standing import State
from tests.cast import Story, day, make_contact, make_deal, sweep_at


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo on which they are silent since day 0, 10:00: dark after a week."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def in_line(*stories: Story) -> bool:
    return not compare([story.deal.pk for story in stories], day(400)).differing


def pause(story: Story, since: datetime, to: datetime, now: datetime) -> Hold:
    held = Hold(deal=story.deal, reason="pause", starts_at=since, ends_at=to)
    return conversation.hold(held, now=now)


def away(story: Story, since: datetime, to: datetime | None = None) -> Hold:
    note = Hold(contact=story.deal.contact, reason="absence", starts_at=since, ends_at=to)
    return conversation.hold(note, now=since)


def test_overlapping_holds_count_once(demo: Story) -> None:
    pause(demo, day(1, 10), day(3, 10), now=day(1, 10))
    pause(demo, day(2, 10), day(4, 10), now=day(2, 10))
    assert demo.silence.clock_from == day(3, 10)
    sweep_at(day(11))
    assert demo.spells == [(day(10, 10), None)]


def test_a_hold_that_began_before_the_silence_counts_from_its_start(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    pause(story, day(-5), day(2, 10), now=day(0))
    story.we_write(day(1, 10), recorded_at=day(1, 10))
    assert story.silence.clock_from == day(2, 10)
    sweep_at(day(10))
    assert story.spells == [(day(9, 10), None)]


def test_an_absence_holds_the_deals_that_they_lead_and_no_others(ines: User, demo: Story) -> None:
    led = Story(make_deal(ines, "Demo", contact=demo.deal.contact))
    beside = Story(make_deal(ines, "Demo"))
    people.join(beside.deal, demo.deal.contact, now=day(0))
    for story in (led, beside):
        story.we_write(day(0, 10))
    away(demo, day(1, 10), day(11, 10))
    assert [story.silence.held_until for story in (demo, led, beside)] == [
        day(11, 10), day(11, 10), None,
    ]  # fmt: skip
    sweep_at(day(8))
    assert [story.is_dark for story in (demo, led, beside)] == [False, False, True]


def test_being_heard_on_another_deal_ends_the_absence_and_a_deletion_takes_that_back(
    ines: User, demo: Story
) -> None:
    other = Story(make_deal(ines, "Demo", contact=demo.deal.contact))
    away(demo, day(1, 10), day(11, 10))
    touch = other.they_write(day(3, 10))
    assert demo.silence.held_until == day(3, 10)
    sweep_at(day(10))
    assert demo.spells == [(day(9, 10), None)]
    conversation.delete(touch, now=day(10))
    assert (demo.silence.held_until, demo.is_dark) == (day(11, 10), False)
    assert in_line(demo, other)


def test_an_automatic_reply_ends_no_absence(demo: Story) -> None:
    away(demo, day(1, 10), day(11, 10))
    demo.they_write(day(3), is_heard=False)
    assert demo.silence.held_until == day(11, 10)


def test_a_note_without_a_date_holds_fourteen_days_and_repeated_ones_no_longer(
    demo: Story,
) -> None:
    away(demo, day(1, 10))
    away(demo, day(5))
    away(demo, day(14))
    assert demo.silence.held_until == day(15, 10)
    sweep_at(day(22))
    assert demo.spells == [(day(21, 10), None)]


def test_a_note_after_the_fourteen_days_is_a_new_absence(demo: Story) -> None:
    away(demo, day(1, 10))
    away(demo, day(16, 10))
    assert demo.silence.held_until == day(30, 10)


def test_a_silence_held_now_waits_also_when_it_was_dark_and_goes_on_after_it(
    demo: Story,
) -> None:
    sweep_at(day(8))
    pause(demo, day(9), day(12), now=day(9))
    assert not demo.is_dark
    stands = standing.of([demo.silence], day(10))[demo.silence.pk]
    assert (stands.state, stands.held_to) == (State.HELD, day(12))
    sweep_at(day(12))
    assert demo.spells == [(day(7, 10), day(9)), (day(12), None)]


def test_a_hold_taken_back_was_never_there(demo: Story) -> None:
    sweep_at(day(8))
    held = pause(demo, day(9), day(12), now=day(9))
    conversation.release(held, now=day(10))
    sweep_at(day(10))
    assert demo.spells == [(day(7, 10), None)]
    assert in_line(demo)


def test_a_hold_ended_early_holds_until_then(demo: Story) -> None:
    held = pause(demo, day(1, 10), day(20), now=day(1, 10))
    conversation.end_hold(held, now=day(3, 10))
    assert demo.silence.clock_from == day(2, 10)


def test_a_hold_that_is_over_is_not_ended_again_later(demo: Story) -> None:
    held = pause(demo, day(1, 10), day(2, 10), now=day(1, 10))
    conversation.end_hold(held, now=day(5))
    note = away(demo, day(3, 10))
    conversation.end_hold(note, now=day(30))
    held.refresh_from_db()
    note.refresh_from_db()
    assert (held.ends_at, note.ends_at) == (day(2, 10), None)
    assert demo.silence.held_until == day(17, 10)


def test_a_hold_to_come_that_is_ended_is_gone(demo: Story) -> None:
    held = pause(demo, day(4), day(6), now=day(1))
    conversation.end_hold(held, now=day(2))
    assert (demo.deal.holds.count(), demo.silence.held_until) == (0, None)


def test_a_hold_that_ends_before_it_starts_is_refused(demo: Story) -> None:
    with pytest.raises(ValidationError, match="must end after it starts"):
        pause(demo, day(4), day(4), now=day(1))


def test_a_promise_that_is_not_to_come_is_refused(demo: Story) -> None:
    with pytest.raises(ValidationError, match="must be in the future"):
        conversation.promise(demo.deal, made_at=day(4), due_at=day(4), now=day(4))
    with pytest.raises(ValidationError, match="after the touch itself"):
        demo.they_write(day(4), promised_at=day(4))
    assert demo.silence.by == "them"


def test_another_primary_contact_is_not_held_by_the_former_ones_absence(demo: Story) -> None:
    away(demo, day(1, 10), day(20))
    vera = make_contact("Vera")
    people.make_primary(demo.deal, vera, now=day(3, 10))
    assert demo.silence.held_until == day(3, 10)
    sweep_at(day(10))
    assert demo.spells == [(day(9, 10), None)]
    assert in_line(demo)


def test_an_absence_of_the_new_primary_contact_holds_from_the_change(demo: Story) -> None:
    vera = make_contact("Vera")
    note = Hold(contact=vera, reason="absence", starts_at=day(1), ends_at=day(9, 10))
    conversation.hold(note, now=day(1))
    people.make_primary(demo.deal, vera, now=day(5, 10))
    assert demo.silence.clock_from == day(4, 10)
    assert in_line(demo)


def test_two_absences_of_two_who_are_one_count_once(ines: User, demo: Story) -> None:
    other = Story(make_deal(ines, "Demo"))
    other.we_write(day(0, 10))
    away(demo, day(1, 10), day(4, 10))
    away(other, day(3, 10), day(6, 10))
    merging.merge_contacts(demo.deal.contact, other.deal.contact, now=day(7))
    assert [story.silence.clock_from for story in (demo, other)] == [day(5, 10), day(5, 10)]
    assert in_line(demo, other)


def test_being_heard_as_one_ends_the_absence_of_both(ines: User, demo: Story) -> None:
    other = Story(make_deal(ines, "Demo"))
    other.we_write(day(0, 10))
    away(demo, day(1, 10), day(9, 10))
    other.they_write(day(3, 10))
    assert demo.silence.held_until == day(9, 10)
    merging.merge_contacts(demo.deal.contact, other.deal.contact, now=day(4))
    assert demo.silence.held_until == day(3, 10)
    assert in_line(demo, other)


def test_a_deal_of_two_who_are_one_is_withdrawn_when_the_one_opted_out(demo: Story) -> None:
    """Two took part and one opted out: as one person there was nobody left to talk to."""
    vera = make_contact("Vera")
    people.join(demo.deal, vera, now=day(0))
    people.opt_out(vera, now=day(3))
    sweep_at(day(8))
    assert demo.is_dark
    merging.merge_contacts(demo.deal.contact, vera, now=day(9))
    assert demo.silences[1:] == [
        ("them", day(0, 10), day(3), "withdrawn"),
        ("nobody", day(3), None, ""),
    ]
    assert demo.spells == []
    assert in_line(demo)
