"""An import from its files to its last batch: read, laid out, then deal by deal into the workspace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Workspace, validate_time_zone
from deals.importing import notes, place, wanted
from deals.importing.arrival import Arrival, Stray
from deals.importing.card_rows import CompanyRow, ContactRow
from deals.importing.cards import CardArrival
from deals.importing.counts import Counts
from deals.importing.finding import Finder
from deals.importing.mapping import Mapping, Table, check_dates, load, names
from deals.importing.parties import SOURCE, Owners
from deals.importing.place import Place
from deals.importing.reading import Row
from deals.importing.record import Record
from deals.importing.rows import DealRow, EntryRow, TouchRow
from deals.importing.staging import Laying, Staging
from deals.importing.translating import Translator
from deals.importing.values import Reader, RefusalError

BATCH = 200  # deals in one transaction: short enough for others to write in between
ANALYSE_FROM = 1000  # rows: after a first import the database's statistics are worth renewing
LONGEST_PIPELINE = 120
PAUSE = 0.03  # seconds, so that others write too
Told = Callable[[int, int], None]
Clock = Callable[[], datetime]
READERS: dict[str, Callable[[Lookup[str, str], Reader], Laying]] = {
    "deals": DealRow.read, "touches": TouchRow.read, "stages": EntryRow.read,
    "contacts": ContactRow.read, "companies": CompanyRow.read,
}  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What is to be imported, how it is to be read, and into which pipeline it goes."""

    path: Path
    mapping: Mapping
    pipeline: str
    zone: ZoneInfo
    skips_known: bool = False

    @classmethod
    def of(
        cls,
        path: Path,
        *,
        mapping: str,
        pipeline: str = "",
        dates: str = "",
        time_zone: str = "",
        encoding: str = "",
    ) -> Order:
        """Return an order from what people say; "" takes the mapping's word, or the workspace's.

        Raises ValueError or ValidationError, naming the remedy, for what cannot be.
        """
        said = load(mapping)
        check_dates(dates or said.dates)
        zone = time_zone or said.time_zone or Workspace.current().time_zone
        validate_time_zone(zone)
        folder = path.resolve() if path.is_dir() else path.resolve().parent
        name = (pipeline or folder.name).strip()
        if not 0 < len(name) <= LONGEST_PIPELINE:
            raise ValueError(
                f"A pipeline needs a name of at most {LONGEST_PIPELINE} characters: name one."
            )
        heard = {"dates": dates, "encoding": encoding}
        return cls(path, said.but(**heard), name, ZoneInfo(zone))

    def sources(self) -> list[tuple[Table, Path]]:
        """Return the files to read, deals first; only that of the deals must be there."""
        if not self.path.is_dir():
            if not self.path.is_file():
                raise ValueError(f"There is no file or folder {self.path}. Check the path.")
            tables = self.mapping.tables
            named = (table for table in tables if table.file == self.path.name.lower())
            return [(next(named, tables[0]), self.path)]
        found = [(table, self.path / table.file) for table in self.mapping.tables]
        if not found[0][1].is_file():
            others = sorted(path.name for path in self.path.glob("*.csv"))
            raise ValueError(
                f"{self.path} has no {found[0][0].file}. "
                + (f"It has {', '.join(others)}: " if others else "It has no CSV file at all: ")
                + f"choose the mapping that says what they are ({', '.join(names())}, or a file of your own)."
            )
        return [(table, path) for table, path in found if path.is_file()]


