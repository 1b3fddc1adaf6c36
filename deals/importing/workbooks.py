"""Workbooks (XLSX) as rows of text: read row by row, after a look at what they would unpack to."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from deals.importing.archives import Archive, UnsoundError
from deals.importing.reading import Row, Sheet, named_once, refusal
from deals.spreadsheets import unescaped

MERGED = re.compile(rb'mergeCell\s[^>]{0,80}?ref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
LONGEST_MERGE = 160  # bytes of such a mark
MOST_MERGED = 100_000
CHUNK = 32 * 1024
LOOKED_THROUGH = 200  # rows in which the headings are looked for


@dataclass(frozen=True)
class WorkbookSheet:
    """One sheet of a workbook; "" is the first that has rows. Formulas say what they last came to.

    Cells merged below one another all say what the first does; errors such as #N/A say nothing.
    """

    path: Path
    name: str = ""
    has_twins: bool = False
    line: int = 0  # where the headings stand; what is above them is passed over
    is_typed = True  # cells are texts because they say so: nothing is quoted against being run

    def headings(self, _wanted: Collection[str] = ()) -> list[str]:
        """Return the headings as they stand. Raises ValueError, naming the remedy."""
        with _opened(self.path) as book:
            return next(self._records(book))[1]

    def rows(
        self, _wanted: Collection[str] = (), told: Callable[[int], None] = lambda _: None
    ) -> Iterator[Row]:
        """Yield the rows with the headings as keys; `told` hears about how many bytes are read."""
        size = self.path.stat().st_size
        with _opened(self.path) as book:
            records = self._records(book)
            _, headings = next(records)
            total = max(self._sheet(book).max_row or 1, 1)
            for line, found in records:
                cells = _as_wide(found, len(headings))
                why = refusal(cells, headings)
                fields = {} if why else dict(zip(headings, cells, strict=True))
                yield Row(line, cells, fields, why)
                told(size * min(line, total) // total)

    def _records(self, book: Workbook) -> Iterator[tuple[int, list[str]]]:
        """Yield line and cells of each row that is not blank: first the headings."""
        has_headings = False
        sheet = self._sheet(book)
        blocks = Blocks(merged(self.path, self.path.stat().st_mtime_ns, sheet.title))
        for line, row in enumerate(sheet.iter_rows(), start=1):
            cells = blocks.filled(line, [said(cell) for cell in row])
            if line < self.line:
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if not has_headings:
                cells = named_once(
                    [cell.strip() for cell in _as_wide(cells, 0)],
                    self.path.name,
                    has_twins=self.has_twins,
                )
            has_headings = True
            yield line, cells
        if not has_headings:
            raise ValueError(
                f"{self.path.name} is empty. The first row of its sheet must name the columns."
            )

    def first_lines(self, count: int) -> list[tuple[int, list[str]]]:
        """Return the first rows that say something, with their numbers."""
        with _opened(self.path) as book:
            rows = enumerate(self._sheet(book).iter_rows(max_row=LOOKED_THROUGH), start=1)
            said_so = ((line, [said(cell) for cell in row]) for line, row in rows)
            return list(islice((each for each in said_so if any(each[1])), count))

    def _sheet(self, book: Workbook) -> Any:
        if self.name and self.name not in book.sheetnames:
            raise ValueError(
                f"{self.path.name} has no sheet “{self.name}”. It has {', '.join(book.sheetnames)}."
            )
        sheet: Any = book[self.name] if self.name else _first_with_rows(book)
        sheet.reset_dimensions()  # some programs write a wrong size, which would cut rows off
        return sheet


class Blocks:
    """Cells that are merged below one another, as programs write groups: each says what the first does."""

    def __init__(self, blocks: Iterable[tuple[int, int, int]]) -> None:
        self._begun: dict[int, list[tuple[int, int]]] = {}
        for column, first, last in blocks:
            self._begun.setdefault(first, []).append((column, last))
        self._open: dict[int, tuple[int, str]] = {}  # by column: the last row, and the text

    def filled(self, line: int, cells: list[str]) -> list[str]:
        """Return a row with what merged cells above it say."""
        self._open = {place: block for place, block in self._open.items() if block[0] >= line}
        for place, (_, text) in self._open.items():
            if place < len(cells) and not cells[place]:
                cells[place] = text
        for column, last in self._begun.get(line, ()):
            if column <= len(cells):
                self._open[column - 1] = (last, cells[column - 1])
        return cells


@lru_cache(16)
def merged(path: Path, _changed: int, name: str) -> tuple[tuple[int, int, int], ...]:
    """Return column, first and last row of what is merged below one another in a sheet."""
    found: set[tuple[int, int, int]] = set()
    with _opened(path) as book:
        sheet: Any = book[name]
        part = sheet._get_source()  # noqa: SLF001 -- openpyxl does not tell it of a sheet read by row
        before = b""
        while chunk := part.read(CHUNK):
            text = before + chunk
            for column, first, last in MERGED.findall(text):
                if int(first) < int(last) and len(found) < MOST_MERGED:
                    found.add((column_index_from_string(column.decode()), int(first), int(last)))
            before = text[-LONGEST_MERGE:]
    return tuple(found)


def _as_wide(cells: list[str], width: int) -> list[str]:
    """Return a row as wide as the headings, unless it says something past them."""
    said = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    return [*cells, *[""] * (width - len(cells))][: max(width, said)]


def sheet_of(
    path: Path,
    *,
    encoding: str = "",
    separator: str = "",
    name: str = "",
    has_twins: bool = False,
    line: int = 0,
) -> Sheet | WorkbookSheet:
    """Return how a file's rows are read: as a workbook by its ending, else as CSV."""
    if is_workbook(path):
        return WorkbookSheet(path, name, has_twins, line)
    return Sheet(path, encoding, separator, has_twins, line)


