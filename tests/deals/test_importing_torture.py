"""CSV as others wrote it to break parsers: the expected rows, or a sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deals.importing import detecting
from deals.importing.reading import Sheet, named_once

# What we do otherwise on purpose. Each begins with what is different about the file or the asking.
COMMENTS = "a line that begins with # is a row to us: no program exports comments"
QUOTES = "only the double quote quotes: it is what programs write (RFC 4180)"
ESCAPES = "only a doubled quote stands for one (RFC 4180); a backslash is a backslash"
TYPES = "cells stay texts: what a number or a date is, its column says"
TRANSFORMS = "nobody can hand us a function"
PREVIEW = "a file is read to its end"
SKIPPING = "the first line that is not blank names the columns"
SEPARATORS = "a separator is one of , ; tab and |"
NEWLINES = "every kind of line ending ends a line, also beside others"
BROKEN = "a quotation mark that is never closed, or closed amid a text, is told, not guessed around"
EMPTY = "an empty file is refused in a sentence"
OTHER_WAYS = {
    "comments": COMMENTS, "quoteChar": QUOTES, "escapeChar": ESCAPES, "dynamicTyping": TYPES,
    "transform": TRANSFORMS, "transformHeader": TRANSFORMS, "preview": PREVIEW,
    "skipFirstNLines": SKIPPING,
}  # fmt: skip
SPACES = "a space after a closing quotation mark is told: what it belongs to is anybody's guess"
TWINS = "two columns of one name are told apart by their place, which the mapping page shows"
SHORT = "a row is as wide as its headings: one that is not is set aside with its cells"
HEADINGS = "headings without a row are headings"
BY_DESCRIPTION = {
    "Empty input string": EMPTY,
    "Input is just the delimiter (2 empty fields)": EMPTY,
    "Input is just empty fields": EMPTY,
    "Skip empty lines, with empty input": EMPTY,
    "Simple duplicated header names": TWINS,
    "Duplicated header names existing column": TWINS,
    "Duplicate header names with __proto__ field": TWINS,
    "Quoted fields with spaces between closing quote and next delimiter": SPACES,
    "Quoted fields with spaces between closing quote and next new line": SPACES,
    "Quoted fields with spaces after closing quote": SPACES,
    "Quoted fields with spaces between closing quote and next delimiter and contains delimiter": SPACES,
    "Quoted fields with spaces between closing quote and newline and contains newline": SPACES,
    "Mixed slash n and slash r should choose first as precident": NEWLINES,
    "Header row only": HEADINGS,
    "Row with too few fields": SHORT,
    "Multi-character delimiter (length 2) with quoted field": SEPARATORS,
    "Callback delimiter": SEPARATORS,
    "Quoted field has no closing quote": BROKEN,
    "Quoted field has invalid trailing quote after delimiter with a valid closer": BROKEN,
    "Quoted field has invalid trailing quote after delimiter": BROKEN,
    "Quoted field has invalid trailing quote before delimiter": BROKEN,
    "Quoted field has invalid trailing quote after new line": BROKEN,
}


def ours(path: Path, separator: str) -> list[list[str]] | str:
    """Return headings and rows as the importer reads them, or the sentence that refuses the file."""
    sheet = Sheet(path, "utf-8-sig", separator, has_twins=True)
    try:
        return [sheet.headings(()), *(row.cells or [row.refusal] for row in sheet.rows(()))]
    except ValueError as refusal:
        return str(refusal)


def theirs(case: dict[str, Any]) -> list[list[str]]:
    """Return the rows that they expect; blank lines say nothing, and headings name columns."""
    rows = case["expected"]["data"]
    if rows and isinstance(rows[0], dict):
        extra = "__parsed_extra"
        named = [name for name in max(rows, key=len) if name != extra]
        rows = [
            named,
            *([*(v for k, v in row.items() if k != extra), *row.get(extra, [])] for row in rows),
        ]
    rows = [[str(cell) for cell in row] for row in rows]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if rows:
        rows[0] = named_once([cell.strip() for cell in rows[0]], "file", has_twins=True)
    return rows


def reason_of(case: dict[str, Any]) -> str:
    """Return why we read a case otherwise than they do, "" where we do not mean to."""
    ways = (OTHER_WAYS[way] for way in case.get("config") or {} if way in OTHER_WAYS)
    return BY_DESCRIPTION.get(case["description"]) or next(ways, "")


def test_each_case_gives_the_expected_rows_or_a_reason_why_not(
    real_data: Path, tmp_path: Path
) -> None:
    cases = json.loads((real_data / "csv" / "papaparse" / "cases.json").read_text())
    path = tmp_path / "case.csv"
    alike, told = 0, set()
    for case in cases:
        path.write_bytes(case["input"].encode())
        separator = (case.get("config") or {}).get("delimiter", "")
        if not isinstance(separator, str) or len(separator) != 1 or separator == "\n":
            separator = detecting.separator(path, "utf-8-sig")
        if ours(path, separator) == theirs(case):
            alike += 1
            continue
        assert reason_of(case), (case["description"], ours(path, separator), theirs(case))
        told.add(reason_of(case))
    assert (len(cases), alike) == (160, ALIKE)
    assert told == REASONS


REASONS = {
    COMMENTS, QUOTES, ESCAPES, TYPES, TRANSFORMS, PREVIEW, SKIPPING, SEPARATORS, NEWLINES, BROKEN,
    EMPTY, SPACES, TWINS, SHORT, HEADINGS,
}  # fmt: skip
ALIKE = 95


# What their own tests say of the files beside the cases: how many rows, and the first and last cells.
SAMPLES = {
    "long-sample.csv": (8, "Grant", "Phasellus@Quisquetincidunt.example"),
    "sample-header.csv": (3, "title", "test name 02"),
    "sample.csv": (2, "A", "Z"),
    "utf-8-bom-sample.csv": (2, "A", "Z"),
}


def test_the_sample_files_beside_the_cases_are_read_as_their_tests_say(real_data: Path) -> None:
    found = {}
    for path in sorted((real_data / "csv" / "papaparse" / "tests").glob("*.csv")):
        encoding = detecting.encoding(path)
        sheet = Sheet(path, encoding, detecting.separator(path, encoding), has_twins=True)
        rows = [sheet.headings(()), *(row.cells for row in sheet.rows(()))]
        assert {len(row) for row in rows} == {len(rows[0])}
        found[path.name] = (len(rows), rows[0][0], rows[-1][-1])
    assert found == SAMPLES


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "case.csv is empty. Its first line must name the columns."),
        (" , \n,,\n", "case.csv is empty. Its first line must name the columns."),
        (
            'a,"b,c\nd,e,f',
            (
                "case.csv: a quotation mark opened on line 1 is never closed. Close it, or double it "
                "where it is part of the text."
            ),
        ),
        (
            'A,"B" ,C\nd,e,f',
            (
                "case.csv: its first line cannot be read as CSV (',' expected after '\"'): write a "
                "quotation mark inside a text twice."
            ),
        ),
    ],
)
def test_a_file_without_headings_is_refused_in_a_sentence(
    tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "case.csv"
    path.write_text(content)
    assert ours(path, ",") == sentence


def test_lines_that_cannot_be_read_are_set_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "case.csv"
    path.write_text('a,b\nc,"d"e\n\ng,h\n')
    refused = "cannot be read as CSV (',' expected after '\"'): write a quotation mark inside a text twice"
    assert ours(path, ",") == [["a", "b"], [refused], ["g", "h"]]
