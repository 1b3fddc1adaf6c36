"""The stages' thresholds: managers read them; admins see what a change would do, then make it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deals import patience, thresholds
from deals.forms.thresholds import ThresholdForm
from deals.models import Rejudging, Silence, Stage, Threshold
from deals.tasks import go_on
from deals.views import answers
from deals.views.answers import Request

STAGE = "deals/thresholds/stage.html"
NAMED = 20  # deals named in a preview; the rest is counted


@require_safe
def page(request: Request) -> HttpResponse:
    """Show every stage's threshold, and how many deals it flags now."""
    _managers_only(request)
    pipelines = patience.by_pipeline(request.user, timezone.now())
    return answers.page(request, "deals/thresholds/page.html", {"pipelines": pipelines})


@require_http_methods(["GET", "HEAD", "POST"])
def stage(request: Request, pk: int) -> HttpResponse:
    """Show one stage's threshold with its history; save a new version that was looked at before."""
    _managers_only(request)
    found = _stage(pk)
    current = patience.in_force(found, timezone.now())
    if request.method != "POST":
        form = ThresholdForm(stage=found, current=current)
        return answers.page(request, STAGE, _told(request, found, form, current))
    answers.admins_only(request)
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


def _told(
    request: Request, found: Stage, form: ThresholdForm, current: Threshold | None
) -> dict[str, Any]:
    return {
        "stage": found,
        "form": form,
        "current": list(patience.differences(None, current)) if current else [],
        "changes": patience.changes(found),
        "rejudgings": _unfinished(found.pk),
        "may_edit": request.user.is_admin,
    }


def _previewed(
    request: Request, found: Stage, form: ThresholdForm, current: Threshold | None, *, status: int
) -> HttpResponse:
    told = _told(request, found, form, current)
    if form.is_valid():
        told |= _effect(found, form, current)
    return answers.page(request, STAGE, told, part="preview", status=status)


def _effect(found: Stage, form: ThresholdForm, current: Threshold | None) -> dict[str, Any]:
    """Return what saving a valid form would do, in words, numbers and deals."""
    supposed = thresholds.suppose(found, form.cleaned_data["dark_after"], timezone.now())
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
