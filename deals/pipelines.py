"""Pipelines and their stages: made, put in order, removed while nothing needs them."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, ProtectedError

from accounts.models import User
from deals.models import Pipeline, Stage, Threshold

FIRST_PATIENCE = "21d"  # calendar time, until an admin sets it under Thresholds


@transaction.atomic
def add_pipeline(pipeline: Pipeline) -> Pipeline:
    """Save a new pipeline after the others."""
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline.position = 0 if last is None else last + 1
    pipeline.save()
    return pipeline


@transaction.atomic
def add_stage(stage: Stage, *, now: datetime, user: User | None = None) -> Stage:
    """Save a new stage after the others of its pipeline, with a first threshold of 21 days."""
    places = _places(stage.pipeline)
    stage.position = max((each.position for each in places), default=-1) + 1
    stage.save()
    Threshold.objects.create(
        stage=stage, dark_after=FIRST_PATIENCE, created_at=now, created_by=user
    )
    return stage


@transaction.atomic
def move_stage(stage: Stage, step: int) -> None:
    """Move a stage one place up (-1) or down (1); at the end of the row it stays."""
    places = _places(stage.pipeline)
    at = next(i for i, each in enumerate(places) if each.pk == stage.pk)
    if not 0 <= at + step < len(places):
        return
    here, there = places[at], places[at + step]
    aside = max(each.position for each in places) + 1  # no two may stand on one place
    taken = here.position, there.position
    for each, position in ((here, aside), (there, taken[0]), (here, taken[1])):
        Stage.objects.filter(pk=each.pk).update(position=position)


def remove_stage(stage: Stage) -> None:
    """Remove a stage that no deal was ever in. Raises ValidationError, with the remedy, else."""
    _remove(stage, f"Deals were or are in “{stage}”, and their history needs it.")


@transaction.atomic
def remove_pipeline(pipeline: Pipeline) -> None:
    """Remove a pipeline that no deal was ever in. Raises ValidationError, with the remedy, else."""
    if not Pipeline.objects.exclude(pk=pipeline.pk).exists():
        raise ValidationError("This is the only pipeline. Make another one first.")
    _remove(pipeline, f"Deals were or are in “{pipeline}”, and their history needs it.")


def _remove(thing: Stage | Pipeline, why_not: str) -> None:
    try:
        thing.delete()
    except ProtectedError as error:
        raise ValidationError(f"{why_not} Give it another name instead.") from error


def _places(pipeline: Pipeline) -> list[Stage]:
    """Return the stages of a pipeline in order, locked until the transaction ends."""
    Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    return list(pipeline.stages.order_by("position"))
