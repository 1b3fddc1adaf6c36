"""What the stages' thresholds are, what they flag now, and who changed them when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Count

from accounts.models import User
from deals.cutoffs import Cutoffs
from deals.models import Deal, Pipeline, Silence, Stage, Threshold, Turn
from deals.policies import Versions
from deals.spans import describe_spans

# What a version says, in words, in the order of the page.
SAYS: Mapping[str, Callable[[Threshold], str]] = {
    "Dark after": lambda version: str(version.patience),
    "On entry": lambda version: Turn(version.on_entry).label,
    "We reply within": lambda version: str(version.reply_span),
    "Attempts": lambda version: str(version.attempts),
    "Spacing": lambda version: describe_spans(version.spacing_spans),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One stage: its threshold in force, and how many deals of the reader's it judges and flags."""

    stage: Stage
    threshold: Threshold | None
    open: int
    dark: int


@dataclass(frozen=True, slots=True)
class Change:
    """One version of a threshold: what it changed, as (what, before, after), and from when on.

    `counts` says it in words; void is what a later one took the place of, in the past too.
    """

    version: Threshold
    differences: Sequence[tuple[str, str, str]]
    counts: str
    is_void: bool


def in_force(stage: Stage, now: datetime) -> Threshold | None:
    """Return the threshold that judges a stage at an instant; None before it has one."""
    versions = list(Threshold.objects.filter(stage=stage).order_by("pk"))
    return Versions(versions).at(now) if versions else None


def by_pipeline(reader: User, now: datetime) -> list[tuple[Pipeline, list[Line]]]:
    """Return every stage's line, pipeline by pipeline; a fixed number of queries."""
    cutoffs = Cutoffs.at(now)
    open_ones = Deal.objects.visible_to(reader).open()
    dark_ones = Silence.objects.visible_to(reader).filter(cutoffs.dark())
    opened = dict(open_ones.order_by().values_list("stage").annotate(Count("pk")))
    dark = dict(dark_ones.order_by().values_list("stage").annotate(Count("pk")))
    versions = cutoffs.rulebook.thresholds
    lines = [
        Line(
            stage,
            versions[stage.pk].at(now) if stage.pk in versions else None,
            opened.get(stage.pk, 0),
            dark.get(stage.pk, 0),
        )
        for stage in Stage.objects.select_related("pipeline")
    ]
    grouped = groupby(lines, key=lambda line: line.stage.pipeline)
    return [(pipeline, list(found)) for pipeline, found in grouped]


def opens_on(pipelines: Sequence[tuple[Pipeline, Sequence[Line]]]) -> Stage | None:
    """Return the stage to begin with: of the pipeline with most open deals the first that has any.

    The first of all where none has; None where there is no stage.
    """
    if not pipelines:
        return None
    lines = max(
        (lines for _, lines in pipelines), key=lambda lines: sum(each.open for each in lines)
    )
    return next((line.stage for line in lines if line.open), lines[0].stage)


def changes(stage: Stage) -> list[Change]:
    """Return the versions of a stage's threshold, the latest first, each against the one before."""
    versions = Threshold.objects.filter(stage=stage).select_related("created_by", "rejudging")
    return [*_changes([*versions.order_by("pk")])][::-1]


def _changes(versions: Sequence[Threshold]) -> Iterator[Change]:
    whole = max((i for i, each in enumerate(versions) if not each.counts_from), default=0)
    before: Threshold | None = None
    for place, version in enumerate(versions):
        counts = _counts(is_first=before is None, is_whole=not version.counts_from)
        differs = list(differences(before, version))
        yield Change(version, differs, counts, is_void=place < whole)
        before = version


def _counts(*, is_first: bool, is_whole: bool) -> str:
    if is_first:
        return "from the beginning"
    return "for the past too" if is_whole else "from then on"


def differences(before: Threshold | None, after: Threshold) -> Iterator[tuple[str, str, str]]:
    """Yield what differs between two versions, in words; against None all of it."""
    for name, say in SAYS.items():
        was, said = say(before) if before else "", say(after)
        if was != said:
            yield name, was, said
