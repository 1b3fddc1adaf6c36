from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from accounts.commands import SpokenCommand, instant
from deals.states import states


class Command(SpokenCommand):
    help = (
        "Count how the deals stood at an instant: ours, waiting, dimming (part of waiting), dark "
        "and closed, and the value dark. What came later does not count."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--at", type=instant, required=True, metavar="ISO",
            help="the instant, such as 2026-11-15T12:00:00+00:00",
        )  # fmt: skip

    def answer(self, *, at: datetime, **_: Any) -> Mapping[str, Any]:
        return asdict(states(at))
