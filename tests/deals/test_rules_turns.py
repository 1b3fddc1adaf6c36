"""SILENCE.md, "Whose turn", rule by rule, held against the rows that real doors write."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from contacts.models import OptOut
from deals import conversation, course, people
from deals.models import Direction, Hold, Outcome, Stage, Touch, Turn
from deals.replay import compare
from tests.cast import Story, day, make_contact, make_deal, sweep_at


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo: dark after a week of calendar time."""
    return Story(make_deal(ines, "Demo"))


def stage(name: str) -> Stage:
    return Stage.objects.get(name=name)


def in_line(*stories: Story) -> bool:
    return not compare([story.deal.pk for story in stories], day(400)).differing


# Rule 1: the turn that a touch leaves


@pytest.mark.parametrize(
    ("direction", "leaves"),
    [("inbound", "us"), ("two_way", "us"), ("outbound", "them")],
)
def test_a_touch_leaves_the_turn_of_its_kind(demo: Story, direction: str, leaves: str) -> None:
    touch = Touch(direction=direction, channel="phone", occurred_at=day(1))
    conversation.record(demo.deal, touch, now=day(1))
    assert (demo.silence.by, demo.silence.started_at) == (leaves, day(1))


def test_a_thank_you_of_ours_after_they_wrote_makes_it_nobodys_move(demo: Story) -> None:
    demo.they_write(day(1))
    demo.we_write(day(2), turn=Turn.UNCHANGED)
    assert demo.silences[1:] == [
        ("us", day(1), day(2), "answered"),
        ("nobody", day(2), None, ""),
    ]


def test_a_thank_you_of_theirs_after_we_wrote_makes_it_nobodys_move(demo: Story) -> None:
    demo.we_write(day(1))
    demo.they_write(day(2), turn=Turn.UNCHANGED)
    assert demo.silences[1:] == [
        ("them", day(1), day(2), "replied"),
        ("nobody", day(2), None, ""),
    ]


def test_a_thank_you_when_it_was_not_the_writers_move_changes_no_turn(demo: Story) -> None:
    demo.they_write(day(1))
    demo.they_write(day(2), turn=Turn.UNCHANGED)
    assert (demo.silence.by, demo.silence.started_at) == ("us", day(1))
    demo.we_write(day(3))
    demo.we_write(day(4), turn=Turn.UNCHANGED)
    assert (demo.silence.by, demo.silence.started_at) == ("them", day(3))


def test_who_will_come_back_to_us_is_waited_for_until_their_date(demo: Story) -> None:
    demo.we_talk(day(1), turn=Turn.THEIRS, promised_at=day(20))
    sweep_at(day(19))
    assert (demo.silence.by, demo.is_dark) == ("them", False)
    sweep_at(day(21))
    assert demo.spells == [(day(20), None)]


# Rule 2: heard and answered


def test_a_talk_ends_the_silence_of_either_side(demo: Story) -> None:
    demo.we_write(day(1))
    demo.we_talk(day(2))
    demo.we_talk(day(3))
    assert demo.silences[1:] == [
        ("them", day(1), day(2), "replied"),
        ("us", day(2), day(3), "answered"),
        ("us", day(3), None, ""),
    ]


def test_a_second_question_does_not_excuse_a_late_answer(demo: Story) -> None:
    demo.they_write(day(1))
    demo.they_write(day(2))
    assert demo.silences[1:] == [("us", day(1), None, "")]


# Rule 3: attempts


def test_an_attempt_that_needs_no_answer_is_an_attempt_too(demo: Story) -> None:
    demo.we_write(day(1))
    demo.we_write(day(2), turn=Turn.UNCHANGED)
    assert (demo.silence.started_at, demo.silence.attempts) == (day(1), 1)
    assert demo.silence.attempted_at == day(2)


def test_attempts_in_the_dark_are_counted_apart(demo: Story) -> None:
    demo.we_write(day(0, 10))
    demo.we_write(day(3))
    sweep_at(day(8))
    demo.we_write(day(9))
    assert (demo.silence.attempts, demo.silence.dark_attempts) == (2, 1)
    assert demo.spells == [(day(7, 10), None)]


# Rule 4: entering a stage


