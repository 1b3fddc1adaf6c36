"""How likely an answer still is: what was learned, read for a silence, and said."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from deals import course
from deals.models import Outcome, Silence
from deals.survival import CENSORED, CLOSED, REPLIED, Table
from outreach import chances, sweeping
from outreach.chances import LONGEST, Chance, Chances, ages_of, say, say_interval
from outreach.models import Play, StageChance, Suggestion
from tests.cast import Story, day, make_deal

DAY = 86400
LEARNED = Chances({7: [[0, 90, 0.5, 0.4, 0.6], [DAY, 64, 0.05, 0.03, 0.09], [9 * DAY, 0, 0, 0, 1]]})


def test_a_silence_is_judged_by_those_that_were_at_least_as_old() -> None:
    assert LEARNED.of(7, timedelta(hours=23)) == Chance(0.5, 0.4, 0.6, 90)
    assert LEARNED.of(7, timedelta(days=1)) == Chance(0.05, 0.03, 0.09, 64)
    assert LEARNED.of(7, timedelta(days=8)) == Chance(0.05, 0.03, 0.09, 64)


def test_nothing_is_said_of_what_nobody_saw() -> None:
    assert LEARNED.of(7, timedelta(days=9)) is None
    assert LEARNED.of(8, timedelta(days=1)) is None
    assert LEARNED.of(7, timedelta(seconds=-1)) is None


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (Chance(0.05, 0.03, 0.09, 64), "About 5 in 100 come back; 64 were this quiet."),
        (Chance(0.004, 0, 0.01, 1200), "Fewer than 1 in 100 come back; 1,200 were this quiet."),
        (Chance(0.2, 0.1, 0.6, 9), "About 20 in 100 come back; only 9 were this quiet."),
        (Chance(1.0, 0.1, 1.0, 1), "About 100 in 100 come back; only 1 was this quiet."),
    ],
)
def test_a_chance_is_said_with_the_count_behind_it(chance: Chance, said: str) -> None:
    assert say(chance) == said


def test_the_interval_says_when_it_rests_on_few() -> None:
    assert say_interval(Chance(0.05, 0.031, 0.094, 64)) == "Likely 3 to 9 in 100."
    assert say_interval(Chance(0.2, 0.1, 0.6, 9)) == (
        "Likely 10 to 60 in 100. Too few silences were this quiet to rely on it."
    )


@pytest.mark.django_db
def test_a_workspace_that_has_learned_nothing_knows_no_chance() -> None:
    assert Chances.load().of(1, timedelta(days=3)) is None


def table(*rows: tuple[float, int]) -> Table:
    """A table of silences, each with its days and how it ended."""
    days, ends = zip(*rows, strict=True)
    return Table.of([each * DAY for each in days], ends)


def test_a_row_begins_where_the_chance_changes() -> None:
    rows = ages_of(table((10, REPLIED), (100, REPLIED), (300, CENSORED)))
    assert [(row[0] / DAY, *row[1:3]) for row in rows] == [
        (0, 3, pytest.approx(1 / 3)),  # the one of day 10; day 100 is out of sight
        (10, 2, 0.5),  # just in sight
        (100, 1, 0.0),
        (210 + 1 / DAY, 0, 0.0),  # nobody was watched for 90 days from here
    ]


def test_a_short_history_says_nothing() -> None:
    assert ages_of(table((10, REPLIED), (60, CENSORED))) == [[0, 0, 0.0, 0.0, 1.0]]
    assert ages_of(Table.of([], [])) == []


def test_an_end_that_is_known_of_all_says_something_however_short() -> None:
    rows = ages_of(table((10, REPLIED), (60, CLOSED)))
    assert [(row[0] / DAY, row[1], row[2]) for row in rows] == [(0, 2, 0.5), (10, 1, 0), (60, 0, 0)]


def test_a_long_history_is_thinned_evenly_from_its_first_age_to_its_last() -> None:
    many = [(day + 0.5, REPLIED) for day in range(600)]
    rows = ages_of(table(*many, (800, CENSORED)))
    assert len(rows) <= LONGEST + 1
    assert (rows[0][0], rows[0][1]) == (0, 601)
    assert rows[-1][1] == 0
    assert [row[0] for row in rows] == sorted({row[0] for row in rows})


@pytest.fixture
def answered(ines: User) -> Story:
    """Two silences in Demo: one answered after 12 days, one let go after 20 and answered after 40."""
    told = Story(make_deal(ines, "Demo", amount=Decimal(500)))
    told.we_write(day(0))
    told.they_write(day(12))
    other = Story(make_deal(ines, "Demo", amount=Decimal(900)))
    other.we_write(day(0))
    course.let_go(other.deal, now=day(20))
    other.they_write(day(40))
    return told


def test_a_chance_is_learned_from_the_own_history(answered: Story) -> None:
    chances.learn(day(200))
    stage, known = answered.deal.stage_id, Chances.load()
    assert known.of(stage, timedelta(days=3)).share == 1
    later = known.of(stage, timedelta(days=15))
    assert (later.share, later.lasted) == (1, 1)  # let go, and heard all the same
    assert known.of(stage, timedelta(days=40)) is None


def test_what_is_typical_is_the_median_of_the_open_deals(answered: Story) -> None:
    for amount in (Decimal(100), Decimal(700), None, Decimal(0)):
        make_deal(answered.deal.owner, "Demo", amount=amount)
    chances.learn(day(200))
    assert Chances.load().amounts[answered.deal.stage_id] == 500  # of 100, 500, 700 and 900


def test_what_was_learned_today_is_not_learned_again(answered: Story) -> None:
    chances.learn(day(200))
    assert not chances.are_due(day(200) + timedelta(hours=23))
    chances.learn(day(200) + timedelta(hours=23))
    assert set(StageChance.objects.values_list("learned_at", flat=True)) == {day(200)}


def test_what_was_learned_yesterday_is_learned_anew_and_by_hand_at_any_time(
    answered: Story,
) -> None:
    chances.learn(day(200))
    chances.learn(day(201))
    assert set(StageChance.objects.values_list("learned_at", flat=True)) == {day(201)}
    chances.learn(day(201, 10), by_hand=True)
    assert set(StageChance.objects.values_list("learned_at", flat=True)) == {day(201, 10)}


def test_a_new_workspace_learns_that_it_knows_nothing(ines: User) -> None:
    stage = make_deal(ines, "Demo", amount=None).stage_id
    chances.learn(day(200))
    assert Chances.load().of(stage, timedelta(days=3)) is None
    assert Chances.load().amounts[stage] is None


def test_learning_twice_gives_the_same(answered: Story) -> None:
    chances.learn(day(200))
    once = list(StageChance.objects.order_by("stage").values_list("stage", "ages", "silences"))
    chances.learn(day(200), by_hand=True)
    assert once == list(
        StageChance.objects.order_by("stage").values_list("stage", "ages", "silences")
    )


def test_nobody_like_it_came_back_so_letting_go_is_suggested(ines: User) -> None:
    for _ in range(31):
        Story(make_deal(ines, "Demo")).we_write(day(0))
    for row in Silence.objects.by_them():
        course.close(row.deal, Outcome.LOST, now=day(150))
    story = Story(make_deal(ines, "Demo", opened_at=day(150)))
    story.we_write(day(150))
    chances.learn(day(200))
    sweeping.run(day(200))
    suggestion = Suggestion.objects.get(deal=story.deal)
    assert suggestion.play == Play.LET_GO
    assert (
        "Fewer than 1 in 100 come back; 32 were this quiet. Below 3 in 100 it is time to let go."
        in suggestion.evidence
    )
