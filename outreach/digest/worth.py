"""What a deal is worth in the workspace's currency, by the admin's table: is it of high value?

A crossing counts by the rate of its day; without one it cannot tell. Source: decisions 112, 120.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

from accounts.models import Workspace
from deals.models import ExchangeRate


@dataclass(frozen=True, slots=True)
class Worth:
    """The rates into the workspace's currency: of each other one, from which day on, in order."""

    currency: str
    zone: ZoneInfo
    rates: Mapping[str, Sequence[tuple[date, Decimal]]]

    @classmethod
    def at(cls, now: datetime, workspace: Workspace) -> Self:
        """Read what the table says at an instant, in one query."""
        known = ExchangeRate.objects.known_at(now).filter(into=workspace.currency)
        found: dict[str, list[tuple[date, Decimal]]] = {}
        rows = known.order_by("from_on").values_list("currency", "from_on", "rate")
        for currency, from_on, rate in rows:
            found.setdefault(currency, []).append((from_on, rate))
        return cls(workspace.currency, ZoneInfo(workspace.time_zone), found)

    def of(self, amount: Decimal | None, currency: str, at: datetime) -> Decimal | None:
        """Return an amount in the workspace's currency as of an instant; None where none can tell."""
        if amount is None or currency == self.currency:
            return amount
        rates = self.rates.get(currency, ())
        day = at.astimezone(self.zone).date()
        place = bisect_right(rates, day, key=lambda each: each[0])
        return amount * rates[place - 1][1] if place else None
