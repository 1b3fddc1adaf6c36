"""The rules of SILENCE.md, held against the rows that real doors write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from deals import conversation, course
from deals.models import Outcome, Turn
from tests.cast import Story, day, make_deal, sweep_at


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo: dark after a week of calendar time."""
    return Story(make_deal(ines, "Demo"))


def test_chasing_never_moves_the_start_of_a_silence(demo: Story) -> None:
    demo.we_write(day(0, 10))
    demo.we_write(day(3))
    demo.we_write(day(5))
    assert demo.silences == [
        ("nobody", day(0), day(0, 10), "turned"),
        ("them", day(0, 10), None, ""),
    ]
    assert demo.silence.attempts == 2


def test_the_sweep_records_the_true_crossing(demo: Story) -> None:
    demo.we_write(day(0, 10))
    assert sweep_at(day(7, 9, 59)) == []
    assert not demo.is_dark
    sweep_at(day(9))
    assert demo.spells == [(day(7, 10), None)]
    assert sweep_at(day(9)) == []


def test_a_reply_dated_before_the_threshold_takes_the_flag_back(demo: Story) -> None:
    demo.we_write(day(0, 10))
    sweep_at(day(8))
    assert demo.is_dark
    demo.they_write(day(6), recorded_at=day(9))
    assert not demo.is_dark
    assert demo.spells == []
    assert demo.silences[1:] == [
        ("them", day(0, 10), day(6), "replied"),
        ("us", day(6), None, ""),
    ]


def test_a_silence_that_crossed_and_ended_between_two_sweeps_has_its_spell(demo: Story) -> None:
    demo.we_write(day(0, 10))
    demo.they_write(day(10))
    assert demo.spells == [(day(7, 10), day(10))]
    assert demo.deal.silences.by_them().get().relit_at == day(10)


def test_a_hold_stops_the_clock_and_a_dark_deal_goes_on_after_it(demo: Story) -> None:
    from deals.models import Hold

    demo.we_write(day(0, 10))
    held = Hold(deal=demo.deal, reason="pause", starts_at=day(2, 10), ends_at=day(5, 10))
    conversation.hold(held, now=day(2, 10))
    assert sweep_at(day(9)) == []
    sweep_at(day(10, 10))
    assert demo.spells == [(day(10, 10), None)]


def test_letting_go_and_being_heard_later_relights_and_reopens(demo: Story) -> None:
    demo.we_write(day(0, 10))
    course.let_go(demo.deal, now=day(8), look_again_on=day(90).date())
    assert demo.silence is None
    assert demo.deal.outcome == Outcome.RESTING
    demo.they_write(day(20))
    assert demo.deal.outcome == Outcome.OPEN
    them = demo.deal.silences.by_them().get()
    assert (them.ending, them.relit_at) == ("let_go", day(20))


def test_moving_to_a_stricter_stage_makes_it_dark_at_the_move(ines: User) -> None:
    from deals.models import Stage

    deal = Story(make_deal(ines, "Discovery"))
    deal.we_write(day(0, 10))
    course.enter_stage(
        deal.deal, Stage.objects.get(name="Negotiation"), turn=Turn.UNCHANGED, now=day(10)
    )
    sweep_at(day(10) + timedelta(minutes=1))
    assert deal.spells == [(day(10), None)]
