"""What other currencies are worth in the workspace's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q


class ExchangeRateQuerySet(models.QuerySet["ExchangeRate"]):
    """Questions about many rates."""

    def standing(self) -> ExchangeRateQuerySet:
        """Keep those that nobody has replaced or taken out."""
        return self.filter(withdrawn_at=None)

    def known_at(self, instant: datetime) -> ExchangeRateQuerySet:
        """Keep those that stood in the table at an instant."""
        later = Q(withdrawn_at=None) | Q(withdrawn_at__gt=instant)
        return self.filter(later, set_at__lte=instant)


class ExchangeRate(models.Model):
    """What one unit of `currency` is worth in `into`, from a day on until the next rate's.

    Days are the workspace's. A rate that is corrected or taken out stays as a row with when and
    by whom, so that the report as of a day goes by what was known then. Source: decision 112.
    """

    currency = models.CharField(max_length=3)
    into = models.CharField(max_length=3)
    rate = models.DecimalField(
        max_digits=18, decimal_places=8, validators=[MinValueValidator(Decimal("0.00000001"))]
    )
    from_on = models.DateField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    set_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["currency", "-from_on", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["currency", "into", "from_on"],
                condition=Q(withdrawn_at=None),
                name="deals_one_rate_a_day",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="deals_rate_above_zero"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["currency", "into", "-from_on"], name="rate_by_day"),  # figures
        ]

    def __str__(self) -> str:
        day = f"{self.from_on.day} {self.from_on:%B %Y}"
        return f"1 {self.currency} = {self.said} {self.into} from {day}"

    @property
    def said(self) -> str:
        """The rate without needless zeros."""
        return f"{self.rate.normalize():f}"
