"""Where an import goes: a pipeline, and those that its rows name, with the stages they name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from deals.importing.record import Record
from deals.models import Pipeline, Stage, Threshold

DARK_AFTER = "21d"  # of a stage that an import makes: calendar time, and no turn on entry
ONLY_STAGE = "Open"  # of a pipeline whose files name no stage at all


@dataclass
class Place:
    """A pipeline and its stages by name; neither is there yet when a first import is tried out.

    `others` are the pipelines that rows name themselves. What comes in is known again by the
    import's own pipeline, wherever it lies; where no row lies in that, and it is not made, by
    what `without` says.
    """

    pipeline: Pipeline | None
    stages: dict[str, Stage] = field(default_factory=dict)
    others: dict[str, Place] = field(default_factory=dict)
    without: str = ""

    @classmethod
    def find(cls, name: str) -> Place:
        """Return the pipeline of a name with its stages, or a place that is still to be made."""
        pipeline = Pipeline.objects.filter(name=name).first()
        stages = Stage.objects.filter(pipeline=pipeline) if pipeline else Stage.objects.none()
        return cls(pipeline, {stage.name.casefold(): stage for stage in stages})

    @property
    def source(self) -> str:
        """Name what comes into this pipeline, so that it is known again; "" before it is made."""
        return f"import:{self.pipeline.pk}" if self.pipeline else self.without

    @property
    def first_stage(self) -> Stage:
        """Where a deal starts that names no stage."""
        return min(self.stages.values(), key=lambda stage: stage.position)

    def stage(self, name: str) -> Stage | None:
        return self.stages.get(name.casefold())

    def of(self, pipeline: str) -> Place:
        """Return the pipeline that a row names; "" is the import's own."""
        return self.others.get(pipeline, self)

    def lock(self) -> None:
        """Let imports into one place queue up in the caller's transaction."""
        places = [self] if self.pipeline else self.others.values()
        pks = [place.pipeline.pk for place in places if place.pipeline]
        list(Pipeline.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))

    def has(self, stage: str) -> bool:
        """Whether a stage of that name is there; for "" any will do."""
        return self.stage(stage) is not None if stage else bool(self.stages)

    def with_others(self, names: Iterable[str]) -> Place:
        """Return it with the pipelines of other names, whether they are there yet or not."""
        own = self.pipeline.name if self.pipeline else ""
        self.others = {name: Place.find(name) for name in names if name not in ("", own)}
        return self


@transaction.atomic
def make(name: str, stages: Iterable[str], now: datetime, record: Record) -> Place:
    """Return the place of a name, with its pipeline and stages made where they are missing.

    New stages come behind those that are there, in the order given: dark after 21 days of
    calendar time, entering them changes no turn.
    """
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline, is_new = Pipeline.objects.get_or_create(
        name=name, defaults={"position": 0 if last is None else last + 1}
    )
    record.made("pipeline", [pipeline] if is_new else [])
    place = Place.find(name)
    wanted = list(stages) or ([] if place.stages else [ONLY_STAGE])
    for stage in wanted:
        if place.stage(stage) is None:
            made = place.stages[stage.casefold()] = _stage(pipeline, place, stage, now)
            record.made("stage", [made])
    record.save()
    return place


def _stage(pipeline: Pipeline, place: Place, name: str, now: datetime) -> Stage:
    positions = [stage.position for stage in place.stages.values()]
    stage = Stage.objects.create(
        pipeline=pipeline, name=name, position=max(positions, default=-1) + 1
    )
    Threshold.objects.create(stage=stage, dark_after=DARK_AFTER, created_at=now)
    return stage
