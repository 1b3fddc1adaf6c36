"""The board: deals by stage."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from deals.board import lanes
from deals.models import Pipeline
from deals.views.answers import Request, page


@require_safe
def board(request: Request) -> HttpResponse:
    now, pipelines = timezone.now(), list(Pipeline.objects.all())
    asked = request.GET.get("pipeline", "")
    pipeline = next((each for each in pipelines if str(each.pk) == asked), None)
    pipeline = pipeline or next(iter(pipelines), None)
    told = {
        "pipelines": pipelines,
        "pipeline": pipeline,
        "lanes": lanes(pipeline, request.user, now) if pipeline else [],
        "now": now,
        "here": request.get_full_path(),
    }
    return page(request, "deals/board.html", told)
