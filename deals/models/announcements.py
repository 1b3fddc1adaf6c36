"""What happened that programs elsewhere may want to know: passed on, then forgotten."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from deals.models.deals import Deal
from deals.models.silences import Silence


class Announcement(models.Model):
    """Something that happened, written in the same transaction, until it has been passed on.

    What came about more than 24 hours before it was recorded is never announced.
    Source: SILENCE.md, "What the sweep does"; outreach passes it on as webhooks.
    """

    class Kind(models.TextChoices):
        SILENCE_DARK = "silence.dark", "A deal went dark"
        SILENCE_ENDED = "silence.ended", "A silence ended"
        SUGGESTION_CREATED = "suggestion.created", "A next step was suggested"
        DEAL_LET_GO = "deal.let_go", "A deal was let go"
        DEAL_WON = "deal.won", "A deal was won"
        DEAL_LOST = "deal.lost", "A deal was lost"
        DEAL_REOPENED = "deal.reopened", "A deal was reopened"
        DEAL_RELIT = "deal.relit", "A dark or let-go deal was heard from"

    counts_as_work = Q(pk__in=())  # it comes by itself: an import may be undone beneath it

    kind = models.CharField(max_length=30, choices=Kind.choices)
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="announcements")
    silence = models.ForeignKey(Silence, on_delete=models.SET_NULL, null=True, related_name="+")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    content = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} ({self.occurred_at:%Y-%m-%d %H:%M} UTC)"
