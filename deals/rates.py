"""Tell amounts in the workspace's currency, by the table of rates that an admin keeps.

An amount counts by the rate of the day of its crossing; where there is none it stays apart.
Source: decision 112.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import TruncDate

from accounts.models import User, Workspace
from deals.models import Deal, ExchangeRate

Rows = QuerySet[Any]
ONE = Decimal(1)


@dataclass(frozen=True)
class Rates:
    """The rates into the workspace's `currency` that were known at an instant; `zone` tells its days."""

    currency: str
    zone: str
    known_at: datetime
    rates: Mapping[int, Decimal]

    @classmethod
    def at(cls, instant: datetime) -> Rates:
        """Read what the table said at an instant, in two queries."""
        workspace = Workspace.current()
        known = ExchangeRate.objects.known_at(instant).filter(into=workspace.currency)
        rates = dict(known.order_by().values_list("pk", "rate"))
        return cls(workspace.currency, workspace.time_zone, instant, rates)

    def of(self, currency: str, row: int | None) -> Decimal | None:
        """Return the rate for a currency, by what `told` said; None where there is none."""
        if currency == self.currency:
            return ONE
        return self.rates[row] if row is not None else None

    def told(self, rows: Rows) -> Rows:
        """Give rows of a figure `of_rate`: the id of the rate of the day of their crossing, or None."""
        if not self.rates:
            untold: Rows = rows.annotate(of_rate=Value(None, IntegerField()))
            return untold
        day = TruncDate("crossed_at", tzinfo=ZoneInfo(self.zone))
        known = ExchangeRate.objects.known_at(self.known_at).filter(
            into=self.currency, currency=OuterRef("of_currency"), from_on__lte=OuterRef("of_day")
        )
        latest = known.order_by("-from_on").values("pk")[:1]
        told: Rows = rows.annotate(of_day=day).annotate(of_rate=Subquery(latest))
        return told


@transaction.atomic
def set_rate(
    currency: str, from_on: date, rate: Decimal, *, user: User, now: datetime
) -> ExchangeRate:
    """Say what a currency is worth from a day on; what stood for that day before stays in the history.

    Saying the same again changes nothing.
    """
    return _set(_locked(), currency, from_on, rate, user=user, now=now)


def _set(
    into: str, currency: str, from_on: date, rate: Decimal, *, user: User, now: datetime
) -> ExchangeRate:
    standing = ExchangeRate.objects.standing()
    known = standing.filter(currency=currency, into=into, from_on=from_on).first()
    if known is not None:
        if known.rate == rate:
            return known
        withdraw(known, user=user, now=now)
    return ExchangeRate.objects.create(
        currency=currency, into=into, rate=rate, from_on=from_on, set_by=user, set_at=now
    )


@transaction.atomic
def correct(
    known: ExchangeRate,
    *,
    currency: str,
    from_on: date,
    rate: Decimal,
    user: User,
    now: datetime,
) -> ExchangeRate:
    """Have another rate stand in place of one, which stays in the history."""
    into = _locked()
    if (known.currency, known.from_on) != (currency, from_on):
        withdraw(known, user=user, now=now)
    return _set(into, currency, from_on, rate, user=user, now=now)


def _locked() -> str:
    """Let one change of the table end before the next begins; return the workspace's currency."""
    return Workspace.objects.select_for_update(no_key=True).get().currency


def lacking(into: str) -> list[str]:
    """Return the currencies of deals' amounts that no rate tells in another one, in one query."""
    known = ExchangeRate.objects.standing().filter(into=into).order_by()
    amounts = Deal.objects.filter(amount__isnull=False).exclude(currency=into)
    unknown = amounts.exclude(currency__in=known.values("currency"))
    return list(unknown.order_by("currency").values_list("currency", flat=True).distinct())


def withdraw(rate: ExchangeRate, *, user: User, now: datetime) -> bool:
    """Take a rate out of the table; return whether it stood there still."""
    standing = ExchangeRate.objects.standing().filter(pk=rate.pk)
    return bool(standing.update(withdrawn_at=now, withdrawn_by=user))
