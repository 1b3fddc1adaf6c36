"""How likely an answer still is: what was learned, read for a silence, and said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.chances import Chance, Chances, say, say_interval

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
