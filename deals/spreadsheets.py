"""Tables as CSV or as a workbook that a spreadsheet shows and never runs, and text back from them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as something else
# OWASP, "CSV Injection"; the wide ones are run by spreadsheets in Japanese
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMERIC = re.compile(r"[+-]?[\d\s.,()/-]*\d[\d\s.,()/-]*", re.ASCII)
MOST_ROWS = 1_048_575  # of a sheet, beside its headings (ECMA-376)
LONGEST_CELL = 32_767  # characters, likewise
# what XML cannot hold is written _xHHHH_, and a text that looks like that is escaped itself
UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
SPELT_OUT = re.compile(r"_x([0-9A-Fa-f]{4})_")

Value = str | int | bool | Decimal | datetime | date | None


class _Echo:
    """A file that hands back what is written to it, so that a table streams."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Yield a table's lines, as RFC 4180 has them, beginning with a byte order mark."""
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([plain(value) for value in row])


def plain(value: Value) -> str:
    """Return a value as text; what a spreadsheet would run as a formula gets a leading quote.

    Numbers and phone numbers keep their sign. Instants are said in their own time zone.
    """
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return f"'{value}" if _would_run(value) else value


def restored(text: str) -> str:
    """Return the text that `plain` made this cell of: `restored(plain(text)) == text`, always."""
    return text[1:] if text.startswith("'") and _would_run(text[1:]) else text


def _would_run(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula, quotes before it not counted.

    Not counting them makes the quoting reversible: "'=1" is quoted too, and so stays apart
    from what "=1" becomes.
    """
    bare = text.lstrip("'")
    return bare.lstrip(" ").startswith(TRIGGERS) and not NUMERIC.fullmatch(bare)


def write_workbook(file: IO[bytes], title: str, rows: Iterable[Sequence[Value]]) -> None:
    """Write a table as XLSX, row by row: texts are typed as text, so that none of them runs.

    Rows past the most that a sheet can hold are left out, and its last row says so.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    assert isinstance(sheet, WriteOnlyWorksheet)
    sheet.freeze_panes = "A2"
    for place, row in enumerate(rows):
        if place == MOST_ROWS:
            sheet.append(["There are more rows than a sheet can hold: export them as CSV."])
            break
        sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _cell(sheet: WriteOnlyWorksheet, value: Value) -> object:
    if isinstance(value, datetime):
        value = plain(value)
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, escaped(value[:LONGEST_CELL]))
    cell.data_type = "s"  # after the value, which has made "=1" a formula
    return cell


def escaped(text: str) -> str:
    """Spell out what XML cannot hold, as Excel does. Source: ECMA-376, ST_Xstring."""
    return UNSPEAKABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def unescaped(text: str) -> str:
    """Return the text that was spelt out: `unescaped(escaped(text)) == text`, always."""
    return SPELT_OUT.sub(lambda match: chr(int(match[1], 16)), text)
