"""Rows laid out on disk before they come in: by deal, told apart, whatever order they came in.

A database file of its own, so that memory stays flat and each deal is replayed once.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deals.importing.card_rows import CompanyRow, ContactRow
from deals.importing.reading import Row
from deals.importing.rows import DealRow, EntryRow, TouchRow

Laying = DealRow | EntryRow | TouchRow | ContactRow | CompanyRow

# `said` is what the row says in our words, `cells` how it stands in the file
TABLES = """
CREATE TABLE deal (id INTEGER PRIMARY KEY, key TEXT UNIQUE, line INTEGER, said TEXT, cells TEXT);
CREATE TABLE touch (key TEXT PRIMARY KEY, deal TEXT, line INTEGER, said TEXT, cells TEXT);
CREATE TABLE entry (key TEXT PRIMARY KEY, deal TEXT, line INTEGER, said TEXT, cells TEXT,
    stage TEXT, at TEXT);
CREATE TABLE rejected (file TEXT, line INTEGER, reason TEXT, cells TEXT,
    PRIMARY KEY (file, line)) WITHOUT ROWID;
CREATE TABLE company (id INTEGER PRIMARY KEY, key TEXT UNIQUE, line INTEGER, said TEXT,
    cells TEXT);
CREATE TABLE contact (id INTEGER PRIMARY KEY, key TEXT UNIQUE, line INTEGER, said TEXT,
    cells TEXT);
CREATE TABLE repeated (file TEXT, line INTEGER);
"""
BY_DEAL = """
CREATE INDEX touch_by_deal ON touch (deal);
CREATE INDEX entry_by_deal ON entry (deal);
INSERT OR IGNORE INTO deal (key) SELECT deal FROM touch;
INSERT OR IGNORE INTO deal (key) SELECT deal FROM entry;
"""
KIND = {
    "deals": "deal", "touches": "touch", "stages": "entry", "contacts": "contact",
    "companies": "company",
}  # fmt: skip
CARDS = (("companies", CompanyRow), ("contacts", ContactRow))  # before the deals that name them
MOST_TOUCHES = 4000  # of a batch: one deal with very many must not drag others along


@dataclass(frozen=True, slots=True)
class Laid:
    """One row as it was laid aside: what it says, and where it stood."""

    line: int
    cells: str


@dataclass(frozen=True, slots=True)
class StagedTouch(Laid):
    """A touch that was laid aside."""

    row: TouchRow


@dataclass(frozen=True, slots=True)
class StagedEntry(Laid):
    """A stage entry that was laid aside."""

    row: EntryRow


@dataclass(frozen=True, slots=True)
class StagedDeal:
    """All that an import says of one deal; `row` is None if deals.csv does not name it."""

    id: int
    key: str
    row: DealRow | None
    touches: list[StagedTouch]
    entries: list[StagedEntry]

    @property
    def size(self) -> int:
        """How many rows of the files it stands for."""
        return (self.row is not None) + len(self.touches) + len(self.entries)

    def pipeline_of(self, entry: StagedEntry) -> str:
        """Return the pipeline that an entry names, else its deal; "" for that of the import."""
        return entry.row.pipeline or (self.row.pipeline if self.row else "")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was set aside, with the reason."""

    file: str
    line: int
    reason: str
    cells: str

    @property
    def text(self) -> str:
        """The row as it stood, as one line of CSV."""
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(json.loads(self.cells))
        return line.getvalue()


