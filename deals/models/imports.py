"""Files that an admin handed in to be imported, and how far that is."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

UNFINISHED = ("read", "write")


class ImportRun(models.Model):
    """One upload: its files lie in a folder of its own, its progress is told here.

    A run waits for the admin after its dry run (`previewed`) and never starts by itself.
    `position` is the last staged deal that is written; `rejected` counts rows set aside.
    """

    class State(models.TextChoices):
        READ = "read", "Reading"
        PREVIEWED = "previewed", "Waiting for you"
        WRITE = "write", "Importing"
        DONE = "done", "Done"
        FAILED = "failed", "Could not be read"
        DROPPED = "dropped", "Thrown away"

    state = models.CharField(max_length=10, choices=State.choices, default=State.READ)
    name = models.CharField(max_length=120)
    mapping = models.CharField(max_length=60)
    pipeline = models.CharField(max_length=120)
    dates = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    rows = models.PositiveIntegerField(default=0)
    deals_total = models.PositiveIntegerField(default=0)
    deals_done = models.PositiveIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=list, blank=True)
    failure = models.TextField(blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the task that goes on with what is left
                fields=["id"], condition=Q(state__in=UNFINISHED), name="import_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} into {self.pipeline}"

    @property
    def is_working(self) -> bool:
        """Whether the worker has something to do on it."""
        return self.state in UNFINISHED

    @property
    def has_news(self) -> bool:
        """Whether importing it changes anything."""
        return bool(self.created or self.updated)

    @property
    def share(self) -> float:
        """How much of the present step is done: 1.0 is all."""
        if not self.is_working:
            return 1.0
        return min(1.0, self.deals_done / self.deals_total) if self.deals_total else 0.0
