"""What an admin said of one file: what its rows are, which column is what, how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from deals.importing import detecting, recognising, sums
from deals.importing.mapping import Mapping as Meaning
from deals.importing.mapping import Table
from deals.importing.reading import Row
from deals.importing.remarks import sifted
from deals.importing.weighing import weighed
from deals.importing.workbooks import is_workbook, sheet_names, sheet_of
from deals.models import ImportRun

DATES = ("opened_at", "closed_at", "occurred_at", "entered_at", "last_contact_at")
AMOUNTS = ("amount",)
WEIGHED = 200  # rows, for what a column can be
MOST_SHEETS = 20  # that are looked into
LINES = 40  # among which the headings are looked for
LOOKED_AT = 5000  # rows, for the order of day and month
NEEDED = {  # what must be told, where not by a column then by a constant
    "deals": ("title|deal",), "contacts": ("last_name|name|email|first_name",),
    "companies": ("name",), "touches": ("deal|deal_title|email", "occurred_at"),
}  # fmt: skip


@dataclass
class Plan:
    """How one file is to be read; kept with its run, and the next such file begins with it.

    `columns` is our field → their heading, `constants` our field → what it says in every row
    that is empty there. Without a `decimal` or `dates` nobody has said.
    """

    file: str
    kind: str = "deals"
    sheet: str = ""
    encoding: str = ""
    separator: str = ""
    dates: str = ""
    decimal: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    line: int = 0  # where the headings stand

    @classmethod
    def of(cls, run: ImportRun) -> Self:
        return cls(**run.plan)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def look(self, folder: Path) -> Look:
        """Open the file as the plan says."""
        return Look(self, folder / self.file)

    def meaning(self) -> Meaning:
        """Return the plan as a mapping, as the importer reads files by."""
        return Meaning(
            name=self.file, about=self.file, tables=(self._table(),), dates=self.dates or "iso",
            encoding=self.encoding, separator=self.separator, sheet=self.sheet,
            decimal=self.decimal, currency=self.constants.get("currency", ""), line=self.line,
        )  # fmt: skip

    def _table(self) -> Table:
        sources = {name: (heading,) for name, heading in self.columns.items()}
        values: dict[str, Mapping[str, str]] = {
            name: recognising.words(name) for name in ("outcome", "channel", "direction", "done")
        }
        only: set[str] = {"channel", "direction", "done"} if self.kind == "touches" else set()
        if self.kind == "deals":
            if "outcome" not in sources and "stage" in sources:
                sources["outcome"] = sources["stage"]
                only.add("outcome")
            values["stage"] = recognising.endings()
        if self.kind == "touches" and "direction" not in sources and "channel" in sources:
            sources["direction"] = sources["channel"]  # HubSpot: INCOMING_EMAIL
        constants = {name: said for name, said in self.constants.items() if name != "currency"}
        return Table(
            kind=self.kind, file=self.file, required=(), sources=sources, constants=constants,
            values=values, is_plain=True, only=frozenset(only),
            key=("title", "company") if self.kind == "deals" and "deal" not in sources else (),
        )  # fmt: skip

    def zone(self, own: str) -> ZoneInfo:
        return ZoneInfo(own)

    def missing(self) -> list[str]:
        """Return which fields nothing tells yet, each as the alternatives of which one is enough."""
        told = {*self.columns, *self.constants}
        return [need for need in NEEDED[self.kind] if not told & set(need.split("|"))]


@dataclass
class Look:
    """A file as its plan opens it."""

    plan: Plan
    path: Path

    def headings(self) -> list[str]:
        headings: list[str] = self._sheet().headings(())
        return headings

    def first(self, count: int) -> list[Row]:
        """Return its first rows."""
        return list(islice(self._sheet().rows(()), count))

    def _sheet(self) -> Any:
        plan = self.plan
        return sheet_of(
            self.path, encoding=plan.encoding, separator=plan.separator, name=plan.sheet,
            has_twins=True, line=plan.line,
        )  # fmt: skip

    def sheets(self) -> list[str]:
        """Return the sheets to choose from; none for a CSV file."""
        return sheet_names(self.path) if is_workbook(self.path) else []

    def cells(self) -> dict[str, list[str]]:
        """Return what stands in each column, in the first rows; empty cells are left out."""
        found: dict[str, list[str]] = {name: [] for name in self.headings()}
        for row in islice(sifted(self._sheet().rows(()), list(found)), WEIGHED):
            for name, cell in row.fields.items():
                if text := cell.strip():
                    found[name].append(text)
        return found

    def texts(self, fields: Iterable[str]) -> list[str]:
        """Return what stands in the columns of some fields, in the first rows."""
        columns = [self.plan.columns[name] for name in fields if name in self.plan.columns]
        rows = islice(self._sheet().rows(()), LOOKED_AT)
        return [
            text for row in rows for name in columns if (text := row.fields.get(name, "").strip())
        ]

    def dates(self) -> detecting.Dates:
        """Tell how the dates of its columns are written, as far as they tell it."""
        return detecting.dates(self.texts(DATES))


def begin(folder: Path, file: str, before: Mapping[str, Any] | None = None) -> Plan:
    """Return a first plan of a file: as it was said of such columns before, else as it seems.

    `before` are choices that a person has made already; they count.
    Raises ValueError, naming the remedy, for a file that cannot be read.
    """
    plan = Plan(file, **(before or {}))
    path = folder / file
    if not is_workbook(path):
        if kind := detecting.strange(path):
            raise ValueError(
                f"{file} is {kind} by what is in it, not CSV. Open it in a spreadsheet, and save it "
                "as XLSX or CSV."
            )
        plan.encoding = plan.encoding or detecting.encoding(path)
        plan.separator = plan.separator or detecting.separator(path, plan.encoding)
    if not plan.line:
        _find_headings(plan, path)
    headings = plan.look(folder).headings()
    known = _said_before(headings)
    if known:
        plan.kind, plan.columns, plan.constants = known.kind, known.columns, known.constants
        plan.dates, plan.decimal = known.dates, known.decimal
        return plan
    plan.kind = recognising.kind_of(headings)
    return recognise(plan, folder, headings)


def _find_headings(plan: Plan, path: Path) -> None:
    """Find the line of the headings, and of several sheets the one that has most of them."""
    names = sheet_names(path) if is_workbook(path) else []
    best = -1
    for name in [plan.sheet] if plan.sheet or not names else names[:MOST_SHEETS]:
        sheet = sheet_of(
            path, encoding=plan.encoding, separator=plan.separator, name=name, has_twins=True
        )
        line, known = detecting.headings_line(sheet.first_lines(LINES))
        if line and known > best:
            plan.sheet, plan.line, best = name, line, known


def recognise(plan: Plan, folder: Path, headings: list[str]) -> Plan:
    """Fill in what the headings of a file say by themselves."""
    look = plan.look(folder)
    plan.columns = weighed(plan.kind, recognising.recognised(plan.kind, headings), look.cells())
    plan.dates = look.dates().order
    if named := sums.of_heading(plan.columns.get("amount", "")):
        plan.constants["currency"] = named
    if channel := recognising.channel_of(plan.kind, plan.columns, headings):
        plan.constants["channel"] = channel
    plan.decimal = "." if is_workbook(look.path) else detecting.decimal(look.texts(AMOUNTS))
    return plan


def _said_before(headings: list[str]) -> Plan | None:
    mark = recognising.fingerprint(headings)
    run = ImportRun.objects.filter(headings=mark).exclude(plan={}).order_by("-pk").first()
    if run is None:
        return None
    known = Plan.of(run)
    known.columns = {name: their for name, their in known.columns.items() if their in headings}
    return known
