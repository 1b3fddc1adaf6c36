"""Which threshold the history speaks for: against curves worked out by hand, and always in order."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from deals.advice import FEW, advise, waits
from deals.spans import Span
from deals.stops import stops
from deals.survival import CENSORED, CLOSED, REPLIED, Table

DAYS = [(Span(count, "d"), float(count)) for count in range(1, 41)]
OF_WHAT = st.sampled_from([CENSORED, REPLIED, CLOSED])
HISTORIES = st.lists(st.tuples(st.integers(0, 80), OF_WHAT), min_size=1, max_size=400)


def table(*groups: tuple[int, float, int]) -> Table:
    """Count groups of so many silences that lasted so many days and ended so."""
    lengths = [days for count, days, _ in groups for _ in range(count)]
    ends = [end for count, _, end in groups for _ in range(count)]
    return Table.of(lengths, ends)


# 200 silences: 80 answered on day 1, 40 on day 3, 10 on day 6, 4 on day 15; 66 watched for 40 days.
BY_HAND = table(
    (80, 1, REPLIED), (40, 3, REPLIED), (10, 6, REPLIED), (4, 15, REPLIED), (66, 40, CENSORED)
)


def test_waiting_as_long_again_wins_what_the_curve_loses_meanwhile() -> None:
    known = {wait.span.count: wait for wait in waits(BY_HAND, DAYS)}

    # still silent: 120 after day 1, 80 after day 3, 70 after day 6, 66 after day 15
    assert known[1].wins == 0  # nobody on day 2
    assert known[2].wins == pytest.approx(40 / 120)
    assert known[3].wins == pytest.approx(10 / 80)
    assert known[7].wins == 0
    assert known[8].wins == pytest.approx(4 / 70)
    assert (known[3].still, known[3].lasted) == (pytest.approx(80 / 200), 80)
    assert max(known) == 20  # half of what was watched


@pytest.mark.parametrize(
    ("share", "days"), [(0.40, 1), (0.30, 3), (0.13, 3), (0.12, 6), (0.06, 6), (0.05, 15), (0, 15)]
)
def test_the_advice_is_the_shortest_wait_after_which_none_wins_more(
    share: float, days: int
) -> None:
    assert advise(BY_HAND, DAYS, share).span == Span(days, "d")


def test_the_reason_says_what_waiting_wins_and_from_what_it_counts() -> None:
    told = advise(BY_HAND, DAYS, 0.13)

    assert told.reason == (
        "Of those still silent after 3 days, 12 in 100 answer in as much time again unless the "
        "deal is closed (likely 7 to 22); waiting counts as worth it above 13 in 100."
    )
    assert told.warning == ""


def test_the_interval_is_the_one_of_a_curve_begun_at_that_age() -> None:
    [wait] = [wait for wait in waits(BY_HAND, DAYS) if wait.span.count == 3]
    later = [(6, 1)] * 10 + [(15, 1)] * 4 + [(40, 0)] * 66
    days, answered = zip(*later, strict=True)
    fitted = KaplanMeierFitter().fit(days, answered).confidence_interval_.loc[6.0]

    assert (1 - wait.high, 1 - wait.low) == pytest.approx(tuple(fitted), abs=1e-6)


def test_a_thin_history_gives_no_advice_and_says_so() -> None:
    few = table((20, 1, REPLIED), (FEW - 1, 30, CENSORED))

    told = advise(few, DAYS, 0.15)

    assert (told.wait, told.reason[:31]) == (None, "The history is too thin to tell")
    assert advise(Table.of([], []), DAYS, 0.15).wait is None


@pytest.mark.parametrize("answered", [9, 10])
def test_fewer_than_ten_answers_give_no_advice(answered: int) -> None:
    young = table((answered, 1, REPLIED), (90, 3, CENSORED))  # nobody was watched for long

    told = advise(young, DAYS, 0.15)

    assert (told.wait is None) == (answered < 10)
    if told.wait is None:
        assert told.reason == (
            "The history is too thin to tell: of 99 silences 9 were answered, and a suggestion "
            "takes 10."
        )


@pytest.mark.parametrize("watched", [FEW - 1, FEW])
def test_a_threshold_past_which_few_were_watched_as_long_again_is_not_advised(
    watched: int,
) -> None:
    known = table((20, 1, REPLIED), (50, 1.5, CENSORED), (watched, 2, CENSORED))

    told = advise(known, DAYS, 0.15)

    assert (told.wait is None) == (watched < FEW)
    if told.wait:
        assert (told.wait.lasted, told.wait.known) == (50 + FEW, FEW)
    else:
        assert told.reason.startswith("The history is too thin to tell: of 99 silences fewer than")


@pytest.mark.parametrize(("late", "is_given"), [(4, True), (20, False)])
def test_few_that_surely_answer_later_speak_against_a_short_threshold(
    late: int, is_given: bool
) -> None:
    # 30 lasted past day 1 and none answered on day 2; some do between the days 5 and 10
    quiet = table((12, 1, REPLIED), (5, 4, CLOSED), (late, 8, REPLIED), (25 - late, 40, CENSORED))

    told = advise(quiet, DAYS, 0.15)

    assert (told.wait is not None) == is_given
    if not is_given:
        assert told.reason == (
            "The history is too thin to tell: only 25 silences lasted past 7 days, but 80 in 100 "
            "of them answer in as much time again unless the deal is closed, and waiting counts "
            "as worth it above 15 in 100."
        )


def test_a_wide_interval_is_warned_of() -> None:
    told = advise(table((30, 1, REPLIED), (4, 2, REPLIED), (27, 40, CENSORED)), DAYS, 0.15)

    assert told.span == Span(1, "d")
    assert told.warning.startswith("The history is thin: 31 silences lasted that long")


def test_where_waiting_pays_to_the_end_there_is_none() -> None:
    halving = table(*((count, 2**k, REPLIED) for k, count in enumerate((400, 200, 100, 50))),
                    (50, 10, CENSORED))  # fmt: skip

    told = advise(halving, DAYS, 0.15)

    assert told.wait is None
    assert told.reason.startswith("Waiting pays as far as the history tells")


@given(history=HISTORIES, shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_whoever_asks_more_of_waiting_never_waits_longer(
    history: list[tuple[int, int]], shares: tuple[float, float]
) -> None:
    known = Table.of(*zip(*history, strict=True))
    modest, greedy = (advise(known, DAYS, share).span for share in sorted(shares))
    if modest is not None:
        assert greedy is not None
        assert greedy.count <= modest.count


@given(history=HISTORIES, share=st.floats(0, 1))
def test_no_advice_lies_outside_what_was_seen(history: list[tuple[int, int]], share: float) -> None:
    lengths, ends = (np.array(side) for side in zip(*history, strict=True))
    told = advise(Table.of(lengths, ends), DAYS, share)
    if told.wait is not None:
        days = told.wait.span.count
        assert lengths[ends == REPLIED].min() <= days <= lengths.max() / 2
        assert (lengths > days).sum() == told.wait.lasted >= FEW
        assert 0 <= told.wait.low <= told.wait.wins <= told.wait.high <= 1
        assert told.wait.wins <= share


def test_stops_ascend_without_a_gap_in_the_hours() -> None:
    eight = timedelta(hours=8)
    calendar, working = (stops(is_working=which, day=eight) for which in (False, True))

    for each in (calendar, working):
        assert all(before < after for (_, before), (_, after) in pairwise(each))
    assert [str(span) for span, _ in working[38:42]] == [
        "39 working hours", "40 working hours", "6 working days", "7 working days",
    ]  # fmt: skip
    assert [span.code for span, _ in calendar[46:50]] == ["47h", "48h", "3d", "4d"]
    assert stops(is_working=True, day=timedelta(minutes=30))[0][0].code == "1wh"
