"""How long replies take and how likely they still are: survival analysis, in numpy alone.

A silence ends in a reply, or in something after which no reply counts (a closing competes), or is
still without one when we stop looking (censored). Durations and ages are numbers in one unit.
Sources: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations",
JASA 53 (1958); O. Aalen and S. Johansen, "An empirical transition matrix for non-homogeneous
Markov chains based on censored observations", Scand. J. Statist. 5 (1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CENSORED, REPLIED, CLOSED = 0, 1, 2  # how a silence ended, as far as we saw
Z = 1.959963984540054  # the normal quantile of a 95 % interval
TAIL = 0.025  # what a 95 % interval leaves on either side
UNSEEN = 0.05  # as many of whom nothing is known change little
WIDEST = 700.0  # e to the power of more overflows; the bounds are 0 and 1 long before


@dataclass(frozen=True, slots=True)
class Table:
    """For each distinct duration, ascending: how many were at risk, replied, and were closed.

    Whoever was censored at a time was at risk at it: at one time, ends come before censorings.
    """

    times: Floats
    at_risk: Counts
    replied: Counts
    closed: Counts

    @classmethod
    def of(cls, durations: npt.ArrayLike, ends: npt.ArrayLike) -> Table:
        """Count silences by their durations (n,) and their ends (n,): CENSORED, REPLIED, CLOSED."""
        lengths, how = np.asarray(durations, np.float64), np.asarray(ends, np.int64)
        times, place = np.unique(lengths, return_inverse=True)
        left = np.bincount(place, minlength=times.size).astype(np.int64)
        at_risk = lengths.size - np.cumsum(left) + left
        replied, closed = (
            np.bincount(place[how == end], minlength=times.size).astype(np.int64)
            for end in (REPLIED, CLOSED)
        )
        return cls(times, at_risk, replied, closed)

    def between(self, age: float, to: float) -> Table:
        """Keep the times after `age` and up to `to`: those who lasted past `age` are at risk."""
        kept = slice(*np.searchsorted(self.times, [age, to], side="right"))
        return Table(self.times[kept], self.at_risk[kept], self.replied[kept], self.closed[kept])

    def lasted(self, age: float) -> int:
        """Return how many were seen to be still unanswered after `age`."""
        return self._at_risk(int(np.searchsorted(self.times, age, side="right")))

    def lasting(self, age: float) -> int:
        """Return how many were watched until `age` or longer."""
        return self._at_risk(int(np.searchsorted(self.times, age)))

    def _at_risk(self, place: int) -> int:
        return int(self.at_risk[place]) if place < self.times.size else 0


@dataclass(frozen=True, slots=True)
class Curve:
    """A share from 0 to 1 at each time (k,), with its 95 % interval and who was at risk."""

    times: Floats
    share: Floats
    low: Floats
    high: Floats
    at_risk: Counts


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share from 0 to 1 with its 95 % interval; `lasted` silences stand behind it."""

    share: float
    low: float
    high: float
    lasted: int


def kaplan_meier(table: Table) -> Curve:
    """Return the share still unanswered at each time, closings counted as censored.

    The interval is Greenwood's on the log-log scale; where the share is 0 or 1 it has no width.
    """
    share: Floats = np.cumprod(1 - table.replied / table.at_risk, dtype=np.float64)
    hazard = np.cumsum(_greenwood(table.replied, table.at_risk))
    return Curve(table.times, share, *_log_log(share, share**2 * hazard), table.at_risk)


def aalen_johansen(table: Table) -> Curve:
    """Return the share answered by each time, closings competing (cumulative incidence).

    The variance is the delta method's (D. Collett, "Modelling survival data in medical research",
    3rd ed., chapter 12; without closings it is Greenwood's), the interval on the log-log scale;
    where the share is 0 or 1 it has no width.
    """
    share, variance = _incidence(table)
    return Curve(table.times, share, *_log_log(share, variance), table.at_risk)


def chance(table: Table, age: float, within: float) -> Estimate | None:
    """Return how likely a silence as old as `age` is answered in the time `within` from then.

    Of those that lasted past `age`: (F(age + within) − F(age)) ÷ S(age), which is Aalen and
    Johansen's share begun at that age (a landmark). Where none or all of them were answered, the
    interval is the exact one for as many as were seen to the end (Clopper and Pearson, 1934).
    Where nobody was watched to the end, those still silent last (at most 5 in 100 of them) count
    as not answered, and the interval takes them in. None where there are more, or nobody lasted.
    """
    lasted, to = table.lasted(age), age + within
    if not lasted:
        return None
    window = table.between(age, to)
    ended = window.replied + window.closed
    silent = float(np.prod(1 - ended / window.at_risk))
    unseen = silent if table.times[-1] < to else 0.0
    if unseen > UNSEEN:
        return None
    seen = int(ended[window.times < to].sum()) + table.lasting(to)
    share, low, high = _share(window, seen, is_certain=not silent and not window.closed.any())
    return Estimate(share, low, min(high + unseen, 1.0), lasted)


def _share(window: Table, seen: int, *, is_certain: bool) -> tuple[float, float, float]:
    """Return the share answered by the end of a window with its interval."""
    if not window.replied.any():
        return 0.0, 0.0, 1 - TAIL ** (1 / seen)
    if is_certain:
        return 1.0, TAIL ** (1 / seen), 1.0
    share, variance = (values[-1:] for values in _incidence(window))
    low, high = _log_log(share, variance)
    return float(share[0]), float(low[0]), float(high[0])


def _incidence(table: Table) -> tuple[Floats, Floats]:
    """Return the share answered by each time and its variance.

    Var F(t) = Σ (F(t) − F)² d ÷ (n (n − d)) + Σ S² r (n − r) ÷ n³ − 2 Σ (F(t) − F) S r ÷ n², over
    the times up to t, with d ended, r of them answered, n at risk and S unanswered just before.
    The squares are multiplied out, so that running sums do.
    """
    n, replied, ended = table.at_risk, table.replied, table.replied + table.closed
    before = np.concatenate([[1.0], np.cumprod(1 - ended / n)[:-1]])
    share = np.cumsum(before * replied / n)
    weight, mixed = _greenwood(ended, n), before * replied / n**2
    variance = (
        share**2 * np.cumsum(weight)
        - 2 * share * np.cumsum(weight * share)
        + np.cumsum(weight * share**2)
        + np.cumsum(before**2 * replied * (n - replied) / n**3)
        - 2 * (share * np.cumsum(mixed) - np.cumsum(mixed * share))
    )
    return share, np.maximum(variance, 0.0)


def _greenwood(ended: Counts, n: Counts) -> Floats:
    """Return d ÷ (n (n − d)); where all ended nothing comes after, and it counts for nothing."""
    left = n - ended
    return np.divide(ended, n * left, out=np.zeros(n.size), where=left > 0)


def _log_log(share: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the 95 % interval of shares by the delta method for log(−log(share))."""
    inside = (share > 0) & (share < 1)
    log = np.log(share, out=np.full(share.size, -1.0), where=inside)
    width = Z * np.sqrt(variance) / np.where(inside, share * -log, 1.0)
    spread = np.minimum(np.where(inside, width, 0.0), WIDEST)
    bounds = (np.exp(log * np.exp(sign * spread)) for sign in (1, -1))
    low, high = (np.where(inside, bound, share) for bound in bounds)
    return low, high
