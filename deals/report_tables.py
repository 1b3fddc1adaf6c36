"""The report's tables, once for the page and for the export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import User
from deals.figures import TOLD, Figure
from deals.models import Stage
from deals.periods import Period
from deals.reports import PLOTTED, Report
from deals.scopes import Scope
from deals.spreadsheets import Value
from deals.tallies import CENTS, Tally
from deals.wording import say_sum

TABLES = ("stages", "reps", "heat", "steps")
# Of which it is told, too, what they are worth.
VALUED = (Figure.WENT_DARK, Figure.RELIT, Figure.LET_GO, Figure.WON, Figure.LOST)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a figure, or what its deals are worth."""

    figure: Figure
    label: str
    is_value: bool = False

    @property
    def worth(self) -> str:
        """What heads the value of the same deals in files; empty where there is none."""
        if self.is_value:
            return self.label
        return f"Value {self.label.lower()}" if self.figure in VALUED else ""


COLUMNS = (
    Column(Figure.DARK_NOW, "Dark now"),
    Column(Figure.DARK_NOW, "Value dark now", is_value=True),
    *(Column(figure, str(figure.label)) for figure in TOLD if figure != Figure.DARK_NOW),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One number, and the query that opens the deals behind it.

    `worth` heads what the same deals are worth: a column of files only, where there is any.
    """

    column: str
    tally: Tally
    query: str
    is_value: bool = False
    level: int = 0
    currency: str = ""
    worth: str = ""

    @property
    def lines(self) -> list[str]:
        """What the cell says: a count; or the value in the workspace's currency, and what is apart."""
        if not self.is_value:
            return [f"{self.tally.count:,}"]
        return said_value(self.tally, self.currency)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `note` says what the label alone cannot, `day` in files what it means."""

    label: str
    cells: Sequence[Cell]
    note: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading, what stands in the corner, and its sums."""

    name: str
    title: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[Row]
    total: Row | None = None
    currency: str = ""

    @property
    def is_converted(self) -> bool:
        """Whether some of the values that it shows were told by a rate."""
        cells = self.total.cells if self.total else ()
        return any(cell.is_value and cell.tally.is_converted(self.currency) for cell in cells)

    def values(self) -> Iterator[list[Value]]:
        """Yield the header and the rows of an export; what is apart has a column a currency."""
        rows = [*self.rows, *([self.total] if self.total else [])]
        tallies = [cell.tally for row in rows for cell in row.cells]
        codes = sorted({code for tally in tallies for code in tally.apart} - {self.currency})
        if any(tally.is_told for tally in tallies):
            codes.insert(0, self.currency)
        has_notes = any(row.note for row in rows)
        first = rows[0].cells if rows else []
        header: list[Value] = [self.corner, *(["Pipeline"] if has_notes else [])]
        for cell in first:
            header += [] if cell.is_value else [cell.column]
            header += [f"{cell.worth} {code}" for code in codes if cell.worth]
        yield header
        for row in rows:
            numbers = [n for cell in row.cells for n in _numbers(cell, codes, self.currency)]
            yield [row.day or row.label, *([row.note] if has_notes else []), *numbers]


def _numbers(cell: Cell, codes: Sequence[str], currency: str) -> list[Decimal | int]:
    worth = {**cell.tally.apart, currency: cell.tally.value}
    values: list[Decimal | int] = [worth.get(code, CENTS) for code in codes if cell.worth]
    return values if cell.is_value else [cell.tally.count, *values]


def said_value(tally: Tally, currency: str) -> list[str]:
    """Say what a tally is worth in the workspace's currency, then what stays apart."""
    value = [say_sum(tally.value, currency)] if tally.is_told else []
    return value + [say_sum(amount, code) for code, amount in sorted(tally.apart.items())]


def table(name: str, report: Report) -> Table:
    """Return one of `TABLES`; raises KeyError for any other."""
    return {"stages": stages, "reps": reps, "heat": heat, "steps": steps}[name](report)


def stages(report: Report) -> Table:
    """Return each stage's figures."""
    rows = [
        Row(stage.name, _cells(report, stage=stage), stage.pipeline.name) for stage in report.stages
    ]
    total = Row("All stages", _cells(report))
    columns = [column.label for column in COLUMNS]
    return Table("stages", "By stage", "Stage", columns, rows, total, report.currency)


def reps(report: Report) -> Table:
    """Return each rep's figures."""
    rows = [Row(str(owner), _cells(report, owner=owner)) for owner in report.owners]
    total = Row("All reps", _cells(report))
    columns = [column.label for column in COLUMNS]
    return Table("reps", "By rep", "Rep", columns, rows, total, report.currency)


def heat(report: Report) -> Table:
    """Return where it is dark now: stages by reps, and how dark each cell is."""
    rows = [
        Row(
            stage.name,
            [
                Cell(
                    str(owner),
                    report.tally(Figure.DARK_NOW, stage, owner),
                    query(Figure.DARK_NOW, report.scope, stage, owner),
                    level=report.heat(stage, owner),
                )
                for owner in report.owners
            ],
            stage.pipeline.name,
        )
        for stage in report.stages
        if report.tally(Figure.DARK_NOW, stage).count
    ]
    owners = [str(owner) for owner in report.owners]
    return Table("heat", "Where it is dark now", "Stage", owners, rows)


def steps(report: Report) -> Table:
    """Return the figures week by week, or month by month."""
    rows = [
        Row(
            said_day(step.period.first, report.period),
            [
                Cell(
                    str(figure.label),
                    Tally(step.counts[figure]),
                    query(figure, report.scope.narrowed(period=step.period)),
                )
                for figure in PLOTTED
            ],
            day=step.period.first,
        )
        for step in report.steps
    ]
    unit = report.period.step.capitalize()
    labels = [str(figure.label) for figure in PLOTTED]
    return Table("steps", f"{unit} by {unit.lower()}", f"{unit} from", labels, rows)


def _cells(report: Report, *, stage: Stage | None = None, owner: User | None = None) -> list[Cell]:
    return [
        Cell(
            column.label,
            report.tally(column.figure, stage, owner),
            query(column.figure, report.scope, stage, owner),
            column.is_value,
            currency=report.currency,
            worth=column.worth,
        )
        for column in COLUMNS
    ]


def query(
    figure: Figure, scope: Scope, stage: Stage | None = None, owner: User | None = None
) -> str:
    """Return what of an address follows the "?" to open the deals behind a number."""
    narrowed = scope.narrowed(stage=stage or scope.stage, owner=owner or scope.owner)
    return narrowed.query(figure=figure.value)


def days(period: Period) -> dict[str, str]:
    """Return a period's two days as an address says them."""
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def said_day(day: date, period: Period) -> str:
    """Say a day as short as it stays clear within a period: "2 Mar", "2 Mar 2025"."""
    year = f" {day.year}" if period.first.year != period.last.year else ""
    return f"{day.day} {day:%b}{year}"
