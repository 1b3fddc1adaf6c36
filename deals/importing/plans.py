"""What an admin said of one file: what its rows are, which column is what, how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from deals.importing import detecting, recognising
from deals.importing.mapping import Mapping as Meaning
from deals.importing.mapping import Table
from deals.importing.reading import Row
from deals.importing.workbooks import is_workbook, sheet_names, sheet_of
from deals.models import ImportRun

DATES = ("opened_at", "closed_at", "occurred_at", "entered_at", "last_contact_at")
AMOUNTS = ("amount",)
LOOKED_AT = 5000  # rows, for the order of day and month
NEEDED = {  # what must be told, where not by a column then by a constant
    "deals": ("title|deal",), "contacts": ("last_name|name|email|first_name",),
    "companies": ("name",), "touches": ("deal|deal_title|email", "occurred_at"),
}  # fmt: skip
CLOSED_WORDS = ("won", "lost")


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
            decimal=self.decimal,
        )  # fmt: skip

    def _table(self) -> Table:
        sources = {name: (heading,) for name, heading in self.columns.items()}
        values = {
            name: dict(recognising.words(name)) for name in ("outcome", "channel", "direction")
        }
        only: set[str] = {"channel", "direction"} if self.kind == "touches" else set()
        if self.kind == "deals":
            if "deal" not in sources:
                sources["deal"] = sources["title"]
            if "outcome" not in sources and "stage" in sources:
                sources["outcome"] = sources["stage"]
                only.add("outcome")
            ends = {word for word, ours in values["outcome"].items() if ours in CLOSED_WORDS}
            values["stage"] = dict.fromkeys(ends, "")
        if self.kind == "touches" and "direction" not in sources and "channel" in sources:
            sources["direction"] = sources["channel"]  # HubSpot: INCOMING_EMAIL
        return Table(
            kind=self.kind, file=self.file, required=(), sources=sources,
            constants=self.constants, values=values, is_plain=True, only=frozenset(only),
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
            has_twins=True,
        )  # fmt: skip

    def sheets(self) -> list[str]:
        """Return the sheets to choose from; none for a CSV file."""
        return sheet_names(self.path) if is_workbook(self.path) else []

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
        plan.encoding = plan.encoding or detecting.encoding(path)
        plan.separator = plan.separator or detecting.separator(path, plan.encoding)
    headings = plan.look(folder).headings()
    known = _said_before(headings)
    if known:
        plan.kind, plan.columns, plan.constants = known.kind, known.columns, known.constants
        plan.dates, plan.decimal = known.dates, known.decimal
        return plan
    plan.kind = recognising.kind_of(headings)
    return recognise(plan, folder, headings)


def recognise(plan: Plan, folder: Path, headings: list[str]) -> Plan:
    """Fill in what the headings of a file say by themselves."""
    plan.columns = recognising.recognised(plan.kind, headings)
    look = plan.look(folder)
    plan.dates = look.dates().order
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
