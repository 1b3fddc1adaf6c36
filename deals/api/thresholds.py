"""Thresholds: the versions of each stage, a new one, and the return to an earlier one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from ninja import Query
from pydantic import Field

from accounts.api.answers import ApiRequest, Paged, demand, one, page
from accounts.api.problems import conflict, not_found
from accounts.api.router import Routes
from accounts.api.scopes import ADMIN, READ
from accounts.api.values import Changes, Code, Given, Named, Page, PathId, Subject, named_or_none
from deals import patience, thresholds
from deals.api.finding import only
from deals.api.said import StageRef
from deals.api.stages import ThresholdOut
from deals.models import Rejudging, Stage, Threshold
from deals.tasks import go_on

router = Routes(tags=["Thresholds"])
Spacing = Annotated[list[Code], Field(max_length=20)]


class RejudgingOut(Given):
    """How far the past has been judged anew by a version that counts for it too."""

    deals_done: int
    deals_total: int
    finished_at: datetime | None

    @classmethod
    def of(cls, rejudging: Rejudging) -> RejudgingOut:
        """Describe a rejudging."""
        return cls(
            deals_done=rejudging.deals_done, deals_total=rejudging.deals_total,
            finished_at=rejudging.finished_at,
        )  # fmt: skip


class VersionOut(ThresholdOut):
    """One version of a stage's threshold. It counts from `counts_from`; null: from the beginning."""

    id: int
    stage: StageRef
    counts_from: datetime | None
    created_at: datetime
    created_by: Named | None
    note: str
    rejudging: RejudgingOut | None

    @classmethod
    def of(cls, version: Threshold) -> VersionOut:
        """Describe a version, read with its stage, its writer and its rejudging."""
        rejudging: Rejudging | None = getattr(version, "rejudging", None)
        return cls(
            **ThresholdOut.of(version).model_dump(), id=version.pk,
            stage=StageRef.of(version.stage), counts_from=version.counts_from,
            created_at=version.created_at, created_by=named_or_none(version.created_by),
            note=version.note, rejudging=RejudgingOut.of(rejudging) if rejudging else None,
        )  # fmt: skip


class ThresholdIn(Changes):
    """A new version. What is not sent stays as the last version says."""

    dark_after: Code
    on_entry: Literal["theirs", "ours", "unchanged"] = "unchanged"
    reply_within: Code = "1wd"
    attempts: Annotated[int, Field(strict=True, ge=1, le=20)] = 4
    spacing: Spacing = []
    note: Subject = ""
    retroactive: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Count the past by it too."
    )


@router.operation(
    "GET", "/stages/{pk}/threshold", READ, gives=VersionOut,
    summary="Read the threshold in force of a stage",
)  # fmt: skip
def threshold_in_force(request: ApiRequest, pk: PathId) -> HttpResponse:
    return one(_in_force(request, readable_stage(request, pk)))


@router.operation(
    "GET", "/stages/{pk}/thresholds", READ, gives=Page[VersionOut],
    summary="List the versions of a stage’s threshold",
)  # fmt: skip
def threshold_versions(request: ApiRequest, pk: PathId, asked: Query[Paged]) -> HttpResponse:
    rows = _versions().filter(stage=readable_stage(request, pk))
    return page(request, asked, rows, lambda found: map(VersionOut.of, found))


@router.operation(
    "GET", "/thresholds/{pk}", READ, gives=VersionOut, summary="Read a version of a threshold"
)
def threshold_version(request: ApiRequest, pk: PathId) -> HttpResponse:
    _managers_only(request)
    return one(VersionOut.of(only(_versions(), pk, "threshold")))


@router.operation(
    "POST", "/stages/{pk}/thresholds", ADMIN, gives=VersionOut, status=201,
    summary="Change the threshold of a stage", guards=True,
)  # fmt: skip
def change_threshold(request: ApiRequest, pk: PathId, said: ThresholdIn) -> HttpResponse:
    stage = _locked_stage(request, pk)
    demand(request, _in_force(request, stage))
    sent = said.sent()
    if "spacing" in sent:
        sent["spacing"] = ", ".join(sent["spacing"])
    last = Threshold.objects.filter(stage=stage).order_by("pk").last() or Threshold()
    new = {name: sent.get(name, getattr(last, name)) for name in thresholds.SAYS}
    if not said.retroactive and new == {name: getattr(last, name) for name in thresholds.SAYS}:
        raise conflict("This is what is in force already. Change something.")
    version = thresholds.change(
        stage, **new, now=request.now, user=request.user, note=said.note,
        retroactive=said.retroactive,
    )  # fmt: skip
    if said.retroactive:
        transaction.on_commit(go_on.delay)
    return _created(version)


@router.operation(
    "POST", "/thresholds/{pk}/restore", ADMIN, gives=VersionOut, status=201,
    summary="Return to an earlier version of a threshold",
)  # fmt: skip
def restore_threshold(request: ApiRequest, pk: PathId) -> HttpResponse:
    version = only(_versions(), pk, "threshold")
    _locked_stage(request, version.stage_id)
    return _created(thresholds.restore(version, now=request.now, user=request.user))


def readable_stage(request: ApiRequest, pk: int) -> Stage:
    """Return a stage; raise Problem (404) where the token's user leads nobody."""
    _managers_only(request)
    stage: Stage = only(Stage.objects.select_related("pipeline"), pk, "stage")
    return stage


def _managers_only(request: ApiRequest) -> None:
    if not request.user.is_manager:
        raise not_found("threshold")


def _locked_stage(request: ApiRequest, pk: int) -> Stage:
    """Return a stage whose threshold nobody else changes until the call is answered."""
    stage = readable_stage(request, pk)
    thresholds.lock(stage)
    return stage


def _versions() -> Any:
    return Threshold.objects.select_related("stage__pipeline", "created_by", "rejudging")


def _in_force(request: ApiRequest, stage: Stage) -> VersionOut:
    version = patience.in_force(stage, request.now)
    if version is None:
        raise not_found("threshold")
    return VersionOut.of(only(_versions(), version.pk, "threshold"))


def _created(version: Threshold) -> HttpResponse:
    url = reverse("api:threshold_version", args=[version.pk])
    return one(VersionOut.of(only(_versions(), version.pk, "threshold")), 201, url)
