"""CSV files as other programs write them: read row by row, never guessed at silently.

Workbooks are read alike in `workbooks`; its `sheet_of` opens either.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import TextIO

SEPARATORS = (",", ";", "\t", "|")
LONGEST_LINE = 2_000_000  # characters; what is longer is no table
WIDEST = 500  # columns; the page asks about each
LONGEST_KEPT = 100_000  # characters of a row that is set aside
LONGEST_FIELD = 1_000_000  # characters; a longer one is a quote that was never closed
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file; `fields` by heading, or why it cannot be read."""

    line: int
    cells: list[str]
    fields: dict[str, str]
    refusal: str = ""

    @property
    def cells_json(self) -> str:
        """The row as it stands, as one line of text; cut short if it is absurdly long."""
        cells = self.cells
        if sum(map(len, cells)) + len(cells) > LONGEST_KEPT:
            cells = [cell[:100] for cell in cells[:WIDEST]]
        return json.dumps(cells, ensure_ascii=False)


@dataclass(frozen=True)
class Sheet:
    """One CSV file, with the ways of reading it that were declared."""

    path: Path
    encoding: str = ""
    separator: str = ""
    has_twins: bool = False  # two columns of one name are told apart by a number
    line: int = 0  # where the headings stand; what is above them is passed over
    is_typed = False  # a leading quote may keep a text from being run: `spreadsheets.plain`

    def headings(self, wanted: Collection[str]) -> list[str]:
        """Return the headings as they stand, told apart without regard to case.

        Raises ValueError, naming the remedy, for a file that is empty or cannot be read.
        """
        return self._headings(wanted)[1]

    def rows(
        self, wanted: Collection[str], told: Callable[[int], None] = lambda _: None
    ) -> Iterator[Row]:
        """Yield the rows with the headings as keys; `told` hears how many bytes are read so far.

        Blank lines are passed over; one that is not as wide as the headings, or that has bytes
        no text has, comes with its refusal.
        """
        separator, headings = self._headings(wanted)
        with self._open() as (binary, text):
            records = self._said(text, separator)
            next(records)  # the headings
            for line, found, unreadable in records:
                cells = _without_blanks(found, len(headings))
                why = unreadable or refusal(cells, headings)
                fields = {} if why else dict(zip(headings, cells, strict=True))
                yield Row(line, cells, fields, why)
                told(binary.tell())

    def _headings(self, wanted: Collection[str]) -> tuple[str, list[str]]:
        """Return separator and headings: the separator that finds most of what is wanted."""
        lowered = {name.casefold() for name in wanted}
        best: tuple[int, int, str, list[str]] | None = None
        for separator in [self.separator] if self.separator else SEPARATORS:
            with self._open() as (_, text):
                first = next(self._said(text, separator), None)
            if first is None:
                raise ValueError(
                    f"{self.path.name} is empty. Its first line must name the columns."
                )
            headings = [cell.strip() for cell in first[1]]
            unreadable = first[2]
            found = sum(heading.casefold() in lowered for heading in headings)
            if not unreadable and (best is None or (found, len(headings)) > best[:2]):
                best = (found, len(headings), separator, headings)
        if best is None:
            raise ValueError(f"{self.path.name}: its first line {unreadable}.")
        return best[2], named_once(best[3], self.path.name, has_twins=self.has_twins)

    def _said(self, text: TextIO, separator: str) -> Iterator[tuple[int, list[str], str]]:
        """Yield the records that say something, from the headings on: blank ones are passed over."""
        for line, cells, unreadable in self._records(text, separator):
            if line < self.line or (line == 1 and _names_separator(cells)):
                continue
            if unreadable or any(cell.strip() for cell in cells):
                yield line, cells, unreadable

    def first_lines(self, count: int) -> list[tuple[int, list[str]]]:
        """Return the first lines that say something, with their numbers."""
        with self._open() as (_, text):
            records = self._said(text, self.separator or SEPARATORS[0])
            return [(line, cells) for line, cells, _ in islice(records, count)]

    def _records(self, text: TextIO, separator: str) -> Iterator[tuple[int, list[str], str]]:
        """Yield line, cells and refusal of each record; blank lines before the headings are skipped."""
        csv.field_size_limit(LONGEST_FIELD)
        reader = csv.reader(self._lines(text), delimiter=separator, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "end of data" in str(error) or "field larger" in str(error):
                    raise ValueError(
                        f"{self.path.name}: a quotation mark opened on line {line} is never closed. "
                        "Close it, or double it where it is part of the text."
                    ) from error
                yield (
                    line,
                    [],
                    f"cannot be read as CSV ({error}): write a quotation mark inside a text twice",
                )
                continue
            except UnicodeDecodeError as error:
                raise ValueError(self._undecodable(line, error)) from error
            if cells:
                yield line, cells, ""

    def _lines(self, text: TextIO) -> Iterator[str]:
        """Yield the lines of a file, of which none is ever held that is longer than can be."""
        for place in count(1):
            line = text.readline(LONGEST_LINE)
            if len(line) == LONGEST_LINE:
                raise ValueError(
                    f"{self.path.name}: line {place} is longer than {LONGEST_LINE:,} characters, "
                    "as no table’s is. Export it anew as CSV or XLSX."
                )
            if not line:
                return
            yield line

    def _undecodable(self, line: int, error: UnicodeDecodeError) -> str:
        byte = error.object[error.start]
        return (
            f"{self.path.name} is not {error.encoding.upper()} (byte 0x{byte:02x} near line {line}). "
            "Save it as UTF-8, or say which encoding it has, for example cp1252."
        )

    @contextmanager
    def _open(self) -> Iterator[tuple[io.BufferedReader, io.TextIOWrapper]]:
        try:
            with self.path.open("rb") as binary:
                encoding = self.encoding or _encoding(binary.peek(2)[:2])
                with io.TextIOWrapper(binary, encoding, newline="") as text:
                    yield binary, text
        except LookupError as error:
            raise ValueError(
                f"“{self.encoding}” is no encoding. Say utf-8, cp1252 or utf-16."
            ) from error
        except OSError as error:
            raise ValueError(
                f"{self.path} cannot be read ({error.strerror}). Check the path and who may read it."
            ) from error


def _without_blanks(cells: list[str], width: int) -> list[str]:
    """Return a record without the blank cells past its headings, as spreadsheets leave them."""
    return cells if any(cell.strip() for cell in cells[width:]) else cells[:width]


def _names_separator(cells: list[str]) -> bool:
    """Whether a first line only says what separates cells, as Excel has it: “sep=;”."""
    return len(cells) in (1, 2) and len(cells[0]) < 6 and cells[0].casefold().startswith("sep=")


def _encoding(start: bytes) -> str:
    """Tell UTF-16 by its byte order mark; everything else has to be UTF-8, with or without one."""
    return "utf-16" if start in UTF_16 else "utf-8-sig"


def named_once(headings: list[str], file: str, *, has_twins: bool = False) -> list[str]:
    """Return headings of which each names one column; nameless ones are numbered.

    Two of one name are numbered too where the file `has_twins`. Raises ValueError, naming the
    remedy, for other twins, too many columns, and what is no text.
    """
    if len(headings) > WIDEST:
        raise ValueError(
            f"{file} has {len(headings):,} columns: at most {WIDEST} are read. Remove those that "
            "nobody needs."
        )
    if any("\x00" in heading for heading in headings):
        raise ValueError(
            f"{file} names a column with a NUL byte, as no text has it. Say how its text is "
            "written (UTF-16, for example), or export it anew."
        )
    seen: set[str] = set()
    for place, heading in enumerate(headings):
        is_twin = bool(heading) and heading.casefold() in seen
        if is_twin and not has_twins:
            raise ValueError(f"{file} has two columns “{heading}”. Rename or remove one of them.")
        seen.add(heading.casefold())
        if is_twin or not heading:
            headings[place] = f"{heading} (column {place + 1})".strip()
    return headings


def refusal(cells: list[str], headings: list[str]) -> str:
    """Return why a row cannot be read by its headings, "" where it can."""
    if len(cells) < len(headings):
        return (
            f"has {len(cells)} fields where the headings name {len(headings)}: fill in those that "
            "are missing, and put texts with a line break in quotation marks"
        )
    if len(cells) > len(headings):
        return (
            f"has {len(cells)} fields where the headings name {len(headings)}: "
            "put texts that contain the separator in quotation marks"
        )
    if any("\x00" in cell for cell in cells):
        return "contains a NUL byte: remove it"
    return ""
