"""The threshold studio: managers read and try; admins see what a change would do, then make it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deals import patience, studio, thresholds
from deals.forms.thresholds import ThresholdForm, TrialForm, asked_of
from deals.models import Pipeline, Rejudging, Silence, Stage, Threshold
from deals.spans import Span
from deals.studio_page import Bench
from deals.supposing import Supposed, suppose
from deals.tasks import go_on
from deals.views import answers
from deals.views.answers import Request

PAGE = "deals/thresholds/page.html"
Pipelines = Sequence[tuple[Pipeline, Sequence[patience.Line]]]
NAMED = 20  # deals named in a preview; the rest is counted


@require_safe
def page(request: Request) -> HttpResponse:
    """Show the stages of a pipeline, of the busiest unless one is asked for, and one as if chosen."""
    _managers_only(request)
    pipelines = patience.by_pipeline(request.user, timezone.now())
    asked = request.GET.get("pipeline", "")
    known = [each for each in pipelines if not asked or str(each[0].pk) == asked]
    found = patience.opens_on(known)
    if found is None and asked:
        raise Http404
    if found is None:
        return answers.page(request, PAGE, {"stage": None})
    return _shown(request, found, pipelines, is_opened=False)


@require_http_methods(["GET", "HEAD", "POST"])
def stage(request: Request, pk: int) -> HttpResponse:
    """Show one stage's threshold with its history; save a new version that was looked at before."""
    _managers_only(request)
    found = _stage(pk)
    if request.method != "POST":
        return _shown(request, found)
    answers.admins_only(request)
    return _save(request, found)


@transaction.atomic
def _save(request: Request, found: Stage) -> HttpResponse:
    """Save what was looked at; nobody else changes the stage's threshold meanwhile."""
    thresholds.lock(found)
    current = patience.in_force(found, timezone.now())
    form = ThresholdForm(request.POST, stage=found, current=current)
    if not form.is_valid() or not form.has_seen:
        return _previewed(request, form, status=answers.UNPROCESSABLE, is_refused=True)
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
    return _previewed(request, form, status=status)


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
    told = {"stage": _stage(pk), "rejudgings": _unfinished(pk, timezone.now())}
    return answers.page(request, "deals/thresholds/progress.html", told)


def _managers_only(request: Request) -> None:
    """Answer 404 to whoever leads no team and is no admin, as if there were no such page."""
    if not request.user.is_manager:
        raise Http404


def _stage(pk: int) -> Stage:
    return get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)


def _shown(
    request: Request, found: Stage, pipelines: Pipelines | None = None, *, is_opened: bool = True
) -> HttpResponse:
    """Show a stage with the change that the address asks to try, or as it is in force."""
    now = timezone.now()
    current = patience.in_force(found, now)
    asked = asked_of(request.GET, found)
    form = ThresholdForm(stage=found, current=current)
    if request.user.is_admin:
        form = ThresholdForm.asked(asked, stage=found, current=current)
    months = studio.customary_months(found, now)
    trial = TrialForm(
        ({"dark_after": current.dark_after} if current else {}) | asked, months=months
    )
    is_right = trial.is_valid() and not form.errors
    return _answer(
        request, form, trial, pipelines, is_opened=is_opened,
        status=200 if is_right else answers.UNPROCESSABLE,
    )  # fmt: skip


def _previewed(
    request: Request, form: ThresholdForm, *, status: int, is_refused: bool = False
) -> HttpResponse:
    """Show what saving a form would do, with the figures of its threshold."""
    trial = TrialForm(request.POST.dict())
    trial.is_valid()
    was_changed = is_refused and bool(request.POST.get("seen"))
    return _answer(request, form, trial, status=status, was_changed_since=was_changed)


def _answer(
    request: Request,
    form: ThresholdForm,
    trial: TrialForm,
    pipelines: Pipelines | None = None,
    *,
    status: int,
    is_opened: bool = True,
    was_changed_since: bool = False,
) -> HttpResponse:
    now = timezone.now()
    tried = trial.span or (form.current.patience if form.current else None)
    told: dict[str, Any] = {
        "stage": form.stage,
        "current": form.current,
        "form": form,
        "trial": trial,
        "may_edit": request.user.is_admin,
        "is_opened": is_opened,
        "was_changed_since": was_changed_since,
    }
    if tried:
        told |= _tried(form, trial, tried, now)
    if not request.htmx:
        pipelines = pipelines or patience.by_pipeline(request.user, now)
        told |= _around(form.stage, pipelines, now, is_admin=request.user.is_admin)
    return answers.page(request, PAGE, told, part="preview", status=status)


def _around(found: Stage, pipelines: Pipelines, now: datetime, *, is_admin: bool) -> dict[str, Any]:
    """Return what stands around the studio of a stage: its neighbours and its history."""
    known = patience.changes(found)
    changes = [(change, _differs(change, known[0])) for change in known]
    return {
        "pipelines": [pipeline for pipeline, _ in pipelines],
        "lines": next((lines for each, lines in pipelines if each == found.pipeline), []),
        "changes": changes,
        "may_return": is_admin and any(differs for _, differs in changes),
        "rejudgings": _unfinished(found.pk, now),
    }


def _differs(change: patience.Change, latest: patience.Change) -> bool:
    return any(patience.differences(latest.version, change.version))


def _tried(form: ThresholdForm, trial: TrialForm, tried: Span, now: datetime) -> dict[str, Any]:
    """Return what a threshold would have done, and of a valid form what saving it would do."""
    supposed = suppose(form.stage, tried.code, now)
    effect = thresholds.effect_of(supposed)
    told: dict[str, Any] = {}
    if form.current:
        read = studio.read(form.stage, now, trial.over)
        told["bench"] = Bench(read, tried, effect, trial.among)
    return told | _saving(form, supposed, effect) if form.is_valid() else told


def _saving(form: ThresholdForm, supposed: Supposed, effect: thresholds.Effect) -> dict[str, Any]:
    """Return what saving a valid form would do, in words, numbers and deals."""
    return {
        "differences": list(patience.differences(form.current, form.instance)),
        "effect": effect,
        "flagged": _named(supposed.now_dark),
        "cleared": _named(supposed.no_longer_dark),
        "named": NAMED,
        "seen": form.sign(),
    }


def _named(silences: QuerySet[Silence]) -> list[Silence]:
    rows = silences.select_related("deal__contact", "deal__owner")
    return list(rows.order_by("started_at", "pk")[:NAMED])


def _unfinished(pk: int, now: datetime) -> list[tuple[Rejudging, timedelta | None]]:
    """Return what of the past is still judged anew, with about how long the rest takes."""
    found = Rejudging.objects.filter(threshold__stage=pk, finished_at=None)
    return [(rejudging, rejudging.left(now)) for rejudging in found]


def _saved(version: Threshold, *, is_retroactive: bool) -> str:
    sentence = f"{version.stage} is dark after {version.patience}"
    if is_retroactive:
        return f"{sentence}, in the past too: it is being judged anew in the background."
    return f"{sentence}, from now on."
