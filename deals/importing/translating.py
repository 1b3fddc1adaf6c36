"""Their columns into our fields, row by row, as a mapping says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Lookup
from functools import partial
from pathlib import Path

from deals.importing.mapping import PLACEHOLDER, Join, Mapping, Table, normal
from deals.importing.reading import Row, Sheet
from deals.importing.remarks import sifted
from deals.importing.rows import identity
from deals.importing.values import RefusalError
from deals.importing.workbooks import WorkbookSheet, sheet_of
from deals.spreadsheets import restored

KEPT = re.compile(r'="(.*)"', re.DOTALL)  # ="00017", so that a spreadsheet keeps the zeros
NOTHING = {
    "n/a",
    "#n/a",
    "-",
    "--",
    "–",
    "—",
    "null",
    "nan",
    "(blank)",
    "(empty)",
    "#ref!",
    "#value!",
}
SAYS_ALL = {
    "title",
    "name",
    "first_name",
    "last_name",
    "note",
    "wanted",
    "subject",
    "stage",
    "deal",
}
MOST_STAGES = 200  # that are told of


class Translator:
    """One table of a mapping at work on one file. Joined files lie beside it, and in memory.

    Raises ValueError, naming the remedy, when a column or a joined file is missing.
    """

    def __init__(self, table: Table, mapping: Mapping, path: Path) -> None:
        self.table = table
        self.sheet = sheet_of(
            path, encoding=mapping.encoding, separator=mapping.separator,
            name=mapping.sheet, has_twins=table.is_plain, line=mapping.line,
        )  # fmt: skip
        self.wanted = table.columns()
        self.headings = _found(self.sheet, self.wanted, _needed(table), mapping.name)
        self.unread = self._unread()
        self.ownerless = 0  # rows whose owner is the one that was said for all such
        self.endings: dict[str, str] = {}  # stages by which an outcome was told, "" for none
        self.joined = {
            join: _joined(join, table, mapping, path.with_name(join.file)) for join in table.joins
        }

    def _unread(self) -> list[str]:
        """Return the columns of the file that the mapping passes over."""
        read = set(self.headings.values())
        return [name for name in self.sheet.headings(self.wanted) if name not in read]

    def said(self, fields: Lookup[str, str]) -> dict[str, str]:
        """Return what a row says in our fields.

        Raises RefusalError for what no joined file knows.
        """
        columns = {name: self._text(fields[heading]) for name, heading in self.headings.items()}
        columns = {name: self._corrected(name, value) for name, value in columns.items()}
        for join, rows in self.joined.items():
            columns |= self._beside(join, rows, columns[join.column])
        said = dict(self.table.constants)
        for name, source in self.table.sources.items():
            filled = columns.get if self.table.is_plain else partial(_filled, columns=columns)
            text = next(filter(None, (filled(part) for part in source)), "")
            if self.table.is_plain and name not in SAYS_ALL and text.casefold() in NOTHING:
                text = ""
            said[name] = self._ours(name, text) or said.get(name, "")
            if name == "owner" and not text:
                self.ownerless += 1
        if "outcome" in self.table.only:
            self._note_ending(columns[self.table.sources["outcome"][0]], said["outcome"])
        if self.table.key:
            said["deal"] = self._key(said)
        return said

    def _note_ending(self, stage: str, outcome: str) -> None:
        if stage and len(self.endings) < MOST_STAGES:
            self.endings[stage] = outcome

    def _key(self, said: Lookup[str, str]) -> str:
        """Return what tells a deal apart that has no id."""
        name = self.table.key[0]
        if not said.get(name):
            raise RefusalError(f"has no {name}: fill it in")
        return identity(*filter(None, (said.get(part, "") for part in self.table.key)))

    def rows(self, told: Callable[[int], None] = lambda _: None) -> Iterator[Row]:
        """Yield the rows of the file; of a list of another program, what is no row says so."""
        rows = self.sheet.rows(self.wanted, told)
        if not self.table.is_plain:
            return rows
        return sifted(rows, self.sheet.headings(self.wanted))

    def _text(self, cell: str) -> str:
        text = cell.strip()
        if self.sheet.is_typed:
            return text
        kept = KEPT.fullmatch(text) if self.table.is_plain else None
        return kept[1].replace('""', '"') if kept else restored(text)

    def _ours(self, name: str, text: str) -> str:
        """Return our word for theirs, told apart without regard to case where it is not said so."""
        known = self.table.values.get(name, {})
        otherwise = "" if name in self.table.only else text
        return known.get(text, known.get(text.casefold(), otherwise))

    def _corrected(self, column: str, value: str) -> str:
        return self.table.corrections.get(column, {}).get(value, value)

    def _beside(self, join: Join, rows: Lookup[str, Lookup[str, str]], key: str) -> dict[str, str]:
        """Return the columns that a joined file adds; none where the row names nothing."""
        if not key:
            return {}
        if key not in rows:
            raise RefusalError(
                f"{join.column} “{key}” is not in {join.file}: add it there, or say what it means "
                f"under [{self.table.kind}.corrections.{join.column}] in the mapping"
            )
        return {
            f"{join.name}.{column}": self._corrected(f"{join.name}.{column}", value)
            for column, value in rows[key].items()
        }


def _filled(source: str, columns: Lookup[str, str]) -> str:
    """Return a column, or a text with columns in braces; empty when one of those is."""
    names = PLACEHOLDER.findall(source)
    if not names:
        return columns.get(source, "")
    if not all(columns.get(name) for name in names):
        return ""
    return PLACEHOLDER.sub(lambda match: columns[match[1]], source)


def _needed(table: Table) -> set[str]:
    return set(table.required) if table.is_lenient else table.columns()


def _found(
    sheet: Sheet | WorkbookSheet, wanted: set[str], needed: set[str], mapping: str
) -> dict[str, str]:
    """Return the heading of each wanted column that the file has, whatever its case and spaces."""
    headings = sheet.headings(wanted)
    by_name = {normal(heading): heading for heading in headings}
    by_name |= {heading.casefold(): heading for heading in headings}

    def heading_of(name: str) -> str | None:
        return by_name.get(name.casefold()) or by_name.get(normal(name))

    missing = sorted(name for name in needed if heading_of(name) is None)
    if missing:
        raise ValueError(
            f"{sheet.path.name} has no column “{missing[0]}”, which the mapping “{mapping}” reads. "
            f"It has: {', '.join(headings)}. Rename the column, or take another mapping "
            "(docs/importing.md)."
        )
    return {name: heading for name in wanted if (heading := heading_of(name))}


def _joined(join: Join, table: Table, mapping: Mapping, path: Path) -> dict[str, dict[str, str]]:
    """Read a joined file by its key."""
    if not path.is_file():
        raise ValueError(
            f"{join.file} is missing: the mapping “{mapping.name}” looks up {join.column} in it. "
            f"Put it beside {table.file}."
        )
    sheet = sheet_of(path, encoding=mapping.encoding, separator=mapping.separator)
    _found(sheet, {join.key}, {join.key}, mapping.name)
    rows = (row for row in sheet.rows({join.key}) if not row.refusal)
    return {
        row.fields[join.key].strip(): {name: cell.strip() for name, cell in row.fields.items()}
        for row in rows
    }
