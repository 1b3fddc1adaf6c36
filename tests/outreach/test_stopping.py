"""When letting go is suggested: spent attempts, and a chance under the floor."""

from __future__ import annotations

import pytest

from outreach import stopping
from outreach.chances import Chance
from outreach.stopping import NO_FLOOR, Floor

FLOOR = Floor(in_100=3, silences=30)


def chance(share: float, lasted: int = 64) -> Chance:
    return Chance(share, low=0.0, high=1.0, lasted=lasted)


def test_one_goes_on_while_there_are_attempts_left() -> None:
    assert stopping.why(5, 5, None, FLOOR) == ""


def test_spent_attempts_say_how_many_there_were() -> None:
    assert stopping.why(6, 5, None, FLOOR) == "All five attempts of this stage are spent."
    assert stopping.why(2, 1, None, FLOOR) == "The one attempt of this stage is spent."
    assert stopping.why(21, 20, None, FLOOR) == "All 20 attempts of this stage are spent."


def test_a_chance_under_the_floor_stops_with_the_count_behind_it() -> None:
    assert stopping.why(1, 5, chance(0.02), FLOOR) == (
        "About 2 in 100 come back; 64 were this quiet. Below 3 in 100 it is time to let go."
    )


@pytest.mark.parametrize(
    ("known", "floor"),
    [
        (chance(0.03), FLOOR),  # on the floor is not under it
        (chance(0.0, lasted=29), FLOOR),  # too few to judge by
        (None, FLOOR),
        (chance(0.0), NO_FLOOR),
    ],
)
def test_the_floor_counts_only_below_it_and_from_enough_silences(
    known: Chance | None, floor: Floor
) -> None:
    assert stopping.why(1, 5, known, floor) == ""


def test_the_floor_counts_from_exactly_so_many_silences() -> None:
    assert stopping.why(1, 5, chance(0.01, lasted=30), FLOOR) != ""
