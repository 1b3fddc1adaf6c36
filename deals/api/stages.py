"""Stages, each with the patience that it has now."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Query

from accounts.api.answers import ApiRequest, Paged, page
from accounts.api.router import Routes
from accounts.api.scopes import READ
from accounts.api.values import Given, Named, Page
from deals.models import Stage, Threshold
from deals.policies import Rulebook

router = Routes(tags=["Stages"])


class PipelineOut(Named):
    """An ordered way that deals go."""

    kind: str


class ThresholdOut(Given):
    """How long a silence may last, and what is done about it. Spans: 3w, 7d, 36h, 1wd, 4wh."""

    dark_after: str
    on_entry: str
    reply_within: str
    attempts: int
    spacing: list[str]

    @classmethod
    def of(cls, version: Threshold) -> ThresholdOut:
        """Describe a version of a threshold."""
        return cls(
            dark_after=version.dark_after, on_entry=version.on_entry,
            reply_within=version.reply_within, attempts=version.attempts,
            spacing=[span.code for span in version.spacing_spans],
        )  # fmt: skip


class StageOut(Given):
    """A step of a pipeline."""

    id: int
    name: str
    position: int
    chance: int
    pipeline: PipelineOut
    threshold: ThresholdOut


@router.operation(
    "GET", "/stages", READ, gives=Page[StageOut], summary="List stages with their thresholds"
)
def stages(request: ApiRequest, asked: Query[Paged]) -> HttpResponse:
    rulebook = Rulebook.load()

    def say(row: Stage) -> StageOut:
        way = row.pipeline
        return StageOut(
            id=row.pk, name=row.name, position=row.position, chance=row.chance,
            pipeline=PipelineOut(id=way.pk, name=way.name, kind=way.kind),
            threshold=ThresholdOut.of(rulebook.threshold(row.pk, request.now)),
        )  # fmt: skip

    rows = Stage.objects.select_related("pipeline")
    return page(request, asked, rows, lambda found: map(say, found))
