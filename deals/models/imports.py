"""Files that an admin handed in to be imported, and how far that is."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

UNFINISHED = ("read", "write", "undo")
WRITTEN = ("write", "done", "failed", "cancelled", "undo")


class ImportRun(models.Model):
    """One upload: its files lie in a folder of its own, its progress is told here.

    A run waits for the admin to say what its columns mean (`asked`), then after its dry run
    (`previewed`), and never starts by itself. `position` is the last staged deal that is written;
    `rejected` counts rows set aside. `plan` is what the admin said of the columns, for files that
    no mapping is known of (`kind` then says what their rows are); `headings` tells the same
    columns again at the next import. `known` says what becomes of rows that are here already.
    `kept` tells what an undo left standing, and why.
    """

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for what the columns mean"
        READ = "read", "Reading"
        PREVIEWED = "previewed", "Waiting for you"
        WRITE = "write", "Importing"
        DONE = "done", "Done"
        FAILED = "failed", "Could not be read"
        DROPPED = "dropped", "Thrown away"
        CANCELLED = "cancelled", "Stopped midway"
        UNDO = "undo", "Undoing"
        UNDONE = "undone", "Undone"

    class Known(models.TextChoices):
        """What becomes of rows that came in before."""

        UPDATE = "update", "Correct them where the file says otherwise"
        SKIP = "skip", "Leave them as they are, and bring in only what is new"

    state = models.CharField(max_length=10, choices=State.choices, default=State.READ)
    name = models.CharField(max_length=120)
    mapping = models.CharField(max_length=60, blank=True)
    pipeline = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    headings = models.CharField(max_length=64, blank=True)
    known = models.CharField(max_length=10, choices=Known.choices, default=Known.UPDATE)
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
    kept = models.JSONField(default=list, blank=True)
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
            models.Index(  # the last time that a file had these columns
                fields=["headings"], condition=~Q(headings=""), name="import_by_headings"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} into {self.pipeline}"

    @property
    def is_working(self) -> bool:
        """Whether the worker has something to do on it."""
        return self.state in UNFINISHED

    @property
    def has_written(self) -> bool:
        """Whether its figures tell what came in, not what would have or what was taken back."""
        return self.state in WRITTEN

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


class ImportedRow(models.Model):
    """What one import did to one row, so that it can be undone; written with the row itself.

    `before` is what the fields that it changed said until then: None for a row that it made.
    `mark` is a digest of the row as the import left it: another one now means that somebody
    worked on it since. `is_gone` marks a row that the import took away, whole in `before`.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="imported")
    kind = models.CharField(max_length=10)
    row_id = models.BigIntegerField()
    before = models.JSONField(null=True)
    mark = models.CharField(max_length=16, blank=True)
    is_gone = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["run", "kind", "row_id"], name="imported_by_run"),  # undoing
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id}"
