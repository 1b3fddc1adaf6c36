"""Who looks after whose deals while they are on leave."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from accounts.models.people import User
from accounts.models.workspace import Workspace

MOMENT = timedelta(microseconds=1)


class CoverQuerySet(models.QuerySet["Cover"]):
    """Questions about many covers."""

    def at(self, now: datetime) -> CoverQuerySet:
        """Keep those that hold at an instant."""
        return self.filter(starts_at__lte=now, ends_at__gt=now)

    def to_come(self, now: datetime) -> CoverQuerySet:
        """Keep those that hold or begin later."""
        return self.filter(ends_at__gt=now)

    def between(self, since: datetime, until: datetime) -> CoverQuerySet:
        """Keep those that share some time with a stretch of it."""
        return self.filter(starts_at__lt=until, ends_at__gt=since)

    def with_people(self) -> CoverQuerySet:
        """Fetch with each the two people, and the zone in which its days are said."""
        of_workspace = Subquery(Workspace.objects.values("time_zone")[:1])
        own = NullIf("user__time_zone", Value(""))
        told = Coalesce(own, of_workspace, Value(Workspace().time_zone))
        return self.select_related("user", "colleague").annotate(zone=told)


class Cover(models.Model):
    """From when to when a colleague looks after the deals of somebody who is on leave.

    For that time they see what is the other's to see of their own deals, and work their queue.
    Whoever ends a cover early moves its end. Days are said in the zone of the person on leave;
    ask for rows `with_people` to have it at hand.
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

    @property
    def first_on(self) -> date:
        """The first day of the leave."""
        return self._day(self.starts_at)

    @property
    def last_on(self) -> date:
        """The last day of the leave, which the cover lasts to the end of."""
        return self._day(self.ends_at - MOMENT)

    @property
    def until(self) -> str:
        """The last day in words: "4 December"; with its year where the leave began in another."""
        last = self.last_on
        year = f" {last.year}" if last.year != self.first_on.year else ""
        return f"{last.day} {last:%B}{year}"

    @property
    def days(self) -> str:
        """Its days in words: "30 November to 4 December", or one day."""
        first = self.first_on
        if first == self.last_on:
            return f"{first.day} {first:%B}"
        return f"{first.day} {first:%B} to {self.until}"

    def has_begun(self, now: datetime) -> bool:
        """Whether it holds already at an instant, or is over."""
        return self.starts_at <= now

    def _day(self, at: datetime) -> date:
        zone = getattr(self, "zone", "") or self.user.time_zone or Workspace.current().time_zone
        return at.astimezone(ZoneInfo(zone)).date()
