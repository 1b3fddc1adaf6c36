"""How often the guess of why somebody is silent was right, for those who lead."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from deals.forms.report import PeriodForm
from deals.views import answers
from deals.views.answers import Request
from outreach.guesses import guesses


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the record of the guesses: a page, or the section that the report fetches."""
    if not request.user.is_manager:
        raise Http404
    form = PeriodForm(request.GET, now=timezone.now(), zone=timezone.get_current_timezone())
    told = {"guesses": guesses(request.user, form.shown), "period": form.shown}
    return answers.page(request, "outreach/guesses.html", told, part="guesses")