def test_entering_a_stage_gives_the_turn_as_the_stage_presets_it(ines: User) -> None:
    deal = Story(make_deal(ines, "Proposal", turn=None))
    assert deal.silences == [("them", day(0), None, "")]
    assert course.turn_on_entry(stage("Demo")) == Turn.UNCHANGED


def test_entering_a_stage_never_restarts_an_open_silence(demo: Story) -> None:
    demo.we_write(day(0, 10))
    course.enter_stage(demo.deal, stage("Proposal"), turn=Turn.THEIRS, now=day(4))
    assert demo.silences[1:] == [("them", day(0, 10), None, "")]
    sweep_at(day(5))
    assert demo.spells == [(day(4), None)]


def test_undoing_a_stage_move_takes_the_turn_and_the_dark_back(demo: Story) -> None:
    demo.we_write(day(0, 10))
    entry = course.enter_stage(demo.deal, stage("Proposal"), turn=Turn.OURS, now=day(4))
    assert demo.silence.by == "us"
    course.undo(entry, now=day(5))
    demo.deal.refresh_from_db()
    assert demo.deal.stage == stage("Demo")
    assert demo.silences[1:] == [("them", day(0, 10), None, "")]


def test_the_first_stage_entry_stays(demo: Story) -> None:
    with pytest.raises(ValidationError, match="first entry stays"):
        course.undo(demo.deal.stage_entries.get(), now=day(1))


# Rule 5: what changes no turn


def test_an_automatic_reply_is_not_heard(demo: Story) -> None:
    demo.we_write(day(1))
    demo.they_write(day(2), is_heard=False)
    assert demo.silences[1:] == [("them", day(1), None, "")]
    assert demo.silence.attempts == 0


def test_a_bounce_gives_the_move_back(demo: Story) -> None:
    demo.they_write(day(1))
    touch = demo.we_write(day(2))
    conversation.correct(touch, now=day(3), is_delivered=False)
    assert demo.silences[1:] == [("us", day(1), None, "")]
    assert in_line(demo)


def test_an_attempt_that_bounced_is_none(demo: Story) -> None:
    demo.we_write(day(0, 10))
    sweep_at(day(8))
    touch = demo.we_write(day(9))
    assert demo.silence.dark_attempts == 1
    conversation.correct(touch, now=day(9, 10), is_delivered=False)
    silence = demo.silence
    assert (silence.attempts, silence.dark_attempts, silence.attempted_at) == (0, 0, None)


# Rule 6: who is heard


def test_anyone_of_the_deal_ends_its_silence_and_only_they_were_heard(
    ines: User, demo: Story
) -> None:
    vera = make_contact("Vera")
    people.join(demo.deal, vera, now=day(0))
    demo.we_write(day(1))
    demo.they_write(day(2), contact=vera)
    assert demo.silences[1][3] == "replied"
    assert people.last_heard([vera.pk, demo.deal.contact_id], ines) == {vera.pk: day(2)}


def test_one_reply_may_belong_to_several_deals(ines: User, demo: Story) -> None:
    other = Story(make_deal(ines, "Demo", contact=demo.deal.contact))
    for story in (demo, other):
        story.we_write(day(1))
        story.they_write(day(2))
    assert (demo.silence.by, other.silence.by) == ("us", "us")


# Rule 7: how a silence ends


@pytest.mark.parametrize("outcome", [Outcome.WON, Outcome.LOST, Outcome.ARCHIVED])
def test_closing_ends_the_silence_and_only_undo_takes_it_back(
    demo: Story, outcome: Outcome
) -> None:
    demo.we_write(day(0, 10))
    sweep_at(day(8))
    row = demo.silence
    entry = course.close(demo.deal, outcome, now=day(9))
    assert demo.silences[-1] == ("them", day(0, 10), day(9), "closed")
    assert demo.spells == [(day(7, 10), day(9))]
    course.undo(entry, now=day(10))
    assert (demo.silence.pk, demo.silences[-1]) == (row.pk, ("them", day(0, 10), None, ""))
    sweep_at(day(10))
    assert demo.spells == [(day(7, 10), None)]


