"""The gone-dark report, the deals behind each of its marks, and their exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import User
from deals.scopes import Scope, teams_of
from deals.views import answers
from deals.views.answers import Request
from deals.views.tables import as_file
from outreach import marks, report_page
from outreach.forms.report import MarkForm, ReportForm
from outreach.guesses import Guesses, guesses
from outreach.marks import BehindMark
from outreach.report_ways import Ways, back_to

PAGE = "outreach/report/page.html"
BEHIND = "outreach/report/deals.html"
PER_PAGE = 50


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the report of a scope; what a form left empty does not stay in the address."""
    form = _form(ReportForm, request)
    if _has_empty(request) and not request.htmx:
        return HttpResponseRedirect(_address(request, form.said))
    scope, ways = form.scope, Ways(form.scope, form.asked)
    context = {
        "form": form,
        "scope": scope,
        "period": scope.period,
        "whose": _whose(request),
        "shortcuts": form.shortcuts,
        "ways": ways,
        "guesses": _guesses(request.user, scope),
        **report_page.shown(request.user, ways, form.measure),
    }
    status = 200 if form.is_valid() else answers.UNPROCESSABLE
    response = answers.page(request, PAGE, context, part="report", status=status)
    if request.htmx and (_has_empty(request) or form.left_out):
        response["HX-Push-Url"] = _address(request, form.asked or form.said)
    return response


@require_safe
def table(request: Request, name: str, form: str = "csv") -> StreamingHttpResponse:
    """Export one of the report's tables."""
    asked = _valid(_form(ReportForm, request))
    try:
        values = report_page.table(name, request.user, asked.scope, asked.measure)
    except KeyError:
        raise Http404 from None
    period = asked.scope.period
    return as_file(f"gone-dark-{name}-{period.first}-{period.last}", values, form)


@require_safe
def deals(request: Request) -> HttpResponse:
    """List the deals behind a mark of the report."""
    form = _valid(_form(MarkForm, request))
    scope, mark = form.scope, form.mark
    behind = BehindMark.of(mark, request.user, scope)
    found = Paginator(behind.values(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "mark": mark,
        "scope": scope,
        "parts": form.chosen,
        "total": behind.said,
        "lines": behind.lines(found.object_list),
        "page": found,
        "elsewhere": behind.total.count - found.paginator.count,
        "has_standing": mark.is_now and scope.is_now,
        "now": scope.as_of,
        "back_url": back_to(form.cleaned_data["back"], scope),
        "query": scope.query(**mark.parameters()),
    }
    return answers.page(request, BEHIND, context)


@require_safe
def deals_table(request: Request, form: str = "csv") -> StreamingHttpResponse:
    """Export the deals behind a mark of the report."""
    asked = _valid(_form(MarkForm, request))
    period = asked.scope.period
    name = f"gone-dark-{asked.mark.figure}-{period.first}-{period.last}"
    behind = BehindMark.of(asked.mark, request.user, asked.scope)
    return as_file(name, marks.exported(behind), form)


def _guesses(reader: User, scope: Scope) -> Guesses | None:
    """Return how the guesses fared up to the scope's instant; they know no filters."""
    return guesses(reader, scope) if reader.is_manager and not scope.is_narrowed else None


def _has_empty(request: Request) -> bool:
    return any("" in words for _, words in request.GET.lists())


def _address(request: Request, said: Mapping[str, str]) -> str:
    return f"{request.path}?{urlencode(said)}".removesuffix("?")


def _whose(request: Request) -> str:
    """Say whose figures these are."""
    reader = request.user
    if reader.is_admin:
        return "All teams"
    return ", ".join(team.name for team in teams_of(reader)) or "Your own deals"


def _form(kind: Any, request: Request) -> Any:
    zone = timezone.get_current_timezone()
    return kind(request.GET, reader=request.user, now=timezone.now(), zone=zone)


def _valid(form: Any) -> Any:
    """Return a form whose address makes sense; nobody types these, so any other is not found."""
    if not form.is_valid():
        raise Http404
    return form
