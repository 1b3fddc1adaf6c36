"""Which retroactive thresholds still have ended silences to judge anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from deals.models.pipelines import Threshold


class Rejudging(models.Model):
    """How far the past of a stage has been judged anew by a version that counts for it too.

    `last_deal` is the id up to which the deals are done. Source: SILENCE.md, "When it is dark".
    """

    threshold = models.OneToOneField(Threshold, on_delete=models.CASCADE, related_name="rejudging")
    deals_total = models.PositiveIntegerField()
    deals_done = models.PositiveIntegerField(default=0)
    last_deal = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the task that goes on with what is left
                fields=["id"], condition=Q(finished_at=None), name="rejudging_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.threshold.stage}: {self.deals_done} of {self.deals_total} deals"

    @property
    def share(self) -> float:
        """How much is done: 1.0 is all."""
        if self.finished_at or not self.deals_total:
            return 1.0
        return min(1.0, self.deals_done / self.deals_total)

    def left(self, now: datetime) -> timedelta | None:
        """Return how long the rest takes at the pace so far; None before the first deals are done."""
        if not self.deals_done:
            return None
        rest = max(self.deals_total - self.deals_done, 0)
        return (now - self.created_at) / self.deals_done * rest