def is_workbook(path: Path) -> bool:
    """Whether a file is one by its name."""
    return path.suffix.lower() in (".xlsx", ".xlsm")


def _first_with_rows(book: Workbook) -> Any:
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        if any(any(row) for row in sheet.iter_rows(max_row=50, values_only=True)):
            return sheet
    return book.worksheets[0]


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets. Raises ValueError for one that cannot be read."""
    with _opened(path) as book:
        return [sheet.title for sheet in book.worksheets]


def said(cell: Any) -> str:
    """Return what a cell says, as text that reads the same whatever the spreadsheet's language."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        plain = value.replace(microsecond=value.microsecond // 1000 * 1000)
        return plain.isoformat(sep=" ") if plain.time() != time() else plain.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, (int, float)):
        return _number(value, cell.number_format or "")
    return unescaped(str(value))


def _number(value: float, form: str) -> str:
    """Return a number with a point and no more digits than it needs; per cent as it is shown."""
    if "%" in form:
        return f"{round(value * 100, 10):.15g}%"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(round(value, 10))


@contextmanager
def _opened(path: Path) -> Iterator[Workbook]:
    """Open a workbook after its parts were looked at; whatever breaks is a sentence."""
    try:
        book = _book(path)
        try:
            yield book
        finally:
            book.close()
    except BREAKS as error:
        raise ValueError(_sentence(path, error)) from error


# whatever openpyxl says of a workbook that is none; RuntimeError of one with a password
BREAKS = (
    ValueError, OSError, zipfile.BadZipFile, InvalidFileException, KeyError, SyntaxError,
    TypeError, AttributeError, IndexError, OverflowError, EOFError, NotImplementedError, RuntimeError,
    ExpatError,
)  # fmt: skip


def _book(path: Path) -> Workbook:
    """Open a workbook through an archive that watches what is read."""
    archive = Archive(path)
    try:
        reader = ExcelReader(path, read_only=True, data_only=True, keep_links=False)
        reader.archive.close()
        reader.archive = archive
        reader.read()
    except BaseException:
        archive.close()
        raise
    return reader.wb


def _sentence(path: Path, error: BaseException) -> str:
    """Return what is wrong with a workbook: what we found ourselves, however openpyxl wrapped it."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, UnsoundError):
            return f"{path.name} {found}"
        found = found.__cause__
    if isinstance(error, ValueError) and str(error).startswith(path.name):
        return str(error)
    return (
        f"{path.name} is damaged, locked with a password, or no workbook (XLSX) at all. Open it in "
        "a spreadsheet and save it anew as XLSX without a password, or as CSV."
    )
