"""The gone-dark report: its figures by stage and rep, week by week, and the deals behind them.

A fixed number of queries, however many deals there are. Source: `docs/figures.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import product
from math import ceil
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth, TruncWeek

from accounts.models import User
from deals import figures
from deals.cutoffs import Cutoffs
from deals.figures import OF_A_PERIOD, Figure, Rows
from deals.models import Deal, Stage
from deals.periods import Period

HEAT_LEVELS = 5  # the look's steps from the lightest to the darkest cell
CENTS = Decimal("0.00")
PLOTTED = (Figure.WENT_DARK, Figure.RELIT, Figure.LET_GO)
Place = tuple[Figure, int | None, int | None]


@dataclass(slots=True)
class Tally:
    """How many, and their amounts, each currency for itself: never added blindly."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, count: int, currency: str, amount: Decimal | None) -> None:
        """Count some more of one currency."""
        self.count += count
        if amount is not None:
            # SQLite adds up without the cents that PostgreSQL keeps
            self.amounts[currency] = self.amounts.get(currency, CENTS) + amount.quantize(CENTS)


@dataclass(frozen=True, slots=True)
class Step:
    """One week or month of the period, and its counts."""

    period: Period
    counts: Mapping[Figure, int]


@dataclass(frozen=True)
class Report:
    """All that the report says; ask it by figure, stage and owner, or leave one out for the sum."""

    period: Period
    stages: Sequence[Stage]
    owners: Sequence[User]
    tallies: Mapping[Place, Tally]
    before: Mapping[Figure, int]
    steps: Sequence[Step]
    open_amounts: Mapping[str, Decimal]

    def tally(self, figure: Figure, stage: Stage | None = None, owner: User | None = None) -> Tally:
        """Return a figure, of one stage or of all, of one owner or of all."""
        place = (figure, stage.pk if stage else None, owner.pk if owner else None)
        return self.tallies.get(place, Tally())

    def heat(self, stage: Stage, owner: User) -> int:
        """Return how dark a cell of "dark now" is, 0 to 5, against the darkest one."""
        count = self.tally(Figure.DARK_NOW, stage, owner).count
        return ceil(HEAT_LEVELS * count / self._darkest) if count else 0

    @cached_property
    def _darkest(self) -> int:
        """The highest count of "dark now" of one stage and owner; 1 where there is none."""
        cells = [
            tally.count
            for (figure, stage, owner), tally in self.tallies.items()
            if figure == Figure.DARK_NOW and stage and owner
        ]
        return max(cells, default=1)


def report(reader: User, period: Period, now: datetime) -> Report:
    """Return the report of a period as a reader may see it."""
    tallies: dict[Place, Tally] = defaultdict(Tally)
    cutoffs = Cutoffs.at(now)
    for figure in Figure:
        found = figures.rows(figure, reader=reader, period=period, cutoffs=cutoffs)
        for stage, owner, currency, count, amount in _cells(found):
            for place in product([stage, None], [owner, None]):
                tallies[figure, *place].add(count, currency, amount)
    owners = {owner for _, _, owner in tallies if owner is not None}
    return Report(
        period=period,
        stages=list(Stage.objects.select_related("pipeline")),
        owners=list(User.objects.filter(pk__in=owners)),
        tallies=dict(tallies),
        before=_before(reader, period, cutoffs),
        steps=_steps(reader, period, cutoffs),
        open_amounts=_open_amounts(reader),
    )


def _cells(found: Rows) -> Any:
    """Yield (stage, owner, currency, how many, their amounts)."""
    grouped = found.order_by().values_list("of_stage", "of_owner", "of_currency")
    return grouped.annotate(Count("pk"), Sum("of_amount"))


def _before(reader: User, period: Period, cutoffs: Cutoffs) -> dict[Figure, int]:
    """Return how many there were in the period of equal length before."""
    return {
        figure: figures.rows(figure, reader=reader, period=period.before, cutoffs=cutoffs).count()
        for figure in OF_A_PERIOD
    }


def _steps(reader: User, period: Period, cutoffs: Cutoffs) -> list[Step]:
    truncate = TruncWeek if period.step == "week" else TruncMonth
    counts: dict[tuple[Figure, date], int] = {}
    for figure in PLOTTED:
        found = figures.rows(figure, reader=reader, period=period, cutoffs=cutoffs)
        told = found.annotate(step=truncate("at", tzinfo=period.zone)).order_by()
        for step, count in told.values_list("step").annotate(Count("pk")):
            counts[figure, step.date()] = count
    return [
        Step(
            part,
            {figure: counts.get((figure, period.step_start(part.first)), 0) for figure in PLOTTED},
        )
        for part in period.steps()
    ]


def _open_amounts(reader: User) -> dict[str, Decimal]:
    """Return what the reader's open deals are worth, each currency for itself."""
    open_ones = Deal.objects.overseen_by(reader).open().filter(amount__isnull=False)
    return dict(open_ones.order_by().values_list("currency").annotate(Sum("amount")))
