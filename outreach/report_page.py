"""All that the report's page shows, and its tables as files, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.urls import reverse

from accounts.models import User
from deals import curves, figures, flows, report_tables, reports, rhythms
from deals.basis import Basis
from deals.curves import Waits
from deals.figures import OF_A_PERIOD, Figure
from deals.report_summary import summary
from deals.reports import Report
from deals.rhythms import Replies
from deals.scopes import Scope
from deals.spreadsheets import Value
from outreach import plays_report, reasons_report, report_heat, report_plots
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

BESIDE_STEPS, BESIDE_REPS = 26, 6  # more do not fit into half a page


@dataclass(frozen=True)
class Shown:
    """One report: each part is read once, when it is asked for."""

    reader: User
    ways: Ways
    measure: str

    @property
    def scope(self) -> Scope:
        return self.ways.scope

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
    """Two plots beside each other; `layout` is "uneven" where the first needs more room.

    "stacked" are two that both need all of it. What `is_open` is unfolded on a phone, too.
    """

    plots: Sequence[Plot]
    layout: str = ""
    is_open: bool = False


def shown(reader: User, ways: Ways, measure: str) -> dict[str, Any]:
    """Return what the page shows of a report."""
    told = Shown(reader, ways, measure)
    report = told.report
    figures = summary(report, report.currency, reverse("outreach:report-deals"))
    is_quiet = not any(report.tally(figure).count for figure in OF_A_PERIOD)
    return {
        "figures": [each._replace(url=ways.led(each.url)) for each in figures],
        "is_empty": not report.tallies,
        "is_quiet": is_quiet,
        "pairs": _filled(_pairs(told)) if is_quiet else _pairs(told),
        "curves": report_plots.survival(told.waits, ways),
        "tables": [report_tables.table(name, report) for name in ("stages", "reps")],
        "files": [
            (title, ways.file(name, CSV), ways.file(name, XLSX)) for name, title in TABLES.items()
        ],
    }


def _pairs(told: Shown) -> list[Pair]:
    ways, plots = told.ways, report_plots
    steps = plots.steps(told.report, ways)
    dark = report_heat.dark(told.report, told.measure, ways)
    is_crowded = len(told.report.steps) > BESIDE_STEPS or len(dark.drawn.columns) > BESIDE_REPS
    return [
        Pair((steps, dark), "stacked" if is_crowded else "", is_open=True),
        Pair(
            (
                plots.plays(told.plays, ways),
                plots.reasons(told.reasons, told.report.currency, ways),
            ),
            "uneven",
        ),
        Pair((plots.became(told.became, ways), plots.rhythm(told.replies, ways))),
    ]


def _filled(pairs: Iterable[Pair]) -> list[Pair]:
    """Leave out plots of nothing: where all is quiet, one word of it is enough."""
    told = [
        replace(pair, plots=[plot for plot in pair.plots if not plot.drawn.caption.is_empty])
        for pair in pairs
    ]
    return [pair for pair in told if pair.plots]


def table(name: str, reader: User, scope: Scope, measure: str) -> Iterable[Sequence[Value]]:
    """Return one of the report's tables as rows, the header first; KeyError where there is none."""
    told = Shown(reader, Ways(scope), measure)
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