class Import:
    """One order at work. `notes` are what a person should know of how it was read."""

    def __init__(
        self, order: Order, staging: Staging, now: datetime, *, run_id: int | None = None
    ) -> None:
        self.order = order
        self.run_id = run_id
        self.staging = staging
        self.now = now
        self.notes: list[str] = []
        self.files: dict[str, str] = {}
        self.owners = Owners()
        self.place = Place(None)
        self.currency = ""

    def lay_out(self, told: Told = lambda *_: None) -> None:
        """Read all files and lay their rows out; `told` hears how many bytes of how many are read.

        Writes nothing to the workspace. Raises ValueError for a file that cannot be read.
        """
        sources = self.order.sources()
        translators = [Translator(table, self.order.mapping, path) for table, path in sources]
        mapping = self.order.mapping
        reader = Reader(
            mapping.dates, self.order.zone, self.now, mapping.decimal, mapping.currency
        )  # fmt: skip
        self.staging.begin()
        total, before = sum(path.stat().st_size for _, path in sources), 0
        for translator, (_, path) in zip(translators, sources, strict=True):
            self._read(translator, reader, partial(_shifted, told, before, total))
            before += path.stat().st_size
        self.staging.complete()
        self.notes += notes.of(translators, reader)

    def _read(self, translator: Translator, reader: Reader, told: Callable[[int], None]) -> None:
        kind, file = translator.table.kind, translator.sheet.path.name
        finder = Finder(self.order.pipeline)
        for row in translator.rows(told):
            if row.refusal:
                self._set_aside(file, row, row.refusal)
                continue
            try:
                fields = translator.said(row.fields)
                if kind == "touches" and not fields.get("deal"):
                    fields["deal"] = finder.deal_of(fields)
                said = READERS[kind](fields, reader)
            except RefusalError as refusal:
                self._set_aside(file, row, str(refusal))
            else:
                self.staging.lay(kind, file, row, said)

    def _set_aside(self, file: str, row: Row, reason: str) -> None:
        self.staging.reject(file, row.line, reason, row.cells_json)

    def settle(self, *, writes: bool) -> None:
        """Find the pipeline and stages, and make what is missing of them if it `writes`."""
        self.currency = Workspace.current().currency
        self.files = {table.kind: path.name for table, path in self.order.sources()}
        if not self._has_histories():
            return  # contacts and companies alone go into no pipeline
        named = dict.fromkeys([*self.staging.stages(), *self.staging.stages_of_deals()])
        pipelines = {pipeline for pipeline, _ in named} - {"", self.order.pipeline}
        self.place = Place.find(self.order.pipeline).with_others(sorted(pipelines))
        self.place.without = SOURCE
        needed = wanted.stages(self.staging, self.place, skips_known=self.order.skips_known)
        if any(pipeline in ("", self.order.pipeline) for pipeline, _ in needed):
            self.place.without = ""  # it will be made
        if writes:
            self._make([pair for pair in named if pair in needed])

    def _make(self, needed: list[tuple[str, str]]) -> None:
        """Make what rows will lie in, in the order that the mapping says, else that of the files."""
        order = self.order.mapping.stage_order
        places = {stage: position for position, stage in enumerate(order)}
        by_pipeline: dict[str, list[str]] = {}
        for pipeline, stage in sorted(needed, key=lambda pair: places.get(pair[1], len(order))):
            named = by_pipeline.setdefault(pipeline or self.order.pipeline, [])
            named += [stage] if stage else []
        for pipeline in sorted(by_pipeline, key=lambda name: name != self.order.pipeline):
            place.make(pipeline, by_pipeline[pipeline], self.now, Record(self.run_id))
        others, without = list(self.place.others), self.place.without
        self.place = Place.find(self.order.pipeline).with_others(others)
        self.place.without = without

    def _has_histories(self) -> bool:
        return any(map(self.staging.count, ("deal", "touch", "entry")))

    def total(self) -> int:
        """Return how many deals, contacts and companies there are to go through."""
        return sum(map(self.staging.count, ("company", "contact", "deal")))

    def batches(self, after: int = 0, *, writes: bool) -> Iterator[tuple[int, int, Counts]]:
        """Yield, batch by batch, how far that is, how many rows' worth that was, and the counts.

        Each batch is one transaction: companies first, then contacts, then deals with all that
        is theirs. Without `writes` nothing is written, only foreseen.
        """
        cards = self.staging.count("company") + self.staging.count("contact")
        while after < cards:
            kind, rows = self.staging.cards(after, BATCH)
            source = self.place.source or SOURCE
            arrived = CardArrival(
                kind, rows, source, self.owners, self.now, self.order.skips_known,
                Record(self.run_id),
            )  # fmt: skip
            yield after + len(rows), len(rows), _done(arrived, writes=writes)
            after += len(rows)
        while batch := self.staging.batch(after - cards, BATCH):
            arrival = Arrival(
                batch, self.place, self.owners, self.now, self.currency,
                self.order.skips_known, Record(self.run_id),
            )  # fmt: skip
            counts = _done(arrival, writes=writes)
            for stray in arrival.strays:
                self._stray(stray)
            after = cards + batch[-1].id
            yield after, len(batch), counts

    def _stray(self, stray: Stray) -> None:
        """Set a row aside whose deal nobody knows."""
        among = self.files.get("deals", "the deals here")
        reason = (
            f"its deal “{stray.deal}” is not in {among}, was set aside there, or never came in "
            "before: add the deal, and import again"
        )
        self.staging.reject(self.files[stray.kind], stray.laid.line, reason, stray.laid.cells)

    def rows(self) -> int:
        """Return how many rows were read, those set aside included."""
        said = (
            "deal WHERE said IS NOT NULL", "touch", "entry", "company", "contact", "repeated",
            "rejected",
        )  # fmt: skip
        return sum(map(self.staging.count, said))

    def run(
        self, *, writes: bool, told: Told = lambda *_: None, clock: Clock | None = None
    ) -> dict[str, int]:
        """Import all that is laid out and return the counts of rows over all files.

        A `clock` is read again after each batch: those to come are judged as of their own instant.
        """
        self.settle(writes=writes)
        counts, done, total = Counts(), 0, self.staging.count("deal")
        for _, deals, more in self.batches(writes=writes):
            self.now = clock() if clock else self.now
            counts.add(more)
            done += deals
            told(done, total)
            breathe(writes=writes)
        if writes:
            renew_statistics(counts)
        return self.result(counts)

    def result(self, counts: Counts) -> dict[str, int]:
        """Return the counts, with the rows told twice and those set aside."""
        return {
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged + self.staging.count("repeated"),
            "rejected": self.staging.count("rejected"),
        }


def _done(arrival: Arrival | CardArrival, *, writes: bool) -> Counts:
    """Write a batch, or only foresee what it would do."""
    if writes:
        arrival.write()
    else:
        arrival.foresee()
    return arrival.counts


def breathe(*, writes: bool) -> None:
    """Let others write between two batches: on SQLite a writer without a pause starves the web."""
    if writes and connection.vendor == "sqlite":
        time.sleep(PAUSE)


def _shifted(told: Told, before: int, total: int, done: int) -> None:
    told(before + done, total)


def renew_statistics(counts: Counts) -> None:
    """Let the database look at its tables anew after much has come in."""
    if counts.created >= ANALYSE_FROM:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
