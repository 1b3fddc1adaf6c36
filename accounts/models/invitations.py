"""Links with which people choose their password."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.people import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Questions about many invitations."""

    def open(self) -> InvitationQuerySet:
        """Keep those that were neither used nor taken back; some may be too old."""
        return self.filter(ended_at=None)


class Invitation(models.Model):
    """A link sent to a person, with which they choose their password, once."""

    LIFETIME = timedelta(days=7)  # long enough for a holiday's start, short for a forgotten mail

    class Ending(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REPLACED = "replaced", "Replaced by a newer one"
        WITHDRAWN = "withdrawn", "Withdrawn"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="sent_invitations"
    )
    email = models.EmailField()
    sent_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, help_text="Left out: the admin passes the link on.")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-sent_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="accounts_one_open_invitation"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="accounts_invitation_ends_somehow",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.email}"

    @property
    def expires_at(self) -> datetime:
        return self.sent_at + self.LIFETIME

    def is_valid(self, now: datetime) -> bool:
        """Whether its link still opens at `now`."""
        return self.ended_at is None and now < self.expires_at
