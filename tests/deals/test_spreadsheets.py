"""Exports that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deals.spreadsheets import Value, csv_lines, plain


@pytest.mark.parametrize(
    "text",
    [
        "=1+2", "+SUM(A1)", "-cmd|'/C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1",
        '=HYPERLINK("http://example.org")', "-", "+", "-1e5", "+1;=2",
    ],
)  # fmt: skip
def test_what_would_run_is_quoted(text: str) -> None:
    assert plain(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["+46 31 555 0001", "-1,234.50", "+49 (0)30/123-45", "-5", "Ines", "a=b", "", "5-3"]
)
def test_words_numbers_and_phone_numbers_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (-3, "-3"),
        (Decimal("-12.50"), "-12.50"),
        (datetime(2026, 3, 2, 9, 5, tzinfo=UTC), "2026-03-02 09:05"),
    ],
)
def test_values_are_said_plainly(value: Value, text: str) -> None:
    assert plain(value) == text


def test_a_spreadsheet_reads_back_what_was_written() -> None:
    rows = [["Deal", "Note"], ["“Föhn”, GmbH", 'two\nlines and "quotes"']]
    text = "".join(csv_lines(rows)).encode().decode("utf-8-sig")
    assert list(csv.reader(text.splitlines(keepends=True))) == rows
