from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts.commands import ProgressBar, SpokenCommand
from deals import thresholds
from deals.models import Stage, Threshold
from deals.spans import Span


def span(text: str) -> str:
    """Read a span of time for argparse."""
    try:
        return Span.parse(text).code
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


class Command(SpokenCommand):
    help = (
        "Change how long a silence may last in a stage, as an admin would. It counts from now on. "
        "Tells the threshold before and after, how many open deals are dark by it now, and how "
        "many no longer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("stage", help="the name of the stage")
        parser.add_argument(
            "duration", type=span,
            help="3w, 7d or 36h in calendar time; 1wd or 4wh in working time",
        )  # fmt: skip
        parser.add_argument(
            "--pipeline", default="", metavar="NAME",
            help="which pipeline’s stage, where several have one of that name",
        )  # fmt: skip
        parser.add_argument(
            "--retroactive", action="store_true",
            help="count the past by it too, and wait until that is done",
        )  # fmt: skip

    def answer(
        self, *, stage: str, duration: str, pipeline: str, retroactive: bool, **_: Any
    ) -> Mapping[str, Any]:
        now = timezone.now()
        found = find_stage(stage, pipeline)
        effect = thresholds.effect(found, duration, now)
        before = Threshold.objects.filter(stage=found).last()
        version = thresholds.change_span(found, duration, now=now, retroactive=retroactive)
        if retroactive:
            bar = ProgressBar(self.stderr, "Judging the past anew")
            thresholds.rejudge(version.rejudging, timezone.now, bar)
            bar.close()
        return {
            "before": before.dark_after if before else None,
            "after": version.dark_after,
            "now_dark": effect.now_dark,
            "no_longer_dark": effect.no_longer_dark,
        }


def find_stage(name: str, pipeline: str) -> Stage:
    """Return the one stage of a name; raise CommandError, naming the remedy, for none or several."""
    stages = Stage.objects.filter(name__iexact=name).select_related("pipeline")
    if pipeline:
        stages = stages.filter(pipeline__name__iexact=pipeline)
    match list(stages):
        case [stage]:
            return stage
        case []:
            known = Stage.objects.select_related("pipeline")
            said = ", ".join(f"{stage.pipeline} / {stage}" for stage in known)
            raise CommandError(f"There is no stage “{name}” there. There are: {said}.")
        case several:
            said = ", ".join(f"“{stage.pipeline}”" for stage in several)
            raise CommandError(f"Several pipelines have a stage “{name}”: say --pipeline {said}.")
