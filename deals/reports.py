"""The gone-dark report: its figures by stage and rep, week by week, beside the period before.

A fixed number of queries, however many deals there are. Source: `docs/figures.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import product
from math import ceil
from typing import Any

from django.db.models import Aggregate, Count, Sum
from django.db.models.functions import TruncMonth, TruncWeek

from accounts.models import User
from deals import figures
from deals.basis import Basis
from deals.figures import Figure, Source
from deals.lengths import Attempts, Relighting, attempts, relighting
from deals.models import Stage
from deals.periods import Period
from deals.scopes import Scope
from deals.shares import Share
from deals.tallies import Tally

HEAT_LEVELS = 5  # the look's steps from the lightest to the darkest cell
PLOTTED = (Figure.WENT_DARK, Figure.RELIT, Figure.LET_GO)
GROUP = ("of_stage", "of_owner", "of_currency", "of_rate")
Place = tuple[Figure, int | None, int | None]
# A figure's share: so many of the first of so many of all the others.
SHARES: Mapping[Figure, tuple[Figure, tuple[Figure, ...]]] = {
    Figure.DARK_NOW: (Figure.DARK_NOW, (Figure.OPEN,)),
    Figure.WENT_DARK: (Figure.CROSSED, (Figure.WAITED,)),
    Figure.RELIT: (Figure.CAME_BACK, (Figure.ENDED_DARK,)),
    Figure.WE_WENT_QUIET: (Figure.OWED_LONG, (Figure.OWED,)),
    Figure.WON: (Figure.WON, (Figure.WON, Figure.LOST)),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One week or month of the period, and its counts."""

    period: Period
    counts: Mapping[Figure, int]


@dataclass(frozen=True)
class Told:
    """The figures of one scope; ask by figure, stage and owner, or leave one out for the sum."""

    scope: Scope
    tallies: Mapping[Place, Tally]
    relighting: Relighting
    attempts: Attempts

    def tally(self, figure: Figure, stage: Stage | None = None, owner: User | None = None) -> Tally:
        """Return a figure, of one stage or of all, of one owner or of all."""
        place = (figure, stage.pk if stage else None, owner.pk if owner else None)
        return self.tallies.get(place, Tally())

    def share(
        self, figure: Figure, stage: Stage | None = None, owner: User | None = None
    ) -> Share | None:
        """Return how many of how many a figure counts; None where it is a share of nothing.

        Of dark silences that ended, those that did so in a reply; of silences that waited, those
        that went dark; of answers we owed, those we owed too long; of open deals, the dark ones;
        of once-dark deals that were won or lost, the won ones.
        """
        if figure not in SHARES:
            return None
        part, whole = SHARES[figure]
        return Share(
            self.tally(part, stage, owner).count,
            sum(self.tally(each, stage, owner).count for each in whole),
        )

    @property
    def value_share(self) -> Decimal | None:
        """The value dark as a share of the open pipeline's, from 0 to 1; None of a pipeline of none.

        Of both, what could be told in the workspace's currency; dark deals count with what they
        went dark with on either side, so that it is never more than all.
        """
        whole = self.tally(Figure.OPEN).value
        return self.tally(Figure.DARK_NOW).value / whole if whole else None


@dataclass(frozen=True)
class Report(Told):
    """All that the report says: the figures of its scope, and `before` those of the period before.

    `currency` is the workspace's, in which values are told.
    """

    currency: str
    stages: Sequence[Stage]
    owners: Sequence[User]
    before: Told
    steps: Sequence[Step]

    @property
    def period(self) -> Period:
        """The days it speaks about."""
        return self.scope.period

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


def report(reader: User, scope: Scope, basis: Basis | None = None) -> Report:
    """Return the report of a scope as a reader may see it; the basis is read if it is not at hand."""
    asking = _Asking(reader, basis or Basis(scope.as_of))
    told = asking.told(scope)
    owners = {owner for figure, _, owner in told.tallies if owner and figure != Figure.OPEN}
    return Report(
        scope=scope,
        tallies=told.tallies,
        relighting=told.relighting,
        attempts=told.attempts,
        currency=asking.basis.rates.currency,
        stages=list(Stage.objects.select_related("pipeline")),
        owners=list(User.objects.filter(pk__in=owners)),
        before=asking.told(scope.before),
        steps=steps(reader, scope),
    )


@dataclass(frozen=True)
class _Asking:
    """Who asks, and what is read once for all figures."""

    reader: User
    basis: Basis

    def told(self, scope: Scope) -> Told:
        tallies: dict[Place, Tally] = defaultdict(Tally)
        for figure, row in self._counted(scope):
            rate = self.basis.rates.of(row["of_currency"], row["of_rate"])
            counted = row[f"{figure}_count"], row["of_currency"], row[f"{figure}_amount"], rate
            for place in product([row["of_stage"], None], [row["of_owner"], None]):
                tallies[figure, *place].add(*counted)
        relit, let_go = (
            figures.rows(figure, reader=self.reader, scope=scope)
            for figure in (Figure.RELIT, Figure.LET_GO)
        )
        return Told(scope, dict(tallies), relighting(relit), attempts(let_go))

    def _counted(self, scope: Scope) -> Iterator[tuple[Figure, dict[str, Any]]]:
        """Yield each figure with how many, and their amounts, there are of each place and currency."""
        for source in figures.SOURCES:
            found = figures.together(source, reader=self.reader, scope=scope, basis=self.basis)
            grouped = self.basis.rates.told(found).order_by().values(*GROUP)
            for row in grouped.annotate(**_sums(source)):
                yield from ((figure, row) for figure in source.parts if row[f"{figure}_count"])


def _sums(source: Source) -> dict[str, Aggregate]:
    parts = source.parts.items()
    counts = {f"{figure}_count": Count("pk", filter=part) for figure, part in parts}
    return counts | {f"{figure}_amount": Sum("of_amount", filter=part) for figure, part in parts}


def steps(reader: User, scope: Scope) -> list[Step]:
    """Return the counts of each week or month of a scope, in three queries."""
    period = scope.period
    truncate = TruncWeek if period.step == "week" else TruncMonth
    counts: dict[tuple[Figure, date], int] = {}
    for figure in PLOTTED:
        found = figures.rows(figure, reader=reader, scope=scope)
        told = found.annotate(step=truncate("at", tzinfo=period.zone)).order_by()
        for step, count in told.values_list("step").annotate(Count("pk")):
            counts[figure, step.date()] = count
    return [
        Step(
            part,
            {each: counts.get((each, period.step_start(part.first)), 0) for each in PLOTTED},
        )
        for part in period.steps()
    ]
