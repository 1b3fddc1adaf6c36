"""What figures tell deals apart by, through time. Only `deals.particulars` writes it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contacts.models import Contact
from deals.models.deals import Deal


def standing_at(at: object, of: str = "") -> Q:
    """Return which particulars stood at an instant, or at an expression; `of` leads to them."""
    begun = Q((f"{of}since", None)) | Q((f"{of}since__lte", at))
    return begun & (Q((f"{of}until", None)) | Q((f"{of}until__gt", at)))


class ParticularsQuerySet(models.QuerySet["Particulars"]):
    """Questions about the particulars of many deals."""

    def current(self) -> ParticularsQuerySet:
        """Keep those that stand still: one for each deal."""
        return self.filter(until=None)

    def at(self, instant: datetime) -> ParticularsQuerySet:
        """Keep those that stood at an instant: one for each deal."""
        return self.filter(standing_at(instant))


class Particulars(models.Model):
    """Whose a deal was, what it was worth and with whom, from an instant up to another.

    The first ones count from the beginning (`since` is None), the last ones still (`until` is
    None); in between, each begins where the one before ends. `is_business` says that the deal or
    its contact has a company. Reports go by it, so that no change rewrites what they said.
    Source: decision 110.
    """

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="particulars")
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=10, choices=Contact.Kind.choices)
    is_business = models.BooleanField()

    objects = ParticularsQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["deal", "pk"]  # as written is as it went
        verbose_name_plural = "particulars"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["deal"], condition=Q(until=None), name="deals_particulars_one_current"
            ),
            models.UniqueConstraint(
                fields=["deal"], condition=Q(since=None), name="deals_particulars_one_first"
            ),
            models.CheckConstraint(
                condition=Q(since=None) | Q(until=None) | Q(until__gt=F("since")),
                name="deals_particulars_end_after_they_begin",
            ),
        ]
