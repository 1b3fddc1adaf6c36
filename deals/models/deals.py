"""Deals, and the people who take part in them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Sourced, User
from contacts.models import Company, Contact
from deals.models.pipelines import Stage


class Outcome(models.TextChoices):
    """Where a deal stands: open, resting (let go for now), or closed for good."""

    OPEN = "open", "Open"
    RESTING = "resting", "Resting"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    ARCHIVED = "archived", "Archived"


class DealQuerySet(models.QuerySet["Deal"]):
    """Questions about many deals."""

    def visible_to(self, user: User, at: datetime | None = None) -> DealQuerySet:
        """Keep what `user` may see: a rep their own, a manager their teams', an admin all.

        Whoever covers somebody at an instant (None: now) sees theirs too.
        """
        if user.is_admin:
            return self
        return self.filter(owner__in=User.objects.visible_to(user, at).values("pk"))

    def overseen_by(self, user: User) -> DealQuerySet:
        """Keep what is `user`'s to count and to give away: as visible, less what a cover shows."""
        if user.is_admin:
            return self
        return self.filter(owner__in=User.objects.overseen_by(user).values("pk"))

    def open(self) -> DealQuerySet:
        """Keep the deals that are being worked on."""
        return self.filter(outcome=Outcome.OPEN)


class Deal(Sourced):
    """One thing we want to agree with a contact.

    `stage`, `outcome` and `closed_at` repeat the last word of the deal's history for lists: once
    it is open, only `deals.replay` writes them. `contact` repeats the primary contact, and is
    written with the participation that says so: by `deals.people`, `deals.merging` and imports.
    """

    title = models.CharField(max_length=200)
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="deals")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="led_deals")
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, null=True, blank=True, related_name="deals"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deals"
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    wanted = models.TextField(blank=True, help_text="What they want, and why.")
    next_step = models.CharField(max_length=200, blank=True)
    link = models.URLField(blank=True, help_text="What they look at: the proposal, a demo.")
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = DealQuerySet.as_manager()

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Sourced.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0), name="deals_deal_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.OPEN, closed_at=None)
                | (~Q(outcome=Outcome.OPEN) & Q(closed_at__isnull=False)),
                name="deals_deal_closed_when_not_open",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "outcome"], name="deal_by_owner"),  # lists, figures
            models.Index(fields=["stage", "outcome"], name="deal_by_stage"),  # the board
            models.Index(fields=["-opened_at", "-id"], name="deal_by_opening"),  # the list's order
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.outcome == Outcome.OPEN


class Participation(models.Model):
    """From when to when a contact took part in a deal, as its primary contact or beside them."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="participations")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="participations")
    is_primary = models.BooleanField(default=False)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-is_primary", "joined_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["deal"],
                condition=Q(is_primary=True, left_at=None),
                name="deals_one_primary_contact",
            ),
            models.UniqueConstraint(
                fields=["deal", "contact"],
                condition=Q(left_at=None),
                name="deals_takes_part_once",
            ),
        ]
