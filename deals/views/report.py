"""The gone-dark report, the deals behind each of its numbers, and their exports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts.models import User, Workspace
from deals import plots, report_tables, reports
from deals.drilldown import Behind
from deals.figures import Figure
from deals.forms.report import BehindForm, PeriodForm
from deals.periods import SHORTCUTS
from deals.report_summary import summary
from deals.spreadsheets import Value, csv_lines
from deals.views import answers
from deals.views.answers import Request

PAGE = "deals/report/page.html"
BEHIND = "deals/report/deals.html"
PER_PAGE = 50


@require_GET
def page(request: Request) -> HttpResponse:
    """Show the report of a period."""
    form = _period(request)
    report = reports.report(request.user, form.shown, form.now)
    tables = {name: report_tables.table(name, report) for name in report_tables.TABLES}
    context = {
        "form": form,
        "scope": _scope(request.user),
        "shortcuts": [(code, label) for code, (label, _) in SHORTCUTS.items()],
        "period": report.period,
        "days": urlencode(report_tables.days(report.period)),
        "figures": summary(report, Workspace.current().currency, reverse("deals:report-deals")),
        "plot": plots.bars(tables["steps"]),
        "is_empty": not report.tallies,
        **tables,
    }
    status = 200 if form.is_valid() else answers.UNPROCESSABLE
    return answers.page(request, PAGE, context, part="report", status=status)


@require_GET
def table(request: Request, name: str) -> StreamingHttpResponse:
    """Export one of the report's tables."""
    if name not in report_tables.TABLES:
        raise Http404
    form = _valid(_period(request))
    report = reports.report(request.user, form.shown, form.now)
    period = report.period
    return _csv(f"{name}-{period.first}-{period.last}", report_tables.table(name, report).values())


@require_GET
def deals(request: Request) -> HttpResponse:
    """List the deals behind a number of the report."""
    behind = _behind(request)
    found = Paginator(behind.values(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "behind": behind,
        "when": WHEN[behind.figure],
        "lines": behind.lines(found.object_list),
        "page": found,
        "elsewhere": behind.counted.count() - found.paginator.count,
        "is_now": behind.figure == Figure.DARK_NOW,
        "now": behind.now,
        "days": urlencode(report_tables.days(behind.period)),
        "query": report_tables.query(behind.figure, behind.period, behind.stage, behind.owner),
    }
    return answers.page(request, BEHIND, context)


@require_GET
def deals_table(request: Request) -> StreamingHttpResponse:
    """Export the deals behind a number of the report."""
    behind = _behind(request)
    return _csv(f"{behind.figure}-{behind.period.first}-{behind.period.last}", _exported(behind))


WHEN = {
    Figure.DARK_NOW: "Silent since",
    Figure.WENT_DARK: "Went dark",
    Figure.RELIT: "Relit",
    Figure.LET_GO: "Let go",
    Figure.WE_WENT_QUIET: "Overdue since",
}


def _scope(reader: User) -> str:
    """Say whose figures these are."""
    if reader.is_admin:
        return "All teams"
    if not reader.is_manager:
        return "Your own deals"
    return ", ".join(team.name for team in reader.led_teams.all()) or "Your own deals"


def _exported(behind: Behind) -> Iterable[Sequence[Value]]:
    when = f"{WHEN[behind.figure]} ({behind.period.zone})"
    yield ["Deal", "Contact", "Company", "Stage", "Rep", "Amount", "Currency", when]
    for line in behind.every_line():
        deal = line.deal
        at = line.at.astimezone(behind.period.zone)
        yield [
            deal.title, deal.contact.name, str(deal.company or ""), line.stage, line.owner,
            line.amount, line.currency, at,
        ]  # fmt: skip


def _csv(name: str, rows: Iterable[Sequence[Value]]) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="gone-dark-{name}.csv"'
    return answer


def _period(request: Request) -> PeriodForm:
    return PeriodForm(request.GET, now=timezone.now(), zone=timezone.get_current_timezone())


def _behind(request: Request) -> Behind:
    reader, now = request.user, timezone.now()
    zone = timezone.get_current_timezone()
    form = _valid(BehindForm(request.GET, reader=reader, now=now, zone=zone))
    said = form.cleaned_data
    return Behind(Figure(said["figure"]), reader, form.shown, now, said["stage"], said["owner"])


def _valid(form: Any) -> Any:
    """Return a form whose address makes sense; nobody types these, so any other is not found."""
    if not form.is_valid():
        raise Http404
    return form
