"""What happened on a deal, all dated: touches, stage entries and outcomes."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Sourced, User
from contacts.models import Address, Channel, Contact
from deals.models.deals import Deal, Outcome
from deals.models.pipelines import Stage, Turn


class Direction(models.TextChoices):
    """Which way a touch went."""

    INBOUND = "inbound", "They to us"
    OUTBOUND = "outbound", "We to them"
    TWO_WAY = "two_way", "Both talked"


class TouchQuerySet(models.QuerySet["Touch"]):
    """Questions about many touches."""

    def visible_to(self, user: User) -> TouchQuerySet:
        """Keep the touches of deals that `user` may see."""
        return self.filter(deal__in=Deal.objects.visible_to(user)) if not user.is_admin else self

    def standing(self) -> TouchQuerySet:
        """Leave out what was deleted."""
        return self.filter(deleted_at=None)


class Touch(Sourced):
    """One communication on one channel.

    `turn` is the turn it leaves; `unchanged` stands for "needs no answer": nobody's if it was
    the writer's move, else as it was. What is not `is_heard` (inbound or two-way) or not
    `is_delivered` (outbound) changes nothing. A deleted touch stays as a row, so that a repeated
    arrival does not bring it back. Source: SILENCE.md, "Whose turn".
    """

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="touches")
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="touches"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="touches",
    )
    address = models.ForeignKey(Address, on_delete=models.SET_NULL, null=True, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    direction = models.CharField(max_length=10, choices=Direction.choices)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    turn = models.CharField(max_length=10, choices=Turn.choices)
    is_heard = models.BooleanField(default=True)
    is_delivered = models.BooleanField(default=True)
    subject = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = TouchQuerySet.as_manager()

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["-occurred_at", "-pk"]
        verbose_name_plural = "touches"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["deal", "occurred_at"], name="touch_by_deal"),  # replay, thread
            models.Index(fields=["contact", "occurred_at"], name="touch_by_contact"),  # their page
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.get_direction_display()}"

    @property
    def is_inbound(self) -> bool:
        return self.direction == Direction.INBOUND


class StageEntry(Sourced):
    """When a deal entered a stage, and whose turn the entry made it."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="stage_entries")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="entries")
    occurred_at = models.DateTimeField()
    turn = models.CharField(max_length=10, choices=Turn.choices, default=Turn.UNCHANGED)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["occurred_at", "pk"]
        verbose_name_plural = "stage entries"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["deal", "occurred_at"], name="entry_by_deal"),  # replay
        ]


class OutcomeEntry(Sourced):
    """When a deal was won, lost, archived, let go or reopened, and why.

    Letting go rests or loses the deal because we stopped trying; `look_again_on` is the day on
    which it is worth another look. Source: SILENCE.md, "Whose turn", rule 7.
    """

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="outcome_entries")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    is_let_go = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    look_again_on = models.DateField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["occurred_at", "pk"]
        verbose_name_plural = "outcome entries"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Sourced.Meta.constraints,
            models.CheckConstraint(
                condition=Q(is_let_go=False) | Q(outcome__in=[Outcome.RESTING, Outcome.LOST]),
                name="deals_let_go_rests_or_loses",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["deal", "occurred_at"], name="outcome_by_deal"),  # replay
            models.Index(fields=["outcome", "occurred_at"], name="outcome_by_date"),  # the report
            models.Index(  # the sweep: what is worth another look
                fields=["look_again_on"],
                condition=Q(told_at=None, look_again_on__isnull=False),
                name="outcome_to_look_again",
            ),
        ]
