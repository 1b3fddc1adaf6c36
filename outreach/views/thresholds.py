"""What a threshold that is tried would take from people's lists: shown on its stage's page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from deals.forms.thresholds import TrialForm
from deals.models import Stage
from deals.supposing import suppose
from deals.views.answers import Request
from outreach.withdrawing import to_withdraw

TEMPLATE = "outreach/withdrawn.html"
NAMED = 20  # suggestions named; the rest is counted


@require_safe
def withdrawn(request: Request, pk: int) -> HttpResponse:
    """Name the suggestions that would go: a page, or the part of it that the studio fetches."""
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    trial = TrialForm(request.GET.dict())
    if not request.user.is_admin or not trial.is_valid() or not trial.span:
        raise Http404
    found = to_withdraw(suppose(stage, trial.span.code, timezone.now()).no_longer_dark)
    told = {
        "stage": stage,
        "span": trial.span,
        "count": found.count(),
        "suggestions": found.select_related("deal", "owner").order_by("-rank", "pk")[:NAMED],
        "named": NAMED,
    }
    name = f"{TEMPLATE}#withdrawn" if request.htmx else TEMPLATE
    response = render(request, name, told)
    patch_vary_headers(response, ["HX-Request"])
    return response
