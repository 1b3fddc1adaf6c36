"""Why they are probably silent, as a rep says it, and what the contact said about it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal, Silence


class Reason(models.TextChoices):
    """The reasons that the product tells apart. Source: SILENCE.md, "Why they are silent"."""

    BUSY = "busy", "Busy"
    HARD_TO_REACH = "hard_to_reach", "Hard to reach"
    LOW_PRIORITY = "low_priority", "Low priority"
    CANNOT_COMMIT_YET = "cannot_commit_yet", "Cannot commit yet"
    LOST_INTEREST = "lost_interest", "Lost interest"
    UNKNOWN = "unknown", "Unknown"


class ReasonEntry(models.Model):
    """What a rep said the reason of one silence is, beside what was proposed to them.

    One a silence: who changes their mind changes it. `guessed` and its `confidence` (0 to 100)
    stay as they were when the rep first answered; equal to `said` means that it was confirmed.
    """

    silence = models.OneToOneField(Silence, on_delete=models.CASCADE, related_name="reason_entry")
    guessed = models.CharField(max_length=20, choices=Reason.choices)
    confidence = models.PositiveSmallIntegerField()
    said = models.CharField(max_length=20, choices=Reason.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    said_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-said_at", "-pk"]
        verbose_name_plural = "reason entries"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["said_at"], name="reason_by_day"),  # how often the guess was right
        ]

    def __str__(self) -> str:
        return self.get_said_display()


class RemarkQuerySet(models.QuerySet["Remark"]):
    """Questions about many remarks."""

    def visible_to(self, user: User) -> RemarkQuerySet:
        """Keep the remarks on deals that `user` may see."""
        return self if user.is_admin else self.filter(deal__in=Deal.objects.visible_to(user))

    def standing(self) -> RemarkQuerySet:
        """Leave out what was deleted."""
        return self.filter(deleted_at=None)


class Remark(models.Model):
    """What a contact said on a deal about timing, budget, competitors or priorities.

    A deleted one stays as a row, so that an undo needs to name no more than that.
    """

    goes_with_contact = True  # erased with them: deals.people.erase
    counts_as_work = Q(deleted_at=None)

    class Topic(models.TextChoices):
        TIMING = "timing", "Timing"
        BUDGET = "budget", "Budget"
        COMPETITORS = "competitors", "Competitors"
        PRIORITIES = "priorities", "Priorities"

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="remarks")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="remarks")
    topic = models.CharField(max_length=12, choices=Topic.choices)
    text = models.CharField(max_length=300)
    said_on = models.DateField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = RemarkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-said_on", "-pk"]

    def __str__(self) -> str:
        return self.text
