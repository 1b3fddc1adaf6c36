"""Workbooks made to unpack without end: each is a sentence, long before the memory is full."""

from __future__ import annotations

import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from deals.importing import archives
from deals.importing.workbooks import WorkbookSheet

SHEET = "xl/worksheets/sheet1.xml"
OPENED = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main"><sheetData><row r="1"><c t="inlineStr"><is><t>a</t></is></c></row>'
)
SIZE = 60_000_000  # characters of the part that has no end
MOST_HELD = 40_000_000  # bytes; read at once, it takes 60 to 900 millions
TOO_MUCH = r"^x\.xlsx unpacks to far more than its size: it is not read\."


def without_end(piece: str) -> Iterator[bytes]:
    """Yield a text that repeats a piece, with enough noise between to be packed like any other."""
    noise = random.Random(4)
    block = piece * (32_000 // len(piece))
    for _ in range(SIZE // len(block)):
        yield block.replace("~~~~~~~~", f"{noise.randrange(10**8):08}").encode()


def packed(tmp_path: Path, part: str, start: str, piece: str) -> Path:
    """Save a workbook of which one part begins in a way and then goes on without end."""
    path, plain = tmp_path / "x.xlsx", tmp_path / "plain.xlsx"
    book = Workbook()
    book.active.append(["a"])
    book.save(plain)
    with (
        zipfile.ZipFile(plain) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w") as opened:
            opened.write(start.encode())
            for block in without_end(piece):
                opened.write(block)
    return path


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        ('<row r="2">', "<c><v>~~~~~~~~</v></c>"),
        ('<row r="2"><c>', "<f>~~~~~~~~</f>"),
        ('<row r="2"><c t="inlineStr"><is><t>', "a text without end ~~~~~~~~ "),
        ('<row r="2"><c t="inlineStr"><is>', "<r><t>~~~~~~~~ goes on</t></r>"),
        ('<row r="2" spans="', "1:~~~~~~~~ "),
        ("<!--", "never ending ~~~~~~~~ "),
        ("<?never ", "ending ~~~~~~~~ "),
        ("</sheetData>", '<junk x="~~~~~~~~"/>'),
        ("", "<deep>~~~~~~~~"),
    ],
)
def test_a_sheet_without_end_is_a_sentence_and_held_nowhere(
    tmp_path: Path, start: str, piece: str
) -> None:
    path = packed(tmp_path, SHEET, OPENED + start, piece)
    assert path.stat().st_size * 300 > SIZE  # not refused for being packed too well
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=TOO_MUCH):
            list(WorkbookSheet(path).rows())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_HELD


def test_rows_that_say_nothing_end_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_ROWS", 5000)
    path = packed(tmp_path, SHEET, OPENED, '<row x="~~~~~~~~"/>')
    with pytest.raises(ValueError, match=TOO_MUCH):
        list(WorkbookSheet(path).rows())


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/workbook.xml", "docProps/core.xml"])
def test_a_part_that_is_read_at_once_may_not_have_marks_without_end(
    tmp_path: Path, part: str
) -> None:
    path = packed(tmp_path, part, "<x>", "<row/><si/>~~~~~~~~")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=TOO_MUCH):
            WorkbookSheet(path).headings()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_HELD


@pytest.mark.parametrize("row", ["1048577", "999999999999", "1e9", "-1e99"])
def test_a_row_that_stands_past_the_last_makes_up_none_before_it(tmp_path: Path, row: str) -> None:
    path = tmp_path / "x.xlsx"
    book = Workbook()
    book.active.append(["a"])
    book.save(path)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[SHEET] = f'{OPENED}<row r="{row}"><c><v>1</v></c></row></sheetData></worksheet>'.encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    with pytest.raises(ValueError, match=r"^x\.xlsx "):
        list(WorkbookSheet(path).rows())


def test_a_sheet_ten_times_as_large_takes_no_more_memory(tmp_path: Path) -> None:
    def most_held(lines: int) -> int:
        book = Workbook(write_only=True)
        page = book.create_sheet("large")
        page.append([f"column {place}" for place in range(20)])
        for line in range(lines):
            page.append([f"row {line}", *range(19)])
        book.save(tmp_path / "x.xlsx")
        tracemalloc.start()
        try:
            assert sum(1 for _ in WorkbookSheet(tmp_path / "x.xlsx").rows()) == lines
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    most_held(10)  # what is made once and stays
    assert most_held(2000) < 2 * most_held(200)
