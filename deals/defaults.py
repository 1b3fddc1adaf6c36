"""What a new workspace starts with: two pipelines and their thresholds.

Source: SILENCE.md, "Defaults on a new workspace".
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from deals.calendars import workspace_calendar
from deals.models import Pipeline, Stage, Threshold


class Row(NamedTuple):
    """One line of the table in SILENCE.md; `chance` is our own start, to be tuned."""

    stage: str
    dark_after: str
    on_entry: str
    reply_within: str
    attempts: int
    spacing: str
    chance: int


NEW_BUSINESS = (
    Row("Discovery", "3w", "unchanged", "1wd", 5, "3wd, 4wd, 7wd, 10wd", 10),
    Row("Demo", "1w", "unchanged", "1wd", 5, "2wd, 3wd, 5wd, 7wd", 25),
    Row("Proposal", "1wd", "theirs", "4wh", 5, "1wd, 2wd, 3wd, 5wd", 50),
    Row("Negotiation", "4wh", "unchanged", "1wh", 4, "4wh, 1wd, 2wd", 75),
)
CUSTOMERS = (
    Row("Onboarding", "1w", "unchanged", "1wd", 4, "2wd, 3wd, 5wd", 90),
    Row("Active", "30d", "unchanged", "1wd", 3, "7wd, 14wd", 90),
    Row("Renewal", "2w", "theirs", "1wd", 4, "3wd, 5wd, 7wd", 80),
)


@transaction.atomic
def furnish(now: datetime) -> None:
    """Give an empty workspace its calendar and pipelines; leave alone what is there."""
    workspace_calendar(now)
    if Pipeline.objects.exists():
        return
    kinds = Pipeline.Kind
    for place, (name, kind, rows) in enumerate(
        [("New business", kinds.PROSPECTS, NEW_BUSINESS), ("Customers", kinds.CUSTOMERS, CUSTOMERS)]
    ):
        pipeline = Pipeline.objects.create(name=name, kind=kind, position=place)
        for position, row in enumerate(rows):
            stage = Stage.objects.create(
                pipeline=pipeline, name=row.stage, position=position, chance=row.chance
            )
            Threshold.objects.create(
                stage=stage, dark_after=row.dark_after, on_entry=row.on_entry,
                reply_within=row.reply_within, attempts=row.attempts, spacing=row.spacing,
                created_at=now,
            )  # fmt: skip
