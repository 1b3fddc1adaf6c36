"""SILENCE.md, "History" and "What the sweep does": suggestions go with the row they were queued for."""

from __future__ import annotations

import pytest

from accounts.models import User
from contacts.models import OptOut
from deals import conversation, merging, people
from deals.models import Hold
from outreach import sweeping
from outreach.models import Suggestion
from tests.cast import Story, day, make_contact, make_deal


@pytest.fixture
def dark(ines: User) -> Story:
    """A deal in Demo, dark since day 7, 10:00, with its suggestion queued."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweeping.run(day(8))
    return story


def live(story: Story) -> list[Suggestion]:
    return list(Suggestion.objects.live().filter(deal=story.deal))


def test_a_suggestion_goes_on_with_its_row_when_a_late_touch_moves_the_start(dark: Story) -> None:
    [queued] = live(dark)
    dark.we_write(day(0, 9), recorded_at=day(8, 12))
    assert live(dark) == [queued]
    assert queued.silence == dark.silence
    assert dark.spells == [(day(7, 9), None)]


def test_a_reply_takes_the_suggestion_back_at_once_and_its_deletion_brings_one_again(
    dark: Story,
) -> None:
    touch = dark.they_write(day(8, 10))
    assert live(dark) == []
    sweeping.run(day(8, 11))
    assert list(Suggestion.objects.pending()) == []
    conversation.delete(touch, now=day(8, 12))
    sweeping.run(day(8, 13))
    [again] = live(dark)
    assert (again.step, again.silence) == (1, dark.silence)


def test_a_hold_that_came_and_went_between_two_sweeps_queues_for_the_new_spell(
    dark: Story,
) -> None:
    [queued] = live(dark)
    held = Hold(deal=dark.deal, reason="pause", starts_at=day(9), ends_at=day(10))
    conversation.hold(held, now=day(8, 12))
    sweeping.run(day(11))
    [again] = live(dark)
    assert again.pk != queued.pk
    assert again.spell.started_at == day(10)
    queued.refresh_from_db()
    assert queued.state == Suggestion.State.WITHDRAWN


def test_an_opt_out_takes_the_suggestion_back_at_once(dark: Story) -> None:
    people.opt_out(dark.deal.contact, now=day(8, 10))
    assert live(dark) == []
    assert (dark.silence.by, dark.is_dark) == ("nobody", False)


def test_a_new_owner_gets_a_suggestion_of_their_own(dark: Story, karl: User) -> None:
    people.hand_over([dark.deal.pk], karl, now=day(8, 10))
    assert live(dark) == []
    sweeping.run(day(9))
    assert [suggestion.owner for suggestion in live(dark)] == [karl]


def test_two_who_are_one_have_one_live_suggestion_at_a_time(ines: User, dark: Story) -> None:
    other = Story(make_deal(ines, "Demo", contact=make_contact("Double"), amount=5))
    other.we_write(day(0, 10))
    sweeping.run(day(8))
    assert len(Suggestion.objects.live().free()) == 2
    merging.merge_contacts(dark.deal.contact, other.deal.contact, now=day(9))
    sweeping.run(day(9))
    assert [suggestion.deal for suggestion in Suggestion.objects.live().free()] == [dark.deal]


def test_an_opt_out_of_the_one_stops_what_was_queued_for_the_other(ines: User, dark: Story) -> None:
    double = make_contact("Double")
    OptOut.objects.create(contact=double, channel="email", occurred_at=day(1))
    [queued] = live(dark)
    assert queued.channel == "email"
    merging.merge_contacts(dark.deal.contact, double, now=day(9))
    assert live(dark) == []
    sweeping.run(day(9))
    assert {suggestion.channel for suggestion in live(dark)} == {"phone"}


def test_a_crossing_more_than_a_day_old_sends_no_notice_of_what_we_owe(ines: User) -> None:
    from outreach.models import Notice

    story = Story(make_deal(ines, "Demo"))
    story.they_write(day(0, 10))
    sweeping.run(day(10))
    assert (story.silence.dark_at, Notice.objects.count()) == (day(1, 10), 0)
