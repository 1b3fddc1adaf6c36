"""Keys of programs that work with the API in somebody's name."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.people import User


class ApiToken(models.Model):
    """A key of a program: shown once, kept as a digest, good for some scopes until it expires.

    What a token sees and may do is never more than what its user sees and may do. `hint` is how
    the secret begins, so that people can tell their tokens apart. `allowance` is how many calls
    are left as of `counted_at`; it fills up again with time.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read"
        TOUCHES = "touches", "Write touches and holds"
        DEALS = "deals", "Write deals, contacts, companies and suggestions"
        ADMIN = "admin", "Everything its user may do"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=120)
    hint = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    allowance = models.FloatField(default=0)
    counted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def is_valid(self, now: datetime) -> bool:
        """Whether it still opens anything at `now`."""
        has_expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not has_expired


class AnsweredCall(models.Model):
    """What a call with an `Idempotency-Key` was answered, so that the same again is not done twice.

    `digest` tells whether it is the same call; without a `status` it is being answered still.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answered_calls")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token", "key"], name="accounts_call_answered_once"),
            models.CheckConstraint(
                condition=Q(status=None, answer="") | Q(status__isnull=False),
                name="accounts_answer_has_a_status",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at"], name="answered_call_by_age"),  # forgetting them
        ]
