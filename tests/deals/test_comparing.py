"""Whether parts of a history differ for certain: against lifelines, and not too often by chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import multivariate_logrank_test

from deals.comparing import bands_part, holm, log_rank
from deals.survival import CENSORED, CLOSED, REPLIED, Table

PARTS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from([CENSORED, REPLIED, CLOSED])),
        min_size=3, max_size=40,
    ),
    min_size=2, max_size=3,
)  # fmt: skip


def drawn(count: int, typical: float, seed: int) -> Table:
    """Draw silences that are answered after a typical time, and watched for 30 days at most."""
    lengths = np.random.default_rng(seed).exponential(typical, count)
    return Table.of(np.minimum(lengths, 30), np.where(lengths < 30, REPLIED, CENSORED))


@settings(max_examples=60, deadline=None)
@given(parts=PARTS)
def test_it_is_mantels_test(parts: list[list[tuple[int, int]]]) -> None:
    lengths = [length for part in parts for length, _ in part]
    answered = [end == REPLIED for part in parts for _, end in part]
    group = [place for place, part in enumerate(parts) for _ in part]
    said = log_rank([Table.of(*zip(*part, strict=True)) for part in parts])
    known = multivariate_logrank_test(lengths, group, answered).p_value
    assert said == pytest.approx(1.0 if np.isnan(known) else known, abs=1e-6)


def test_one_part_or_an_empty_one_differs_from_nothing() -> None:
    some = drawn(50, 5, 1)
    assert log_rank([some]) == 1.0
    assert log_rank([some, Table.of([], [])]) == 1.0
    assert not bands_part([some, Table.of([], [])])


def test_what_is_far_apart_is_seen_and_what_is_not_is_not() -> None:
    quick, slow = drawn(200, 2, 2), drawn(200, 10, 3)
    assert (log_rank([quick, slow]) < 1e-6, bands_part([quick, slow])) == (True, True)
    assert log_rank([quick, drawn(200, 2, 4)]) > 0.05
    assert not bands_part([drawn(12, 2, 5), drawn(12, 20, 6)])  # too few at risk to tell


def test_holms_correction_is_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_of_many_histories_without_a_difference_few_seem_to_have_one() -> None:
    found = 0
    for seed in range(100):
        asked = [log_rank([drawn(60, 5, 10 * seed + place), drawn(60, 5, 10 * seed + place + 5)])
                 for place in range(3)]  # fmt: skip
        found += min(holm(asked)) < 0.05
    assert found <= 100 * 0.05 + 3 * (100 * 0.05 * 0.95) ** 0.5
