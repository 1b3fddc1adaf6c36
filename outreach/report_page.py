"""All that the report's page shows, and its tables as files, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse

from accounts.models import User
from deals import curves, figures, flows, report_tables, reports, rhythms
from deals.basis import Basis
from deals.curves import Waits
from deals.figures import Figure
from deals.report_summary import summary
from deals.reports import Report
from deals.rhythms import Replies
from deals.scopes import Scope
from deals.spreadsheets import Value
from outreach import plays_report, reasons_report, report_plots
from outreach.plays_report import PlayRow
from outreach.reasons_report import ReasonRow
from outreach.report_plots import Plot
from outreach.report_ways import CSV, XLSX, Ways
from outreach.tries import tries

TABLES = {
    "steps": "Over time", "heat": "Where it is dark", "plays": "What brings them back",
    "reasons": "Why they went quiet", "flow": "What became of them",
    "replies": "When people reply", "stages": "By stage", "reps": "By rep",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One report: each part is read once, when it is asked for."""

    reader: User
    scope: Scope
    measure: str

    @property
    def ways(self) -> Ways:
        return Ways(self.scope)

    @cached_property
    def basis(self) -> Basis:
        return Basis(self.scope.as_of)

    @cached_property
    def report(self) -> Report:
        return reports.report(self.reader, self.scope, self.basis)

    @cached_property
    def plays(self) -> list[PlayRow]:
        return plays_report.play_rows(tries(self.reader, self.scope, self.basis))

    @cached_property
    def reasons(self) -> list[ReasonRow]:
        dark = figures.rows(Figure.WENT_DARK, reader=self.reader, scope=self.scope)
        return reasons_report.reason_rows(dark, self.basis.rates)

    @cached_property
    def replies(self) -> Replies:
        return rhythms.read(self.reader, self.scope, self.basis)

    @cached_property
    def became(self) -> list[flows.Became]:
        return flows.became(self.reader, self.scope, self.basis)

    @cached_property
    def waits(self) -> list[Waits]:
        return curves.of_scope(self.reader, self.scope, self.basis)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two plots beside each other; where they are uneven, the first needs more room."""

    plots: tuple[Plot, Plot]
    is_uneven: bool = False


def shown(reader: User, scope: Scope, measure: str) -> dict[str, Any]:
    """Return what the page shows of a report."""
    told = Shown(reader, scope, measure)
    ways, report = told.ways, told.report
    return {
        "figures": summary(report, report.currency, reverse("outreach:report-deals")),
        "is_empty": not report.tallies,
        "pairs": _pairs(told),
        "curves": report_plots.survival(told.waits, ways),
        "tables": [report_tables.table(name, report) for name in ("stages", "reps")],
        "files": [
            (title, ways.file(name, CSV), ways.file(name, XLSX)) for name, title in TABLES.items()
        ],
    }


def _pairs(told: Shown) -> list[Pair]:
    ways, plots = told.ways, report_plots
    return [
        Pair((plots.steps(told.report, ways), plots.dark(told.report, told.measure, ways))),
        Pair(
            (
                plots.plays(told.plays, ways),
                plots.reasons(told.reasons, told.report.currency, ways),
            ),
            is_uneven=True,
        ),
        Pair((plots.became(told.became, ways), plots.rhythm(told.replies, ways))),
    ]


def table(name: str, reader: User, scope: Scope, measure: str) -> Iterable[Sequence[Value]]:
    """Return one of the report's tables as rows, the header first; KeyError where there is none."""
    told = Shown(reader, scope, measure)
    if name.startswith("curve-"):
        stages = {f"curve-{waits.stage.pk}": waits for waits in told.waits}
        return curves.written(stages[name])
    match name:
        case "plays":
            return plays_report.written(told.plays)
        case "reasons":
            return reasons_report.written(told.reasons, told.report.currency)
        case "flow":
            return flows.written(told.became)
        case "replies":
            return rhythms.written(told.replies)
        case _:
            return report_tables.table(name, told.report).values()
