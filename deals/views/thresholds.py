"""The threshold studio: managers read and try; admins see what a change would do, then make it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deals import patience, studio, thresholds
from deals.forms.thresholds import ThresholdForm, TrialForm
from deals.models import Rejudging, Silence, Stage, Threshold
from deals.studio_page import Bench
from deals.supposing import suppose
from deals.tasks import go_on
from deals.views import answers
from deals.views.answers import Request

PAGE = "deals/thresholds/page.html"
NAMED = 20  # deals named in a preview; the rest is counted


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the stages of a pipeline, and the first of them as if it were chosen."""
    _managers_only(request)
    stages = Stage.objects.select_related("pipeline")
    asked = request.GET.get("pipeline", "")
    chosen = stages.filter(pipeline=int(asked)) if asked.isdecimal() and len(asked) < 10 else stages
    found = chosen.order_by("pipeline__position", "pipeline", "position", "pk").first()
    if found is None and asked:
        raise Http404
    if found is None:
        return answers.page(request, PAGE, {"stage": None})
    return _shown(request, found, is_opened=False)


@require_http_methods(["GET", "HEAD", "POST"])
def stage(request: Request, pk: int) -> HttpResponse:
    """Show one stage's threshold with its history; save a new version that was looked at before."""
    _managers_only(request)
    found = _stage(pk)
    if request.method != "POST":
        return _shown(request, found)
    answers.admins_only(request)
    current = patience.in_force(found, timezone.now())
    form = ThresholdForm(request.POST, stage=found, current=current)
    if not form.is_valid() or not form.has_seen:
        return _previewed(request, found, form, current, status=answers.UNPROCESSABLE)
    version = thresholds.change(found, **form.said(), now=timezone.now(), user=request.user)
    if form.cleaned_data["retroactive"]:
        go_on.delay_on_commit()
    messages.success(request, _saved(version, is_retroactive=form.cleaned_data["retroactive"]))
    return redirect("deals:threshold", pk=found.pk)


@require_POST
def preview(request: Request, pk: int) -> HttpResponse:
    """Show what a threshold would change, saving nothing."""
    answers.admins_only(request)
    found = _stage(pk)
    current = patience.in_force(found, timezone.now())
    form = ThresholdForm(request.POST, stage=found, current=current)
    status = 200 if form.is_valid() else answers.UNPROCESSABLE
    return _previewed(request, found, form, current, status=status)


@require_POST
def restore(request: Request, pk: int, version: int) -> HttpResponse:
    """Return to an earlier version of a stage's threshold."""
    answers.admins_only(request)
    chosen = get_object_or_404(
        Threshold.objects.select_related("stage__pipeline"), pk=version, stage=pk
    )
    try:
        made = thresholds.restore(chosen, now=timezone.now(), user=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _saved(made, is_retroactive=False))
    return redirect("deals:threshold", pk=pk)


@require_safe
def progress(request: Request, pk: int) -> HttpResponse:
    """Show how far the past of a stage has been judged anew: a part of the stage's page."""
    _managers_only(request)
    if not request.htmx:
        return redirect("deals:threshold", pk=pk)
    told = {"stage": _stage(pk), "rejudgings": _unfinished(pk)}
    return answers.page(request, "deals/thresholds/progress.html", told)


def _managers_only(request: Request) -> None:
    """Answer 404 to whoever leads no team and is no admin, as if there were no such page."""
    if not request.user.is_manager:
        raise Http404


def _stage(pk: int) -> Stage:
    return get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)


def _shown(request: Request, found: Stage, *, is_opened: bool = True) -> HttpResponse:
    """Show a stage with the threshold that the address asks to try, or the one in force."""
    now = timezone.now()
    trial = TrialForm(request.GET)
    status = 200 if trial.is_valid() else answers.UNPROCESSABLE
    current = patience.in_force(found, now)
    form = ThresholdForm(stage=found, current=current, tried=trial.span)
    told = _told(request, found, form, trial, now) | {"is_opened": is_opened, "current": current}
    return answers.page(request, PAGE, told, part="preview", status=status)


def _previewed(
    request: Request, found: Stage, form: ThresholdForm, current: Threshold | None, *, status: int
) -> HttpResponse:
    """Show what saving a form would do, with the figures of its threshold."""
    now = timezone.now()
    trial = TrialForm(request.POST)
    trial.is_valid()
    told = _told(request, found, form, trial, now) | {"is_opened": True, "current": current}
    if form.is_valid():
        told |= _effect(found, form, current, now)
    return answers.page(request, PAGE, told, part="preview", status=status)


def _told(
    request: Request, found: Stage, form: ThresholdForm, trial: TrialForm, now: datetime
) -> dict[str, Any]:
    told = {
        "stage": found,
        "form": form,
        "trial": trial,
        "bench": _bench(found, trial, now) if form.current else None,
        "may_edit": request.user.is_admin,
    }
    return told if request.htmx else told | _around(request, found, now)


def _around(request: Request, found: Stage, now: datetime) -> dict[str, Any]:
    """Return what stands around the studio of a stage: its neighbours and its history."""
    pipelines = patience.by_pipeline(request.user, now)
    changes = patience.changes(found)
    return {
        "pipelines": [pipeline for pipeline, _ in pipelines],
        "lines": next((lines for each, lines in pipelines if each == found.pipeline), []),
        "changes": [(change, _differs(change, changes[0])) for change in changes],
        "rejudgings": _unfinished(found.pk),
    }


def _differs(change: patience.Change, latest: patience.Change) -> bool:
    return any(patience.differences(latest.version, change.version))


def _bench(found: Stage, trial: TrialForm, now: datetime) -> Bench:
    read = studio.read(found, now, trial.over)
    return Bench(read, trial.span or read.current, trial.over, trial.among)


def _effect(
    found: Stage, form: ThresholdForm, current: Threshold | None, now: datetime
) -> dict[str, Any]:
    """Return what saving a valid form would do, in words, numbers and deals."""
    supposed = suppose(found, form.cleaned_data["dark_after"], now)
    flagged, cleared = supposed.now_dark.count(), supposed.no_longer_dark.count()
    before = supposed.before.count()
    return {
        "differences": list(patience.differences(current, form.instance)),
        "effect": thresholds.Effect(flagged, cleared, before),
        "flagged": _named(supposed.now_dark),
        "cleared": _named(supposed.no_longer_dark),
        "named": NAMED,
        "seen": form.sign(),
        "was_changed_since": bool(form.cleaned_data["seen"]) and not form.has_seen,
    }


def _named(silences: QuerySet[Silence]) -> list[Silence]:
    rows = silences.select_related("deal__contact", "deal__owner")
    return list(rows.order_by("started_at", "pk")[:NAMED])


def _unfinished(pk: int) -> list[Rejudging]:
    return list(Rejudging.objects.filter(threshold__stage=pk, finished_at=None))


def _saved(version: Threshold, *, is_retroactive: bool) -> str:
    sentence = f"{version.stage} is dark after {version.patience}"
    if is_retroactive:
        return f"{sentence}, in the past too: it is being judged anew in the background."
    return f"{sentence}, from now on."
