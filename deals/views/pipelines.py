"""Settings: the pipelines and their stages. For admins."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deals import pipelines
from deals.forms.pipelines import PipelineForm, StageForm
from deals.models import Pipeline, Stage
from deals.views.answers import Request, admins_only, form_page, go, page

HOME = "deals:pipelines"


@require_safe
def pipeline_list(request: Request) -> HttpResponse:
    admins_only(request)
    stages = Stage.objects.annotate(open_deals=Count("deals", Q(deals__outcome="open")))
    told = {"pipelines": Pipeline.objects.prefetch_related(Prefetch("stages", stages))}
    return page(request, "deals/pipelines.html", told)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    admins_only(request)
    form = PipelineForm(request.POST or None)
    if form.is_valid():
        pipelines.add_pipeline(form.save(commit=False))
        return go(request, reverse(HOME))
    return form_page(request, title="New pipeline", form=form, cancel_url=reverse(HOME))


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    pipeline = get_object_or_404(Pipeline, pk=pk)
    form = PipelineForm(request.POST or None, instance=pipeline)
    if form.is_valid():
        form.save()
        return go(request, reverse(HOME))
    return form_page(request, title="Edit the pipeline", form=form, cancel_url=reverse(HOME))


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    pipeline = get_object_or_404(Pipeline, pk=pk)
    try:
        pipelines.remove_pipeline(pipeline)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"“{pipeline}” is gone.")
    return go(request, reverse(HOME))


@require_http_methods(["GET", "POST"])
def new_stage(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    pipeline = get_object_or_404(Pipeline, pk=pk)
    form = StageForm(request.POST or None, pipeline=pipeline)
    if form.is_valid():
        stage = form.save(commit=False)
        pipelines.add_stage(stage, now=timezone.now(), user=request.user)
        messages.success(request, f"“{stage}” is dark after 21 days until you set its threshold.")
        return go(request, reverse(HOME))
    return form_page(request, title=f"New stage of {pipeline}", form=form, cancel_url=reverse(HOME))


@require_http_methods(["GET", "POST"])
def edit_stage(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    form = StageForm(request.POST or None, instance=stage, pipeline=stage.pipeline)
    if form.is_valid():
        form.instance.save(update_fields=["name", "chance"])
        return go(request, reverse(HOME))
    return form_page(request, title="Edit the stage", form=form, cancel_url=reverse(HOME))


@require_POST
def move_stage(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    stage = get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)
    pipelines.move_stage(stage, -1 if request.POST.get("way") == "up" else 1)
    return go(request, reverse(HOME))


@require_POST
def remove_stage(request: Request, pk: int) -> HttpResponse:
    admins_only(request)
    stage = get_object_or_404(Stage, pk=pk)
    try:
        pipelines.remove_stage(stage)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"“{stage}” is gone.")
    return go(request, reverse(HOME))
