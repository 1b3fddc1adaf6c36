"""How many, and what they are worth: in their own currencies, and in the workspace's. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

CENTS = Decimal("0.00")


@dataclass(slots=True)
class Tally:
    """How many, and their amounts.

    `amounts` has each currency for itself. `value` is what of them could be told in the
    workspace's currency, `apart` the rest, for want of a rate: never added blindly.
    """

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    value: Decimal = CENTS
    apart: dict[str, Decimal] = field(default_factory=dict)

    @property
    def is_told(self) -> bool:
        """Whether any of it could be told in the workspace's currency."""
        return any(amount != self.apart.get(code) for code, amount in self.amounts.items())

    def is_converted(self, currency: str) -> bool:
        """Whether some of its value was told by a rate; `currency` is the workspace's."""
        return any(
            code != currency and amount != self.apart.get(code)
            for code, amount in self.amounts.items()
        )

    def add(
        self, count: int, currency: str, amount: Decimal | None, rate: Decimal | None = None
    ) -> None:
        """Count some more of one currency; `rate` turns it into the workspace's, None cannot.

        Their amounts are added first and rounded once, to cents, half up: so a total is the sum
        of its lines, to the cent. Source: decision 112.
        """
        self.count += count
        if amount is None:
            return
        # SQLite adds up without the cents that PostgreSQL keeps
        exact = amount.quantize(CENTS, ROUND_HALF_UP)
        self.amounts[currency] = self.amounts.get(currency, CENTS) + exact
        if rate is None:
            self.apart[currency] = self.apart.get(currency, CENTS) + exact
        else:
            self.value += (exact * rate).quantize(CENTS, ROUND_HALF_UP)
