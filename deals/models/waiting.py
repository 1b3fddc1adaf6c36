"""Why a clock stands still or runs by another date: holds and promises."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Sourced
from contacts.models import Contact
from deals.models.deals import Deal
from deals.models.history import Touch


class Hold(Sourced):
    """A stretch in which the clock does not run: of one deal, or of all deals led by a contact.

    Without `ends_at` it is an absence with no named date, which holds 14 days.
    Source: SILENCE.md, "Holds".
    """

    class Reason(models.TextChoices):
        ABSENCE = "absence", "Out of office"
        MEETING = "meeting", "A meeting is booked"
        PAUSE = "pause", "An agreed pause"

    deal = models.ForeignKey(
        Deal, on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="holds"
    )
    reason = models.CharField(max_length=10, choices=Reason.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    took_place = models.BooleanField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Sourced.Meta.constraints,
            models.CheckConstraint(
                condition=Q(deal=None, contact__isnull=False, reason="absence")
                | Q(deal__isnull=False, contact=None),
                name="deals_hold_of_a_deal_or_an_absence",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None, reason="absence") | Q(ends_at__gt=F("starts_at")),
                name="deals_hold_ends_after_it_starts",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the sweep: ended holds that nobody was told of
                fields=["ends_at"], condition=Q(told_at=None), name="hold_to_tell"
            ),
        ]


class PromiseQuerySet(models.QuerySet["Promise"]):
    """Questions about many promises."""

    def standing(self) -> PromiseQuerySet:
        """Leave out what was said in a touch that was deleted."""
        return self.exclude(touch__deleted_at__isnull=False)


class Promise(Sourced):
    """“I will come back to you on Thursday”: the date replaces the threshold while it stands."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="promises")
    touch = models.ForeignKey(
        Touch, on_delete=models.SET_NULL, null=True, blank=True, related_name="promises"
    )
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = PromiseQuerySet.as_manager()

    class Meta(Sourced.Meta):
        ordering: ClassVar[list[str]] = ["made_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Sourced.Meta.constraints,
            models.CheckConstraint(
                condition=Q(due_at__gt=F("made_at")), name="deals_promise_due_after_made"
            ),
        ]
