"""What a share of few or many can tell."""

from __future__ import annotations

import pytest
from scipy import stats

from deals.shares import Share, wilson


@pytest.mark.parametrize(("part", "whole"), [(0, 10), (7, 10), (10, 10), (55, 80), (1, 3)])
def test_the_interval_is_wilsons(part: int, whole: int) -> None:
    known = stats.binomtest(part, whole).proportion_ci(0.95, method="wilson")
    assert wilson(part, whole) == pytest.approx((known.low, known.high), abs=1e-6)


def test_the_interval_of_nothing_is_everything() -> None:
    nothing = Share(0, 0)
    assert (nothing.rate, nothing.percent, nothing.interval) == (None, 0, (0.0, 1.0))


def test_under_ten_a_share_says_that_it_is_of_few() -> None:
    assert not Share(9, 9).is_enough
    ten = Share(7, 10)
    assert (ten.is_enough, ten.percent, ten.range) == (True, 70, (40, 89))
