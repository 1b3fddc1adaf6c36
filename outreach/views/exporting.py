"""Lists of this app taken away as CSV or as a workbook: what the page shows the reader."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from deals.views.answers import Request
from deals.views.tables import handed_out
from outreach import exporting
from outreach.covering import Covering
from outreach.models import Mail
from outreach.today import Scope
from outreach.views.today import asked_of


@require_safe
def today(request: Request, form: str) -> HttpResponseBase:
    """Hand out the queue of Today."""
    table = exporting.today(_scope(request), timezone.now(), timezone.get_current_timezone())
    return handed_out(table, form)


@require_safe
def suggestions(request: Request, form: str) -> HttpResponseBase:
    """Hand out what is suggested about the deals of Today."""
    return handed_out(exporting.suggestions(_scope(request).suggestions), form)


@require_safe
def templates(request: Request, form: str) -> HttpResponseBase:
    """Hand out the words that drafts begin with, which everyone may read."""
    return handed_out(exporting.templates(), form)


@require_safe
def unmatched(request: Request, form: str) -> HttpResponseBase:
    """Hand out the mail of people whom nobody knows."""
    return handed_out(exporting.mails(request.user, Mail.State.UNMATCHED), form)


@require_safe
def unverified(request: Request, form: str) -> HttpResponseBase:
    """Hand out the mail that may be forged."""
    return handed_out(exporting.mails(request.user, Mail.State.UNVERIFIED), form)


def _scope(request: Request) -> Scope:
    return Covering.of(request.user, timezone.now()).scope(asked_of(request, request.GET))
