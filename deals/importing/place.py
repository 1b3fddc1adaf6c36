"""Where an import goes: a pipeline with the stages that the files name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from deals.models import Pipeline, Stage, Threshold

DARK_AFTER = "21d"  # of a stage that an import makes: calendar time, and no turn on entry
ONLY_STAGE = "Open"  # of a pipeline whose files name no stage at all


@dataclass
class Place:
    """A pipeline and its stages by name; neither is there yet when a first import is tried out."""

    pipeline: Pipeline | None
    stages: dict[str, Stage] = field(default_factory=dict)

    @classmethod
    def find(cls, name: str) -> Place:
        """Return the pipeline of a name with its stages, or a place that is still to be made."""
        pipeline = Pipeline.objects.filter(name=name).first()
        stages = Stage.objects.filter(pipeline=pipeline) if pipeline else Stage.objects.none()
        return cls(pipeline, {stage.name.casefold(): stage for stage in stages})

    @property
    def source(self) -> str:
        """Name what comes into this pipeline, so that it is known again; "" before it is made."""
        return f"import:{self.pipeline.pk}" if self.pipeline else ""

    @property
    def first_stage(self) -> Stage:
        """Where a deal starts that names no stage."""
        return min(self.stages.values(), key=lambda stage: stage.position)

    def stage(self, name: str) -> Stage | None:
        return self.stages.get(name.casefold())


@transaction.atomic
def make(name: str, stages: Iterable[str], now: datetime) -> Place:
    """Return the place of a name, with its pipeline and stages made where they are missing.

    New stages come behind those that are there, in the order given: dark after 21 days of
    calendar time, entering them changes no turn.
    """
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline, _ = Pipeline.objects.get_or_create(
        name=name, defaults={"position": 0 if last is None else last + 1}
    )
    place = Place.find(name)
    wanted = list(stages) or ([] if place.stages else [ONLY_STAGE])
    for stage in wanted:
        if place.stage(stage) is None:
            place.stages[stage.casefold()] = _stage(pipeline, place, stage, now)
    return place


def _stage(pipeline: Pipeline, place: Place, name: str, now: datetime) -> Stage:
    positions = [stage.position for stage in place.stages.values()]
    stage = Stage.objects.create(
        pipeline=pipeline, name=name, position=max(positions, default=-1) + 1
    )
    Threshold.objects.create(stage=stage, dark_after=DARK_AFTER, created_at=now)
    return stage
