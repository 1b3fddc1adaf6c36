"""In which order deals stand, and how their place is explained."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from outreach.chances import Chances
from outreach.ranking import Stakes, rank, say

DAY = 86400
# Of Proposal (7): half answer at once, 12 in 100 from day 2 on, 10 from day 3; then too few.
KNOWN = Chances(
    {
        7: [
            [0, 90, 0.5, 0.4, 0.6], [2 * DAY, 64, 0.12, 0.05, 0.2], [3 * DAY, 60, 0.1, 0.04, 0.2],
            [9 * DAY, 9, 0.3, 0.1, 0.6], [20 * DAY, 0, 0, 0, 1],
        ],
        8: [[0, 90, 0.0, 0.0, 0.04]],
    },
    {7: Decimal(1200), 8: None},
)  # fmt: skip


def proposal(amount: Decimal | None = Decimal(1000), stage: int = 7) -> Stakes:
    return Stakes(amount, "EUR", stage, "Proposal", 40)


def explained(stakes: Stakes, days: float = 2) -> tuple[Decimal, str]:
    ranked = rank(stakes, timedelta(days=days), KNOWN)
    return ranked.value, say(ranked.parts)


def test_a_rank_is_value_times_probability_times_chance_times_what_waiting_costs() -> None:
    # 1000 × 0.40 × 0.12 × (0.12 ÷ 0.10)
    assert explained(proposal()) == (
        Decimal("57.60"),
        "€\u00a01,000 × 40 % for Proposal × 12 in 100 still answer × 1.2 for waiting",
    )


def test_where_waiting_costs_nothing_it_is_not_told() -> None:
    assert explained(proposal(), days=3) == (
        Decimal("40.00"), "€\u00a01,000 × 40 % for Proposal × 10 in 100 still answer",
    )  # fmt: skip


def test_a_deal_without_amount_counts_as_much_as_is_typical() -> None:
    for none in (None, Decimal(0)):
        assert explained(proposal(none), days=3) == (
            Decimal("48.00"),
            (
                "€\u00a01,200 (no amount given: typical of Proposal) × 40 % for Proposal"
                " × 10 in 100 still answer"
            ),
        )


def test_where_nothing_is_typical_a_stand_in_keeps_it_from_the_end() -> None:
    value, said = explained(proposal(None, stage=8))
    assert (value, said[:7]) == (Decimal("4.00"), "€\u00a01,000")


@pytest.mark.parametrize(("stage", "days"), [(7, 9), (7, 30), (9, 1)])
def test_where_too_little_is_known_all_such_deals_count_alike(stage: int, days: int) -> None:
    assert explained(proposal(stage=stage), days) == (
        Decimal("40.00"), "€\u00a01,000 × 40 % for Proposal × 10 in 100 assumed to answer",
    )  # fmt: skip


def test_where_nobody_came_back_a_deal_keeps_its_place_by_value() -> None:
    small, large = proposal(stage=8), proposal(Decimal(9000), stage=8)
    assert explained(small)[0] < explained(large)[0]
    assert explained(small)[1].endswith("1 in 100 still answer")


def test_a_day_never_costs_more_than_half_the_chance() -> None:
    assert KNOWN.waiting(7, timedelta(days=1)) == 2.0  # 31 in 100 to 12
    assert KNOWN.waiting(7, timedelta(days=2.5)) == pytest.approx(0.11 / 0.1)
    assert KNOWN.waiting(7, timedelta(days=30)) == 1.0
    assert KNOWN.waiting(8, timedelta(days=1)) == 1.0
    assert KNOWN.waiting(9, timedelta(days=1)) == 1.0


def test_what_was_never_ranked_says_nothing() -> None:
    assert say({}) == ""
