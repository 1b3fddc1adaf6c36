"""Whether parts of a history answer differently for certain, and not only by chance. Pure.

The log-rank test asks whether two or more curves are one, over their whole length. Where several
partings of one history are asked, Holm's correction keeps the chance of seeing any difference
where there is none at 5 in 100. A difference is told only where the curves' 95 % bands part too.
Sources: N. Mantel, "Evaluation of survival data and two new rank order statistics arising in its
consideration", Cancer Chemother. Rep. 50 (1966); S. Holm, "A simple sequentially rejective multiple
test procedure", Scand. J. Statist. 6 (1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import erfc, exp, sqrt

import numpy as np

from deals.advice import FEW
from deals.survival import Curve, Floats, Table, kaplan_meier

SURE = 0.05  # how often a difference may be seen where there is none


def log_rank(parts: Sequence[Table]) -> float:
    """Return how likely parts differ at least as much where all answer alike: 0 to 1.

    Of two or three parts; of fewer, and where nobody was answered, it is 1. Closings count as
    censored.
    """
    if not 2 <= len(parts) <= 3:
        return 1.0
    times = np.unique(np.concatenate([part.times[part.replied > 0] for part in parts]))
    risk = np.array([_at_risk(part, times) for part in parts])
    answered = np.array([_answered(part, times) for part in parts])
    n, d = risk.sum(axis=0), answered.sum(axis=0)
    share = risk / np.maximum(n, 1)
    excess = (answered - d * share).sum(axis=1)[:-1]
    weight = d * (n - d) / np.maximum(n - 1, 1)
    spread = np.einsum("t,it,jt->ij", weight, share, -share) + np.diag((weight * share).sum(axis=1))
    # a part of whom nobody was at risk makes it singular, and adds nothing
    inverse = np.linalg.pinv(spread[:-1, :-1])
    return _chi_squared(max(float(excess @ inverse @ excess), 0.0), len(parts) - 1)


def _at_risk(part: Table, times: Floats) -> Floats:
    padded = np.append(part.at_risk, 0).astype(np.float64)
    found: Floats = padded[np.searchsorted(part.times, times)]
    return found


def _answered(part: Table, times: Floats) -> Floats:
    place = np.minimum(np.searchsorted(part.times, times), max(part.times.size - 1, 0))
    if not part.times.size:
        return np.zeros(times.size)
    found: Floats = np.where(part.times[place] == times, part.replied[place], 0).astype(np.float64)
    return found


def _chi_squared(value: float, freedom: int) -> float:
    """Return how likely a chi-squared value of one or two degrees of freedom is at least so large."""
    return erfc(sqrt(value / 2)) if freedom == 1 else exp(-value / 2)


def holm(chances: Sequence[float]) -> list[float]:
    """Return the chances, in their order, corrected for how many were asked at once."""
    corrected, least = [1.0] * len(chances), 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        least = max(least, min((len(chances) - rank) * chances[place], 1.0))
        corrected[place] = least
    return corrected


def bands_part(parts: Sequence[Table]) -> bool:
    """Whether the 95 % bands of any two parts leave room between them somewhere.

    Only where 30 silences of either were still at risk.
    """
    curves = [kaplan_meier(part) for part in parts]
    return any(_part(*pair) for pair in combinations(curves, 2))


def _part(one: Curve, other: Curve) -> bool:
    until = min((float(each.times[each.at_risk >= FEW].max(initial=0.0))) for each in (one, other))
    times = np.concatenate([one.times, other.times])
    times = times[times <= until]
    (low, high), (other_low, other_high) = (_band(each, times) for each in (one, other))
    return bool(((high < other_low) | (other_high < low)).any())


def _band(curve: Curve, times: Floats) -> tuple[Floats, Floats]:
    place = np.searchsorted(curve.times, times, side="right")
    low, high = (np.append(1.0, side)[place] for side in (curve.low, curve.high))
    return low, high
