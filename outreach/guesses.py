"""How often the guess of why somebody is silent was right: what reps confirmed, for each reason.

A guess counts once, as it stood when the rep first answered. Where none was ventured ("unknown")
there is nothing to be right about; those answers are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from django.db.models import Count, F, Q

from accounts.models import User
from deals.models import Deal
from deals.periods import Period
from outreach.models import Reason, ReasonEntry

ENOUGH = 10  # answers: with fewer the range says nothing
Z = 1.959964  # of the normal distribution: 19 of 20 lie within


@dataclass(frozen=True, slots=True)
class Record:
    """How one guess fared: `right` of `answered`."""

    label: str
    answered: int
    right: int

    @property
    def is_enough(self) -> bool:
        return self.answered >= ENOUGH

    @property
    def share(self) -> int:
        """The share that was right, in per cent."""
        return round(100 * self.right / self.answered)

    @property
    def range(self) -> tuple[int, int]:
        """Where the true share lies in 19 of 20 cases, in per cent."""
        low, high = wilson(self.right, self.answered)
        return round(100 * low), round(100 * high)


@dataclass(frozen=True, slots=True)
class Guesses:
    """The guesses by reason, all of them together, and answers where none was ventured."""

    records: list[Record]
    total: Record
    without: int


def wilson(right: int, answered: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, from 0 to 1.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927): honest also for few answers and for shares near 0 and 1.
    """
    if not answered:
        return 0.0, 1.0
    share, weight = right / answered, Z * Z / answered
    middle = (share + weight / 2) / (1 + weight)
    reach = Z / (1 + weight) * sqrt(share * (1 - share) / answered + weight / (4 * answered))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def guesses(reader: User, period: Period) -> Guesses:
    """Return how the guesses fared that were answered in a period, on the deals that a reader leads."""
    rows = ReasonEntry.objects.filter(said_at__gte=period.since, said_at__lt=period.until)
    if not reader.is_admin:
        rows = rows.filter(silence__deal__in=Deal.objects.overseen_by(reader))
    right = Count("pk", filter=Q(said=F("guessed")))
    counts = rows.order_by().values("guessed").annotate(answered=Count("pk"), right=right)
    told = {row["guessed"]: (row["answered"], row["right"]) for row in counts}
    without, _ = told.pop(Reason.UNKNOWN, (0, 0))
    records = [Record(str(reason.label), *told[reason]) for reason in Reason if told.get(reason)]
    total = Record(
        "All guesses", sum(each.answered for each in records), sum(each.right for each in records)
    )
    return Guesses(records, total, without)
