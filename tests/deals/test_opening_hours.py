"""Opening hours as people write them."""

from __future__ import annotations

import re

import pytest

from deals.opening_hours import read_days, read_hours, say_days, say_hours


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("9:00-17:00", [["09:00", "17:00"]]),
        ("9-12, 13:00–17:30", [["09:00", "12:00"], ["13:00", "17:30"]]),
        ("13 to 17, 8.30 - 12", [["08:30", "12:00"], ["13:00", "17:00"]]),
        ("0:00-24:00", [["00:00", "24:00"]]),
        ("9-12, 12-15", [["09:00", "12:00"], ["12:00", "15:00"]]),
        ("", []),
        (" Closed ", []),
    ],
)
def test_hours_are_read_however_they_are_written(text: str, spans: list[list[str]]) -> None:
    assert read_hours(text) == spans
    assert read_hours(say_hours(spans)) == spans


REMEDY = "Write hours such as 9:00-12:00, 13:00-17:30, or leave the day empty when it is closed."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nine to five", f"“nine to five” is not a span of hours. {REMEDY}"),
        ("9-12, 11-15", f"“9-12, 11-15” overlaps itself. {REMEDY}"),
        ("9:75-12", f"There is no 9:75. {REMEDY}"),
        ("17-9", f"“17-9” ends before it begins or after midnight. {REMEDY} 24:00 ends a day."),
        ("9-25", f"“9-25” ends before it begins or after midnight. {REMEDY} 24:00 ends a day."),
    ],
)
def test_hours_that_are_none_are_refused_with_the_remedy(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        read_hours(text)


def test_extra_days_are_read_line_by_line() -> None:
    days = read_days("2026-12-24: 9-12\n\n2026-12-27: closed\n2026-12-31 10:00-14:00")
    assert days == {
        "2026-12-24": [["09:00", "12:00"]], "2026-12-27": [], "2026-12-31": [["10:00", "14:00"]],
    }  # fmt: skip
    assert read_days(say_days(days)) == days


@pytest.mark.parametrize("text", ["Christmas: closed", "2026-02-30: closed", "24.12.2026: 9-12"])
def test_a_day_that_is_none_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="Write one day a line"):
        read_days(text)
