"""Deals by stage of one pipeline: how many, worth what, and the most silent of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from deals import listing
from deals.models import Deal, Pipeline, Stage
from deals.models.deals import DealQuerySet

SHOWN = 20  # tiles of a stage; the rest is a link away


@dataclass
class Lane:
    """One stage: `sums` are pairs of currency and amount."""

    stage: Stage
    count: int = 0
    sums: list[tuple[str, Decimal]] = field(default_factory=list)
    rows: list[listing.Row] = field(default_factory=list)

    @property
    def more(self) -> int:
        """How many deals are not shown."""
        return self.count - len(self.rows)


def lanes(pipeline: Pipeline, reader: User, now: datetime) -> list[Lane]:
    """Return the stages of a pipeline in order, each with the open deals that a reader may see."""
    result = {stage.pk: Lane(stage) for stage in pipeline.stages.all()}
    deals = Deal.objects.visible_to(reader).open().filter(stage__pipeline=pipeline)
    worth = deals.order_by("currency").values_list("stage", "currency")
    for stage, currency, count, amount in worth.annotate(Count("pk"), Sum("amount")):
        result[stage].count += count
        if amount is not None:
            result[stage].sums.append((currency, amount))
    for row in listing.rows(most_silent(deals), now):
        result[row.deal.stage_id].rows.append(row)
    return list(result.values())


def most_silent(deals: DealQuerySet) -> QuerySet[Deal]:
    """Return the first deals of each stage, most silent first."""
    place = Window(RowNumber(), partition_by=F("stage"), order_by=listing.MOST_SILENT)
    silent = deals.annotate(silent=listing.open_silence()).annotate(place=place)
    first: Any = silent.filter(place__lte=SHOWN)  # the stubs do not follow annotations
    return listing.with_people(first.order_by("place", "pk"))
