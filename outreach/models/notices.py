"""What people are told once."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from deals.models import Deal


class Notice(models.Model):
    """Something somebody is told once: of a deal, or of what an admin has to look after.

    Of a deal: a hold ended, a meeting is over, a day to look again came. Of an endpoint: it failed
    so long that it was switched off.
    """

    class Kind(models.TextChoices):
        HOLD_ENDED = "hold_ended", "The pause is over"
        MEETING_PAST = "meeting_past", "Did the meeting take place?"
        LOOK_AGAIN = "look_again", "Worth another look"
        OVERDUE = "overdue", "We owe an answer"
        HEARD_AGAIN = "heard_again", "Heard after it was let go"
        NOT_SENT = "not_sent", "A mail did not go out"
        NOT_ARRIVED = "not_arrived", "Did not arrive: our move"
        UNKNOWN_SENT = "unknown_sent", "Did this mail go out?"
        COMPLAINED = "complained", "They called a mail of ours unwanted"
        WEBHOOK_OFF = "webhook_off", "A webhook was switched off"

    counts_as_work = Q(pk__in=())  # it comes by itself: an import may be undone beneath it

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, null=True, related_name="notices")
    endpoint = models.ForeignKey(
        "outreach.WebhookEndpoint", on_delete=models.CASCADE, null=True, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "key"], name="outreach_told_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # Today: what the user has not read
                fields=["user", "-created_at"], condition=Q(read_at=None), name="notice_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.text
