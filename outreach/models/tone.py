"""What a workspace changes about the tone check."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Phrasing(models.Model):
    """A phrase of the workspace's own, or a shipped one that it switched off.

    `notation` is as outreach/phrases.py tells it. A shipped phrase that `is_off` has neither
    `why` nor `instead`: those are in the shipped files.
    """

    language = models.CharField(max_length=10)
    notation = models.CharField(max_length=2000)  # shipped ones are long
    why = models.CharField(max_length=300, blank=True)
    instead = models.CharField(max_length=300, blank=True)
    is_off = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["language", "notation"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["language", "notation"], name="outreach_phrasing_once")
        ]

    def __str__(self) -> str:
        return self.notation
