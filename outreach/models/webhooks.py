"""Whom we tell what happens, as webhooks, and what became of each."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from outreach.models.encrypted import EncryptedField


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Questions about many endpoints."""

    def listening(self) -> WebhookEndpointQuerySet:
        """Keep those that are told what happens."""
        return self.filter(disabled_at=None)


class WebhookEndpoint(models.Model):
    """An address of another program that is told what happens, signed with a secret.

    After a rotation the former secret signs too, until `former_until`. `failing_since` is the
    first failure after the last success at `delivered_at`; after each one it is left alone until
    `rests_until`. One that answers 410, or fails for three days, is switched off (`disabled_at`,
    with the reason in `problem`).
    Source: Standard Webhooks.
    """

    url = models.URLField(max_length=500)
    kinds = models.JSONField(default=list)  # of announcements; empty for all
    secret = EncryptedField()
    former_secret = EncryptedField(blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    delivered_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.url

    def hears(self, kind: str) -> bool:
        """Whether it wants to be told of a kind of announcement; none chosen means all."""
        return not self.kinds or kind in self.kinds


class WebhookMessage(models.Model):
    """One thing told to one endpoint: its `message_id` stays the same however often it is sent.

    `body` is what is sent, to the byte, so that each attempt carries the same.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="messages")
    message_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    send_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["endpoint", "message_id"], name="outreach_message_once_an_endpoint"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the worker: what is due
                fields=["send_at"], condition=Q(state="waiting"), name="webhook_waiting"
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),  # the log's pages
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.endpoint}"


class WebhookAttempt(models.Model):
    """One try at delivering a message, and what came of it; `status` is None without an answer."""

    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="attempts")
    tried_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    took = models.DurationField()
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-tried_at", "-pk"]

    def __str__(self) -> str:
        return str(self.status or self.answer)
