from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.commands import ProgressBar, SpokenCommand
from deals.importing import rejected
from deals.importing.importer import Import, Order
from deals.importing.mapping import NATIVE, ORDERS, names
from deals.importing.staging import Staging


class Command(SpokenCommand):
    help = (
        "Bring deals, touches and stage entries from CSV files into the workspace. Good rows come "
        "in, bad ones are set aside in a file with the reason; a second run adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "path", type=Path,
            help="a folder with deals.csv and, if there are, touches.csv and stages.csv; or one file",
        )  # fmt: skip
        parser.add_argument(
            "--mapping", default=NATIVE, metavar="NAME|FILE",
            help=f"what the columns mean: {', '.join(names())}, or a TOML file (%(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen, and change nothing"
        )
        parser.add_argument(
            "--pipeline", default="", metavar="NAME",
            help="where the deals go; made if it is missing (the folder’s name)",
        )  # fmt: skip
        parser.add_argument(
            "--dates", default="", metavar="ORDER",
            help=f"how dates are written: {', '.join(ORDERS)}, or such as %%d %%b %%Y",
        )  # fmt: skip
        parser.add_argument(
            "--time-zone", default="", metavar="ZONE",
            help="of dates that name none, such as Europe/Berlin (the workspace’s)",
        )  # fmt: skip
        parser.add_argument("--encoding", default="", help="of the files, such as cp1252 (UTF-8)")

    def answer(self, *, path: Path, dry_run: bool, mapping: str, **said: Any) -> Mapping[str, Any]:
        now = timezone.now()
        choices = {name: said[name] for name in ("pipeline", "dates", "time_zone", "encoding")}
        order = Order.of(path, mapping=mapping, **choices)
        work = Import(order, Staging(), now)
        reading, writing = (ProgressBar(self.stderr, label) for label in ("Reading  ", "Importing"))
        work.lay_out(reading)
        reading.close()
        counts = work.run(writes=not dry_run, told=writing, clock=timezone.now)
        writing.close()
        for note in work.notes:
            self.stderr.write(note)
        if counts["rejected"]:
            kept = rejected.keep(work.staging, order.pipeline, now)
            self.stderr.write(f"Rows set aside, with the reasons: {kept}")
        self.is_dry = dry_run
        return counts

    def say(self, result: Mapping[str, Any]) -> str:
        counts = (
            f"{result['created']} rows created, {result['updated']} updated, "
            f"{result['unchanged']} unchanged, {result['rejected']} rejected."
        )
        return f"Tried out, nothing changed: {counts}" if self.is_dry else counts
