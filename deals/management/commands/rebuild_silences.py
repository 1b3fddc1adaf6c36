from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts.commands import ProgressBar, SpokenCommand
from deals import rebuilding

MOST_LISTED = 100


class Command(SpokenCommand):
    help = "Replay every history and bring the silences in line with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--check", action="store_true",
            help="write nothing; exit 1 and list what differs",
        )  # fmt: skip

    def answer(self, *, check: bool, **_: Any) -> Mapping[str, Any]:
        bar = ProgressBar(self.stderr, "Replaying")
        work = rebuilding.check if check else rebuilding.rebuild
        found = work(timezone.now, bar)
        bar.close()
        self.failing = found.differing if check else []
        return {"deals": found.deals, "differing": len(found.differing)}

    def say(self, result: Mapping[str, Any]) -> str:
        deals = "1 deal" if result["deals"] == 1 else f"{result['deals']} deals"
        return f"{deals} replayed, {result['differing']} differed."

    def conclude(self, result: Mapping[str, Any]) -> None:
        if self.failing:
            listed = ", ".join(map(str, self.failing[:MOST_LISTED]))
            rest = result["differing"] - MOST_LISTED
            more = f" and {rest} more" if rest > 0 else ""
            raise CommandError(
                f"These deals differ from their histories: {listed}{more}. "
                "“manage.py rebuild_silences” brings them in line."
            )
