"""How often the guess of why somebody is silent was right: what reps confirmed, for each reason.

A guess counts once, as it stood when the rep first answered. Where none was ventured ("unknown")
there is nothing to be right about; those answers are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Q

from accounts.models import User
from deals.models import Deal
from deals.periods import Period
from deals.scopes import Scope
from deals.shares import Share
from outreach.models import Reason, ReasonEntry


@dataclass(frozen=True, slots=True)
class Record:
    """How one guess fared: `right` of `answered`."""

    label: str
    answered: int
    right: int

    @property
    def share(self) -> Share:
        """The share that was right."""
        return Share(self.right, self.answered)


@dataclass(frozen=True, slots=True)
class Guesses:
    """The guesses by reason, all of them together, and answers where none was ventured."""

    records: list[Record]
    total: Record
    without: int


def guesses(reader: User, period: Period | Scope) -> Guesses:
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
