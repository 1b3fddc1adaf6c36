from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.commands import SpokenCommand, instant
from outreach import sweeping


class Command(SpokenCommand):
    help = "Mark what went dark, queue suggestions and notices, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--at", type=instant, help="as of this instant (ISO 8601), not now")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        swept = sweeping.run(options["at"] or timezone.now())
        return {
            "marked_dark": swept.marked_dark,
            "suggested": swept.suggested,
            "elapsed_ms": round(swept.elapsed.total_seconds() * 1000),
        }

    def say(self, result: Mapping[str, Any]) -> str:
        return (
            f"Marked dark: {result['marked_dark']}. Suggested: {result['suggested']}. "
            f"It took {result['elapsed_ms']} ms."
        )
