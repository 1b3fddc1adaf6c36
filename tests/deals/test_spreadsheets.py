"""Exports that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from deals.spreadsheets import (
    LONGEST_CELL,
    Value,
    csv_lines,
    escaped,
    plain,
    restored,
    unescaped,
    write_workbook,
)


@pytest.mark.parametrize(
    "text",
    [
        "=1+2", "+SUM(A1)", "-cmd|'/C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1",
        "＝1+2", "＠SUM(A1)",
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


# texts as they are typed, and what spreadsheets take for formulas and numbers
TEXTS = st.text() | st.text("=+-@\t\r\n '\"12,;(_x0D9") | st.from_regex(r"'*[=+@-]?[\d ()/+-]*")


@given(TEXTS)
@example("'=1")
@example("'+49 30")
@example("''=1")
@example("+49 (0)30 123")
@example("-5")
def test_every_text_comes_back_from_what_an_export_made_of_it(text: str) -> None:
    assert restored(plain(text)) == text


@given(TEXTS)
def test_no_text_of_an_export_runs(text: str) -> None:
    told = plain(text)
    bare = told.lstrip(" ")
    assert told in (text, f"'{text}")
    assert not bare.startswith(("=", "@"))
    if bare.startswith(("+", "-")):  # a number, or one for a phone
        assert not any(sign.isalpha() for sign in bare)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=5))
def test_whole_tables_come_back_from_csv(rows: list[list[str]]) -> None:
    text = "".join(csv_lines(rows)).removeprefix("\ufeff")
    read = [[restored(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    assert read == rows


@given(TEXTS)
@example("_x0041_")
@example("_x005F_x0041_")
@example("\x00\r\ud800")
def test_every_text_comes_back_from_what_a_workbook_spells_out(text: str) -> None:
    assert unescaped(escaped(text)) == text


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    file = io.BytesIO()
    odd = ["=1+2", "'=1", "\x00\r\n\t ", "+49 30 1", "x" * (LONGEST_CELL + 1)]
    write_workbook(
        file, "Deals", [["a", "b"], *([text, 5] for text in odd), [Decimal("1.50"), None]]
    )
    cells = list(load_workbook(file, read_only=True).worksheets[0].iter_rows(min_row=2))
    assert [unescaped(row[0].value) for row in cells[:-1]] == [*odd[:-1], odd[-1][:-1]]
    assert {row[0].data_type for row in cells[:-1]} == {"s"}
    assert (cells[0][1].value, cells[-1][0].value) == (5, 1.5)
