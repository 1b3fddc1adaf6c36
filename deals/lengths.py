"""How long it took until they were heard again, and after how many attempts we let go.

Medians are picked by the database: a fixed number of queries for however many rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F

from deals.figures import Rows
from deals.shares import ENOUGH


@dataclass(frozen=True, slots=True)
class Relighting:
    """How long the relit ones had been dark; of `count`, those that were dark at all."""

    count: int
    median: timedelta | None

    @property
    def is_enough(self) -> bool:
        """Whether they are enough for their middle to mean something."""
        return self.count >= ENOUGH


@dataclass(frozen=True, slots=True)
class Attempts:
    """After how many attempts silences were let go, on average and in the middle."""

    count: int
    mean: float | None
    median: float | None

    @property
    def is_enough(self) -> bool:
        """Whether they are enough for their middle to mean something."""
        return self.count >= ENOUGH


def relighting(relit: Rows) -> Relighting:
    """Return the median time from the crossing until they were heard; `relit` are that figure's rows.

    One that was let go while it was not dark had no crossing, and is left out.
    """
    took = ExpressionWrapper(F("at") - F("crossed_at"), output_field=DurationField())
    lengths = relit.filter(crossing__isnull=False).order_by().annotate(took=took)
    count = lengths.count()
    middle = lengths.order_by("took").values_list("took", flat=True)
    found = list(middle[(count - 1) // 2 : count // 2 + 1]) if count else []
    return Relighting(count, sum(found, timedelta()) / len(found) if found else None)


def attempts(let_go: Rows) -> Attempts:
    """Return how often we tried before letting go; `let_go` are that figure's rows."""
    counted = let_go.order_by("attempts").values_list("attempts").annotate(Count("pk"))
    tried = [(number, many) for number, many in counted]
    count = sum(many for _, many in tried)
    if not count:
        return Attempts(0, None, None)
    middle = (_at(tried, (count - 1) // 2) + _at(tried, count // 2)) / 2
    return Attempts(count, sum(number * many for number, many in tried) / count, middle)


def _at(counted: list[tuple[int, int]], place: int) -> int:
    """Return the number that stands at a place (0 is the first) when all are written out in order."""
    for number, many in counted:
        if place < many:
            return number
        place -= many
    raise IndexError(place)
