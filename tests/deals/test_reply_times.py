"""Which silences the chance of a reply is learned from, and how each of them counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from deals import course, reply_times
from deals.models import Outcome, Stage, Turn
from tests.cast import Story, day, make_deal

NOW = day(100)
DAY = 86400


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo on which they have had the move since the first day."""
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0))
    return told


def counted(now: datetime = NOW, stage: str = "Demo") -> list[tuple[float, int, int, int]]:
    """What the table says: after how many days, of how many, replied, closed."""
    table = reply_times.of_stage(Stage.objects.get(name=stage).pk, now)
    days = (table.times / DAY).tolist()
    columns = (table.at_risk.tolist(), table.replied.tolist(), table.closed.tolist())
    return list(zip(days, *columns, strict=True))


def test_an_answer_counts_when_it_came(story: Story) -> None:
    story.they_write(day(12))
    assert counted() == [(12, 1, 1, 0)]


def test_a_silence_that_lasts_is_censored_now(story: Story) -> None:
    assert counted() == [(100, 1, 0, 0)]


def test_what_is_to_come_is_not_known_yet(story: Story) -> None:
    story.they_write(day(12))
    assert counted(day(5)) == [(5, 1, 0, 0)]
    assert counted(day(0)) == []


def test_our_own_silences_and_other_stages_do_not_count(story: Story) -> None:
    story.they_write(day(12))  # from then on it is our move
    assert counted(stage="Discovery") == []
    assert len(counted()) == 1


@pytest.mark.parametrize("outcome", [Outcome.WON, Outcome.LOST, Outcome.ARCHIVED])
def test_a_closing_competes(story: Story, outcome: Outcome) -> None:
    course.close(story.deal, outcome, now=day(12))
    assert counted() == [(12, 1, 0, 1)]


def test_the_turn_that_passed_ends_the_watching_but_not_their_answer(story: Story) -> None:
    story.we_write(day(12), turn=Turn.NOBODY)
    assert counted() == [(12, 1, 0, 0)]


@pytest.mark.parametrize("outcome", [Outcome.RESTING, Outcome.LOST])
def test_who_was_let_go_stays_at_risk(story: Story, outcome: Outcome) -> None:
    course.let_go(story.deal, now=day(12), outcome=outcome)
    assert counted() == [(100, 1, 0, 0)]


def test_who_was_let_go_and_is_heard_counts_as_answered_then(story: Story) -> None:
    course.let_go(story.deal, now=day(12))
    story.they_write(day(40))
    assert counted() == [(40, 1, 1, 0)]


def test_who_was_let_go_and_closed_later_competes_then(story: Story) -> None:
    course.let_go(story.deal, now=day(12))
    course.close(story.deal, Outcome.LOST, now=day(40))
    assert counted() == [(40, 1, 0, 1)]


def test_who_was_let_go_twice_is_watched_once_from_the_second_time_on(story: Story) -> None:
    course.let_go(story.deal, now=day(12))
    course.reopen(story.deal, now=day(20))
    story.we_write(day(21))
    course.let_go(story.deal, now=day(30))
    story.they_write(day(40))
    # the first was watched for 30 days, the second answered 19 days after its start
    assert counted() == [(19, 2, 1, 0), (30, 1, 0, 0)]


def test_an_answer_counts_for_who_was_let_go_also_where_we_were_the_ones_to_go_quiet(
    story: Story,
) -> None:
    course.let_go(story.deal, now=day(12))
    course.reopen(story.deal, now=day(20))  # our move, and we let it go instead
    course.let_go(story.deal, now=day(30))
    story.they_write(day(40))
    assert counted() == [(40, 1, 1, 0)]


def test_it_takes_two_queries_however_many_there_are(
    ines: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    stage = Stage.objects.get(name="Demo").pk
    for count in (1, 2):
        for _ in range(count):
            Story(make_deal(ines, "Demo")).we_write(day(0))
        with django_assert_num_queries(2):
            reply_times.of_stage(stage, NOW)


def test_age_is_elapsed_time_also_over_weekends(story: Story) -> None:
    story.they_write(day(0) + timedelta(days=7, minutes=30))
    assert counted() == [(pytest.approx(7 + 30 / 1440), 1, 1, 0)]
