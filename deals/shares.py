"""A share of few or many, with how far it can be relied on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

ENOUGH = 10  # with fewer the interval says nearly nothing: shown, but greyed
Z = 1.959964  # of the normal distribution: 19 of 20 lie within


@dataclass(frozen=True, slots=True)
class Share:
    """So many `part` of `whole`."""

    part: int
    whole: int

    @property
    def is_enough(self) -> bool:
        """Whether the whole is large enough for the share to mean something."""
        return self.whole >= ENOUGH

    @property
    def rate(self) -> float | None:
        """The share, from 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> int:
        """The share in per cent, rounded; 0 of nothing."""
        return round(100 * (self.rate or 0))

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies in 19 of 20 cases, from 0 to 1."""
        return wilson(self.part, self.whole)

    @property
    def range(self) -> tuple[int, int]:
        """The same in per cent, rounded."""
        low, high = self.interval
        return round(100 * low), round(100 * high)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, from 0 to 1; all of it where nothing was counted.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927): honest also for few and for shares near 0 and 1.
    """
    if not whole:
        return 0.0, 1.0
    share, weight = part / whole, Z * Z / whole
    middle = (share + weight / 2) / (1 + weight)
    reach = Z / (1 + weight) * sqrt(share * (1 - share) / whole + weight / (4 * whole))
    return max(0.0, middle - reach), min(1.0, middle + reach)