def test_reopening_leaves_ended_silences_and_makes_it_our_move(demo: Story) -> None:
    demo.we_write(day(1))
    course.close(demo.deal, Outcome.LOST, now=day(2))
    course.reopen(demo.deal, now=day(5))
    assert demo.silences[1:] == [
        ("them", day(1), day(2), "closed"),
        ("us", day(5), None, ""),
    ]
    course.reopen(demo.deal, now=day(6))
    assert demo.silences[-1] == ("us", day(5), None, "")
    assert in_line(demo)


def test_a_stage_moved_on_a_closed_deal_is_where_it_reopens(demo: Story) -> None:
    course.close(demo.deal, Outcome.LOST, now=day(2))
    course.enter_stage(demo.deal, stage("Negotiation"), turn=Turn.THEIRS, now=day(3))
    course.reopen(demo.deal, now=day(5))
    assert demo.silence.by == "us"
    assert demo.silence.stage == stage("Negotiation")


def test_heard_after_letting_go_for_good_is_relit_and_stays_lost(demo: Story) -> None:
    demo.we_write(day(1))
    course.let_go(demo.deal, outcome=Outcome.LOST, now=day(9))
    demo.they_write(day(40))
    them = demo.deal.silences.by_them().get()
    assert (them.ending, them.relit_at) == ("let_go", day(40))
    assert (demo.deal.outcome, demo.silence) == (Outcome.LOST, None)
    demo.they_write(day(50))
    them.refresh_from_db()
    assert them.relit_at == day(40)


def test_heard_after_losing_without_letting_go_relights_nothing(demo: Story) -> None:
    demo.we_write(day(1))
    course.close(demo.deal, Outcome.LOST, now=day(9))
    demo.they_write(day(40))
    assert demo.deal.silences.by_them().get().relit_at is None


def test_an_outbound_touch_reopens_no_resting_deal(demo: Story) -> None:
    demo.we_write(day(1))
    course.let_go(demo.deal, now=day(9))
    demo.we_write(day(10))
    assert (demo.deal.outcome, demo.silence) == (Outcome.RESTING, None)
    demo.they_write(day(11), is_heard=False)
    assert demo.deal.outcome == Outcome.RESTING


def test_a_deleted_reply_lets_the_deal_rest_again(demo: Story) -> None:
    demo.we_write(day(1))
    course.let_go(demo.deal, now=day(9))
    touch = demo.they_write(day(20))
    conversation.delete(touch, now=day(21))
    demo.deal.refresh_from_db()
    assert (demo.deal.outcome, demo.deal.closed_at) == (Outcome.RESTING, day(9))
    assert demo.deal.silences.by_them().get().relit_at is None


def test_a_day_to_look_again_is_to_come(demo: Story) -> None:
    with pytest.raises(ValidationError, match="Choose a day to come"):
        course.let_go(demo.deal, now=day(9), look_again_on=day(9).date())


def test_the_day_to_look_again_begins_where_whoever_says_it_is(demo: Story) -> None:
    with timezone.override("America/Los_Angeles"):  # it is the day before there
        entry = course.let_go(demo.deal, now=day(9, 2), look_again_on=day(9).date())
    assert entry.look_again_on == day(9).date()


def test_an_opt_out_of_the_only_contact_withdraws(demo: Story) -> None:
    demo.we_write(day(1))
    out = people.opt_out(demo.deal.contact, now=day(2))
    assert demo.silences[1:] == [
        ("them", day(1), day(2), "withdrawn"),
        ("nobody", day(2), None, ""),
    ]
    people.opt_in(out, now=day(3))
    assert demo.silences[-1] == ("nobody", day(2), None, "")


def test_an_opt_out_of_one_channel_or_one_of_two_withdraws_nothing(demo: Story) -> None:
    vera = make_contact("Vera")
    people.join(demo.deal, vera, now=day(0))
    demo.we_write(day(1))
    people.opt_out(demo.deal.contact, now=day(2), channel="email")
    people.opt_out(demo.deal.contact, now=day(3))
    assert demo.silences[1:] == [("them", day(1), None, "")]
    people.opt_out(vera, now=day(4))
    assert demo.silences[1] == ("them", day(1), day(4), "withdrawn")


