"""Who looks after whose deals while they are on leave."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models.people import User


class CoverQuerySet(models.QuerySet["Cover"]):
    """Questions about many covers."""

    def at(self, now: datetime) -> CoverQuerySet:
        """Keep those that hold at an instant."""
        return self.filter(starts_at__lte=now, ends_at__gt=now)


class Cover(models.Model):
    """From when to when a colleague looks after the deals of somebody who is on leave.

    For that time they see what is the other's to see of their own deals, and work their queue.
    Whoever ends a cover early moves its end.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="covers")
    colleague = models.ForeignKey(User, on_delete=models.CASCADE, related_name="covered")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    objects = CoverQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-starts_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="accounts_cover_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(user=F("colleague")), name="accounts_cover_by_somebody_else"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["colleague", "ends_at"], name="cover_by_colleague"),  # who sees
        ]

    def __str__(self) -> str:
        return f"{self.colleague} for {self.user}"
