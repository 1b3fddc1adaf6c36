"""How digests say what they tell."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from outreach.digest.wording import (
    one_line,
    say_block,
    say_counts,
    say_days,
    say_line,
    say_row,
    say_since,
    say_whose,
)
from tests.cast import day

BERLIN = ZoneInfo("Europe/Berlin")
NOW = day(8, 8)  # a Tuesday, nine in Berlin


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (day(8, 6), "since 07:00"),
        (day(7, 23, 30), "since 00:30"),  # past midnight there already
        (day(7, 10), "since Monday, 11:00"),
        (day(1, 10), "since 3 March"),
        (day(-70, 10), "since 22 December 2025"),
    ],
)
def test_an_instant_is_said_as_short_as_it_stays_clear(at: datetime, said: str) -> None:
    assert say_since(at, NOW, BERLIN) == said


@pytest.mark.parametrize(
    ("kind", "by", "at", "said"),
    [
        ("dark", "them", day(7, 10), "dark since Monday, 11:00"),
        ("ours", "us", day(7, 10), "overdue since Monday, 11:00"),
        ("due", "them", day(8, 14), "goes dark at 15:00"),
        ("due", "us", day(8, 14), "we owe an answer by 15:00"),
        ("due", "them", day(8, 23), "goes dark at midnight"),
    ],
)
def test_a_line_says_why_it_is_told(kind: str, by: str, at: datetime, said: str) -> None:
    assert say_line(kind, by, at, NOW, BERLIN) == said


def test_counts_are_said_in_the_order_of_the_sections() -> None:
    assert say_counts({"dark": 3, "ours": 2, "due": 1}, 4) == (
        "3 deals went dark · 2 wait for us · 1 due today"
    )
    assert say_counts({"dark": 1, "ours": 1}, 0) == "1 deal went dark · 1 waits for us"
    assert [say_counts({}, number) for number in (1, 2)] == [
        "1 other piece of news",
        "2 other pieces of news",
    ]


def test_a_bar_of_something_is_never_empty() -> None:
    assert [len(say_block(share)) for share in (0, 1, 50, 100)] == [0, 1, 10, 20]


def test_columns_stand_under_their_heads() -> None:
    heads = ("dark now", "relit")
    head, row = say_row("BY STAGE", heads, heads), say_row("Demo", (7, 12), heads)
    assert [head.index("dark now") + len("dark now"), len(head)] == [row.index("7") + 1, len(row)]


def test_a_header_is_one_line() -> None:
    assert one_line("Harbour\r\nBcc: x@y.example\t2") == "Harbour Bcc: x@y.example 2"


def test_an_hour_before_the_clocks_change_is_said_as_it_was() -> None:
    sunday = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("UTC"))
    assert say_since(sunday, sunday + timedelta(hours=3), BERLIN) == "since 01:30"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 3, 9), date(2026, 3, 15), "9 to 15 March 2026"),
        (date(2026, 3, 30), date(2026, 4, 5), "30 March to 5 April 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 December 2026 to 3 January 2027"),
    ],
)
def test_a_week_is_said_without_a_word_twice(first: date, last: date, said: str) -> None:
    assert say_days(first, last) == said


def test_many_teams_are_said_as_one_would() -> None:
    assert say_whose(["East", "North", "South"], "", is_all=False) == "teams East, North and South"
