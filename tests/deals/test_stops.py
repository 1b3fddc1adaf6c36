"""Where a threshold can be dragged to: evenly apart, as the axis above the slider is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.spans import Span
from deals.stops import MOST, notches

DAY = timedelta(days=1)
EIGHT = timedelta(hours=8)


@pytest.mark.parametrize(
    ("reach", "current", "day", "first", "last"),
    [
        (3 * DAY, "1d", DAY, "1h", "72h"),
        (56.2 * DAY, "3w", DAY, "1d", "57d"),
        (200 * DAY, "9w", DAY, "1w", "29w"),
        (200 * DAY, "5d", DAY, "1d", "200d"),  # a week would be longer than what is in force
        (6000 * DAY, "9w", DAY, "3w", "858w"),
        (timedelta(hours=20), "4wh", EIGHT, "1wh", "20wh"),
        (timedelta(hours=160), "1wd", EIGHT, "1wd", "20wd"),
        (timedelta(hours=160), "4wh", EIGHT, "1wh", "160wh"),
        (timedelta(), "1h", DAY, "1h", "1h"),
    ],
)
def test_the_slider_stops_at_round_spans_as_far_as_the_curve_reaches(
    reach: timedelta, current: str, day: timedelta, first: str, last: str
) -> None:
    found = notches(reach, Span.parse(current), day)
    assert (found[0].code, found[-1].code) == (first, last)


@given(
    hours=st.floats(0.1, 40_000),
    code=st.sampled_from(["1h", "36h", "5d", "9w", "4wh", "3wd"]),
    day=st.timedeltas(timedelta(hours=1), DAY),
)
def test_stops_stand_evenly_from_nothing_to_past_the_reach(
    hours: float, code: str, day: timedelta
) -> None:
    found = notches(timedelta(hours=hours), current := Span.parse(code), day)
    lengths = [span.length(day) for span in found]
    assert lengths == [place * lengths[0] for place in range(1, len(found) + 1)]
    assert lengths[-1] >= timedelta(hours=hours) - timedelta(microseconds=len(found))
    assert len(found) <= MOST
    assert {span.is_working for span in found} == {current.is_working}