class Staging:
    """The laid-out rows of one import; without a path they vanish with the process."""

    def __init__(self, path: Path | None = None) -> None:
        self.base = sqlite3.connect(str(path or ""), isolation_level=None)
        self.base.execute("PRAGMA journal_mode = OFF")
        self.base.execute("PRAGMA synchronous = OFF")

    def begin(self) -> None:
        """Make the tables of a new import."""
        self.base.executescript(f"BEGIN; {TABLES} COMMIT;")
        self.base.execute("BEGIN")

    def complete(self) -> None:
        """Say that all rows are laid out: now they can be asked for by deal."""
        self.base.execute("COMMIT")
        self.base.executescript(f"BEGIN; {BY_DEAL} COMMIT;")

    def close(self) -> None:
        self.base.close()

    def lay(self, kind: str, file: str, row: Row, said: Laying) -> None:
        """Lay a row out. Told twice alike it counts as unchanged; told otherwise it is set aside."""
        table = KIND[kind]
        columns = {"key": said.key, "line": row.line, "said": said.to_json()}
        columns["cells"] = row.cells_json
        if isinstance(said, (TouchRow, EntryRow)):
            columns["deal"] = said.deal
        if isinstance(said, EntryRow):
            columns |= {"stage": said.stage, "at": said.entered_at.isoformat()}
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        laid = self.base.execute(
            f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 -- our names
            list(columns.values()),
        )
        if not laid.rowcount:
            self._repeat(table, file, row, said)

    def _repeat(self, table: str, file: str, row: Row, said: Laying) -> None:
        line, known = self.base.execute(
            f"SELECT line, said FROM {table} WHERE key = ?",  # noqa: S608 -- our names
            [said.key],
        ).fetchone()
        if known == said.to_json():
            self.base.execute("INSERT INTO repeated VALUES (?, ?)", [file, row.line])
            return
        reason = f"“{said.key}” stands on line {line} already and says something else: keep one"
        self.reject(file, row.line, reason, row.cells_json)

    def reject(self, file: str, line: int, reason: str, cells: str) -> None:
        """Set a row aside; once, however often it is said."""
        self.base.execute(
            "INSERT OR REPLACE INTO rejected VALUES (?, ?, ?, ?)", [file, line, reason, cells]
        )

    def count(self, table: str) -> int:
        """Return how many deals, touches, entries, repeated or rejected rows there are."""
        [found] = self.base.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return int(found)

    def stages(self) -> list[tuple[str, str]]:
        """Return pipeline and stage that entries name, in order of the first entry into each."""
        return self.base.execute(
            "SELECT coalesce(nullif(json_extract(entry.said, '$.pipeline'), ''),"
            " json_extract(deal.said, '$.pipeline'), '') AS pipeline, stage"
            " FROM entry LEFT JOIN deal ON deal.key = entry.deal"
            " GROUP BY pipeline, stage ORDER BY min(at), stage"
        ).fetchall()

    def stages_of_deals(self) -> list[tuple[str, str]]:
        """Return pipeline and stage that deals name, or leave empty, in order of the first such deal."""
        return self.base.execute(
            "SELECT coalesce(json_extract(said, '$.pipeline'), '') AS pipeline,"
            " json_extract(said, '$.stage') AS stage FROM deal"
            " WHERE said IS NOT NULL GROUP BY pipeline, stage"
            " ORDER BY min(coalesce(json_extract(said, '$.entered_at'),"
            " json_extract(said, '$.opened_at'), '~')), min(line)"
        ).fetchall()

    def cards(self, after: int, limit: int) -> tuple[str, list[Any]]:
        """Return the next companies, and after them contacts, past so many: their kind and rows."""
        for kind, row in CARDS:
            table = KIND[kind]
            if after < (here := self.count(table)):
                found = self.base.execute(
                    f"SELECT said FROM {table} ORDER BY id LIMIT ? OFFSET ?",  # noqa: S608
                    [limit, after],
                )
                return kind, [row.from_json(said) for (said,) in found]
            after -= here
        return "", []

    def batch(self, after: int, limit: int, *, with_touches: bool = True) -> list[StagedDeal]:
        """Return up to `limit` deals past an id, fewer where they have very many touches."""
        rows = self.base.execute(
            "SELECT id, key, said FROM deal WHERE id > ? ORDER BY id LIMIT ?", [after, limit]
        ).fetchall()
        deals: list[StagedDeal] = []
        touches = 0
        for pk, key, said in rows:
            deal = StagedDeal(
                pk,
                key,
                DealRow.from_json(said) if said else None,
                [
                    StagedTouch(a, b, TouchRow.from_json(text))
                    for a, b, text in (self._of("touch", key) if with_touches else ())
                ],
                [
                    StagedEntry(a, b, EntryRow.from_json(text))
                    for a, b, text in self._of("entry", key)
                ],
            )
            touches += len(deal.touches)
            if deals and touches > MOST_TOUCHES:
                break
            deals.append(deal)
        return deals

    def _of(self, table: str, key: str) -> list[tuple[int, str, str]]:
        return self.base.execute(
            f"SELECT line, cells, said FROM {table} WHERE deal = ? ORDER BY line",  # noqa: S608
            [key],
        ).fetchall()

    def rejected(self, limit: int = -1) -> Iterator[Rejected]:
        """Yield the rows set aside, file by file."""
        rows: Iterable[tuple[str, int, str, str]] = self.base.execute(
            "SELECT file, line, reason, cells FROM rejected ORDER BY file, line LIMIT ?", [limit]
        )
        for row in rows:
            yield Rejected(*row)
