"""How likely replies still are: against a table worked out by hand, scipy and lifelines."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter
from scipy.stats import CensoredData, ecdf

from deals.survival import (
    CENSORED,
    CLOSED,
    REPLIED,
    TAIL,
    Table,
    Z,
    aalen_johansen,
    chance,
    kaplan_meier,
)

# Ten silences, in days. One was let go on day 5 and answered on day 21; another was let go on
# day 3, rests to this day (34) and never was answered: it stays at risk to day 34.
TEN = [
    (2, REPLIED), (3, CENSORED), (5, REPLIED), (5, CLOSED), (8, CENSORED), (8, REPLIED),
    (13, CLOSED), (21, REPLIED), (34, CENSORED), (40, REPLIED),
]  # fmt: skip
BY_HAND = Table.of(*zip(*TEN, strict=True))
ages = st.integers(0, 200)
silences = st.lists(st.tuples(ages, st.sampled_from([CENSORED, REPLIED, CLOSED])), min_size=1)


def test_whoever_is_censored_was_at_risk_and_ends_come_first() -> None:
    assert BY_HAND.times.tolist() == [2, 3, 5, 8, 13, 21, 34, 40]
    assert BY_HAND.at_risk.tolist() == [10, 9, 8, 6, 4, 3, 2, 1]
    assert BY_HAND.replied.tolist() == [1, 0, 1, 1, 0, 1, 0, 1]
    assert BY_HAND.closed.tolist() == [0, 0, 1, 0, 1, 0, 0, 0]


def test_the_share_unanswered_is_kaplan_and_meiers() -> None:
    after_5 = Fraction(9, 10) * Fraction(7, 8)
    after_8 = after_5 * Fraction(5, 6)
    after_21 = after_8 * Fraction(2, 3)
    shares = [
        Fraction(9, 10),
        Fraction(9, 10),
        after_5,
        after_8,
        after_8,
        after_21,
        after_21,
        Fraction(0),
    ]
    assert kaplan_meier(BY_HAND).share == pytest.approx([float(share) for share in shares])


def test_the_share_answered_is_aalen_and_johansens() -> None:
    by_5 = Fraction(1, 10) + Fraction(9, 10) * Fraction(1, 8)  # unanswered just before day 5: 9/10
    by_8 = by_5 + Fraction(27, 40) * Fraction(
        1, 6
    )  # 9/10 × 6/8, for one replied and one was closed
    by_21 = by_8 + Fraction(27, 64) * Fraction(
        1, 3
    )  # 27/40 × 5/6 × 3/4, for one was closed on day 13
    by_40 = by_21 + Fraction(9, 32)  # 27/64 × 2/3
    assert (by_5, by_8, by_21, by_40) == (
        Fraction(17, 80),
        Fraction(13, 40),
        Fraction(149, 320),
        Fraction(239, 320),
    )
    shares = [Fraction(1, 10), Fraction(1, 10), by_5, by_8, by_8, by_21, by_21, by_40]
    assert aalen_johansen(BY_HAND).share == pytest.approx([float(share) for share in shares])


def test_a_chance_is_of_those_that_lasted_as_long() -> None:
    known = chance(BY_HAND, 5, within=16)
    assert known.lasted == 6  # the two of day 8 and the four after
    expected = (Fraction(149, 320) - Fraction(17, 80)) / Fraction(27, 40)  # (F(21) − F(5)) ÷ S(5)
    assert expected == Fraction(3, 8)
    assert known.share == pytest.approx(float(expected))


def test_an_interval_is_the_log_log_one_of_the_delta_method() -> None:
    known = chance(BY_HAND, 13, within=8)  # one of three was answered, none left else
    spread = Z * sqrt(Fraction(1, 3) * Fraction(2, 3) / 3) / (Fraction(1, 3) * log(3))
    assert (known.share, known.lasted) == (pytest.approx(1 / 3), 3)
    assert known.low == pytest.approx(exp(log(1 / 3) * exp(spread)))
    assert known.high == pytest.approx(exp(log(1 / 3) * exp(-spread)))


def test_where_none_was_answered_the_interval_is_the_exact_one() -> None:
    nobody = Table.of([30] * 9 + [7], [CENSORED] * 9 + [CLOSED])
    known = chance(nobody, 5, within=20)
    assert (known.share, known.low, known.lasted) == (0, 0, 10)
    assert known.high == pytest.approx(1 - TAIL ** (1 / 10))
    half = chance(Table.of([30] * 5 + [7] * 5, [CENSORED] * 10), 5, within=20)
    assert half.high == pytest.approx(1 - TAIL ** (1 / 5))  # five were watched to the end


def test_where_all_were_answered_the_interval_is_the_exact_one() -> None:
    known = chance(Table.of([6, 7, 8], [REPLIED, CENSORED, REPLIED]), 5, within=90)
    assert (known.share, known.high, known.lasted) == (1, 1, 3)
    assert known.low == pytest.approx(TAIL ** (1 / 2))


@pytest.mark.parametrize(
    ("durations", "ends", "age"),
    [
        ([], [], 0),  # nothing known
        ([0, 0], [REPLIED, REPLIED], 0),  # nobody lasted
        ([4, 9], [CENSORED, CENSORED], 0),  # nobody was watched for as long as that
        ([4, 9], [REPLIED, CENSORED], 0),
        ([4, 9], [REPLIED, REPLIED], 9),
    ],
)
def test_where_nothing_can_be_known_nothing_is_said(
    durations: list[int], ends: list[int], age: int
) -> None:
    assert chance(Table.of(durations, ends), age, within=90) is None


def test_a_few_that_nobody_watched_to_the_end_count_as_silent_and_widen_the_interval() -> None:
    table = Table.of([*range(1, 40), 50], [REPLIED] * 39 + [CENSORED])
    known, curve = chance(table, 0, within=90), aalen_johansen(table)
    assert (known.share, known.lasted) == (pytest.approx(39 / 40), 40)
    assert known.low == pytest.approx(curve.low[-1])
    assert known.high == pytest.approx(min(curve.high[-1] + 1 / 40, 1))
    assert chance(table, 19.5, within=90) is not None  # one of 21 is few
    assert chance(table, 21.5, within=90) is None  # one of 19 is not


def test_an_answer_at_once_counts_from_the_start_but_not_among_those_that_lasted() -> None:
    table = Table.of([0, 0, 4], [REPLIED, CLOSED, REPLIED])
    assert aalen_johansen(table).share == pytest.approx([1 / 3, 2 / 3])
    assert (chance(table, 0, 90).share, chance(table, 0, 90).lasted) == (1, 1)


def test_with_everyone_censored_nobody_was_answered() -> None:
    table = Table.of([3, 5, 5], [CENSORED] * 3)
    assert kaplan_meier(table).share.tolist() == [1, 1]
    assert aalen_johansen(table).share.tolist() == [0, 0]
    assert aalen_johansen(table).high.tolist() == [0, 0]


def test_without_silences_the_curves_are_empty() -> None:
    assert kaplan_meier(Table.of([], [])).share.size == 0
    assert aalen_johansen(Table.of([], [])).share.size == 0


@given(st.lists(st.tuples(ages, st.sampled_from([CENSORED, REPLIED])), min_size=1))
def test_without_closings_it_agrees_with_scipy(rows: list[tuple[int, int]]) -> None:
    times, ends = np.array(rows).T
    answered = times[ends == REPLIED].astype(float)
    waiting = times[ends == CENSORED].astype(float)
    theirs = ecdf(CensoredData(uncensored=answered, right=waiting))
    table = Table.of(times, ends)
    ours = kaplan_meier(table)
    assert ours.share == pytest.approx(theirs.sf.evaluate(table.times))
    assert aalen_johansen(table).share == pytest.approx(1 - theirs.sf.evaluate(table.times))


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@given(st.lists(st.tuples(ages, st.sampled_from([CENSORED, REPLIED])), min_size=5))
def test_the_intervals_agree_with_scipy(rows: list[tuple[int, int]]) -> None:
    times, ends = np.array(rows).T
    found = CensoredData(
        uncensored=times[ends == REPLIED].astype(float),
        right=times[ends == CENSORED].astype(float),
    )
    with np.errstate(all="ignore"):
        theirs = ecdf(found).sf.confidence_interval(method="log-log")
    table = Table.of(times, ends)
    ours = kaplan_meier(table)
    inside = (ours.share > 0) & (ours.share < 1)
    assert ours.low[inside] == pytest.approx(theirs.low.evaluate(table.times)[inside])
    assert ours.high[inside] == pytest.approx(theirs.high.evaluate(table.times)[inside])


@given(st.lists(st.sampled_from([CENSORED, REPLIED, CLOSED]), min_size=2, max_size=80))
@settings(deadline=None)
def test_with_closings_it_agrees_with_lifelines(ends: list[int]) -> None:
    times = np.random.default_rng(len(ends)).permutation(len(ends)) + 1.0  # distinct: no jitter
    with np.errstate(all="ignore"):
        fitted = AalenJohansenFitter().fit(times, np.array(ends), event_of_interest=REPLIED)
    table = Table.of(times, ends)
    ours = aalen_johansen(table)
    theirs = fitted.cumulative_density_.iloc[1:, 0]
    bounds = fitted.confidence_interval_.iloc[1:].to_numpy()
    assert ours.share == pytest.approx(theirs.to_numpy())
    known = (ours.share > 1e-9) & (ours.share < 1 - 1e-9) & ~np.isnan(bounds).any(axis=1)
    assert ours.low[known] == pytest.approx(bounds[known].min(axis=1), abs=1e-7)
    assert ours.high[known] == pytest.approx(bounds[known].max(axis=1), abs=1e-7)


@given(silences, ages, st.integers(1, 120))
def test_a_chance_is_the_curve_of_those_that_lasted(
    rows: list[tuple[int, int]], age: int, within: int
) -> None:
    table = Table.of(*zip(*rows, strict=True))
    known = chance(table, age, within)
    if known is None:
        return
    later = [(length - age, end) for length, end in rows if length > age]
    assert known.lasted == len(later)
    curve = aalen_johansen(Table.of(*zip(*later, strict=True)))
    by_then = curve.share[curve.times <= within]
    assert known.share == pytest.approx(by_then[-1] if by_then.size else 0)
    assert 0 <= known.low <= known.share + 1e-12
    assert known.share - 1e-12 <= known.high <= 1
