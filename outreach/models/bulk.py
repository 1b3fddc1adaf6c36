"""What a manager did to many deals at once."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class BulkAction(models.Model):
    """One act on many deals, with what each of them takes to undo it.

    `done` is a list of `[deal, row, before]`: the deal's id, the id of the hold or outcome entry
    that was made, or of the new owner, and that of the owner before (None for the others).
    """

    class Kind(models.TextChoices):
        REASSIGN = "reassign", "Reassign"
        PAUSE = "pause", "Pause"
        LET_GO = "let_go", "Let go"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bulk_actions"
    )
    done = models.JSONField(default=list)
    done_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-done_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({len(self.done)})"