def test_who_left_the_deal_is_nobody_to_talk_to(demo: Story) -> None:
    part = people.join(demo.deal, make_contact("Vera"), now=day(0))
    people.leave(part, now=day(1))
    demo.we_write(day(2))
    people.opt_out(demo.deal.contact, now=day(3))
    assert demo.silences[1] == ("them", day(2), day(3), "withdrawn")


def test_an_opt_out_from_before_the_deal_dates_nothing_back(ines: User) -> None:
    contact = make_contact()
    OptOut.objects.create(contact=contact, occurred_at=day(-100))
    story = Story(make_deal(ines, contact=contact))
    assert story.silences == [("nobody", day(0), None, "")]


def test_an_opt_out_to_come_is_refused(demo: Story) -> None:
    with pytest.raises(ValidationError, match="in the future"):
        people.opt_out(demo.deal.contact, now=day(2), at=day(3))
    assert demo.deal.contact.opt_outs.count() == 0


def test_erasing_the_only_contact_withdraws_and_forgets_what_was_noted(demo: Story) -> None:
    contact = demo.deal.contact
    demo.we_write(day(1), note="Her son is ill", subject="Get well")
    away = Hold(contact=contact, reason="absence", starts_at=day(1), note="In hospital")
    conversation.hold(away, now=day(1))
    people.opt_out(contact, now=day(1), channel="sms", note="Told me in tears")
    people.erase(contact, now=day(2))
    assert demo.silences[1] == ("them", day(1), day(2), "withdrawn")
    contact.refresh_from_db()
    assert (contact.first_name, contact.addresses.count()) == ("", 0)
    noted = [contact.touches.get(), contact.holds.get(), contact.opt_outs.get()]
    assert [row.note for row in noted] == ["", "", ""]
    assert in_line(demo)


# Rule 8: when


def test_the_future_is_refused_but_for_five_minutes_that_count_as_now(demo: Story) -> None:
    minutes = timedelta(minutes=5)
    touch = demo.we_write(day(1) + minutes, recorded_at=day(1))
    assert touch.occurred_at == day(1)
    late = Touch(direction=Direction.INBOUND, channel="email", occurred_at=day(2) + minutes)
    late.occurred_at += timedelta(microseconds=1)
    with pytest.raises(ValidationError, match="That is in the future"):
        conversation.record(demo.deal, late, now=day(2))
    with pytest.raises(ValidationError, match="That is in the future"):
        conversation.correct(touch, now=day(2), occurred_at=day(3))
    with pytest.raises(ValidationError, match="That is in the future"):
        course.enter_stage(demo.deal, stage("Proposal"), turn=Turn.OURS, at=day(3), now=day(2))
    assert demo.silences[1:] == [("them", day(1), None, "")]


def test_a_meeting_holds_until_its_end_and_yes_makes_it_a_talk(demo: Story) -> None:
    demo.we_write(day(1))
    held = Hold(deal=demo.deal, reason="meeting", starts_at=day(2), ends_at=day(20))
    conversation.hold(held, now=day(2))
    sweep_at(day(19))
    assert not demo.is_dark
    for _ in range(2):
        conversation.meeting_took_place(held, now=day(21))
    assert demo.silences[1:] == [
        ("them", day(1), day(20), "replied"),
        ("us", day(20), None, ""),
    ]
    assert demo.deal.touches.filter(direction=Direction.TWO_WAY).count() == 1


def test_a_meeting_that_failed_was_no_word_of_theirs(demo: Story) -> None:
    demo.we_write(day(1))
    held = Hold(deal=demo.deal, reason="meeting", starts_at=day(2), ends_at=day(3))
    conversation.hold(held, now=day(2))
    conversation.meeting_failed(held)
    assert demo.silences[1:] == [("them", day(1), None, "")]
    assert demo.silence.clock_from == day(2)


def test_a_meeting_taken_back_and_said_again_took_place(demo: Story) -> None:
    demo.we_write(day(1))
    held = Hold(deal=demo.deal, reason="meeting", starts_at=day(2), ends_at=day(3))
    conversation.hold(held, now=day(2))
    conversation.delete(conversation.meeting_took_place(held, now=day(4)), now=day(4))
    assert demo.silence.by == "them"
    conversation.meeting_took_place(held, now=day(5))
    assert demo.silences[-1] == ("us", day(3), None, "")
