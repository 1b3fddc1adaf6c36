"""The deals behind a figure of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, Sum

from accounts.models import User
from deals import figures, standing
from deals.figures import SHAPE, Figure, Rows
from deals.models import Deal, Silence, Stage
from deals.periods import DAY
from deals.rates import Rates
from deals.scopes import Scope
from deals.standing import Standing
from deals.tallies import Tally
from deals.wording import say_duration

CHUNK = 500  # lines of an export that are read at once
LINE = ("pk", *SHAPE, "of_rate")


@dataclass(frozen=True, slots=True)
class Line:
    """One silence or spell behind a figure: its deal, and stage, owner and amount of that time.

    `value` is the amount in the workspace's currency; None where there is no rate, or no amount.
    `standing` is how it stands now, `dark_at` since when it is dark; None for figures of the past.
    """

    deal: Deal
    at: datetime
    stage: str
    owner: str
    amount: Decimal | None
    currency: str
    value: Decimal | None
    standing: Standing | None
    dark_at: datetime | None = None

    @property
    def quiet(self) -> str:
        """For how long they have been quiet, and how long they may: on the clock of the threshold."""
        stands = self.standing
        if stands is None:
            return ""
        if stands.promised_at:
            return f"quiet for {say_duration(stands.elapsed)}, longer than promised"
        so_far, allowed = (
            say_duration(each, stands.day) for each in (stands.elapsed, stands.threshold)
        )
        clock = " of working time" if stands.day < DAY else ""
        return f"quiet for {so_far}{clock}, threshold {allowed}"


@dataclass(frozen=True)
class Behind:
    """Which figure, of which scope, for whom."""

    figure: Figure
    reader: User
    scope: Scope

    @cached_property
    def counted(self) -> Rows:
        """All that the figure counts, latest first."""
        found = figures.rows(self.figure, reader=self.reader, scope=self.scope)
        return found.order_by("-at", "-pk")

    @cached_property
    def rates(self) -> Rates:
        """The rates known as of the scope, read once."""
        return Rates.at(self.scope.as_of)

    @cached_property
    def total(self) -> Tally:
        """How many the figure counts and what they are worth, with those that are not shown."""
        found = self.rates.told(self.counted).order_by()
        grouped = found.values_list("of_currency", "of_rate")
        total = Tally()
        for currency, rate, count, amount in grouped.annotate(Count("pk"), Sum("of_amount")):
            total.add(count, currency, amount, self.rates.of(currency, rate))
        return total

    @property
    def deal_count(self) -> int:
        """How many deals they are of: one may have gone dark more than once."""
        found: int = self.counted.order_by().aggregate(of=Count("of_deal", distinct=True))["of"]
        return found

    @property
    def shown(self) -> Rows:
        """Those whose deals the reader may open today.

        A deal that was handed to another team since still counts, but only as a number.
        """
        if self.reader.is_admin:
            return self.counted
        visible = Deal.objects.visible_to(self.reader)
        return self.counted.filter(of_deal__in=visible.values("pk"))

    def values(self) -> Any:
        """Return the rows shown, ready for `lines`."""
        return self.rates.told(self.shown).values_list(*LINE, named=True)

    def lines(self, rows: Iterable[Any]) -> list[Line]:
        """Return some of `values` with names; a fixed number of queries for however many."""
        rows = list(rows)
        deals = _by_id(Deal, [row.of_deal for row in rows], "contact", "company")
        stages = _by_id(Stage, [row.of_stage for row in rows])
        owners = _by_id(User, [row.of_owner for row in rows])
        standings = self._standings([row.of_silence for row in rows])
        return [
            Line(
                deals[row.of_deal], row.at, stages[row.of_stage].name, str(owners[row.of_owner]),
                row.of_amount, row.of_currency, self._value(row), standings.get(row.of_silence),
                self._dark_at(row, standings.get(row.of_silence)),
            )
            for row in rows
        ]  # fmt: skip

    def _dark_at(self, row: Any, standing: Standing | None) -> datetime | None:
        """Return the instant of the crossing; of one that no sweep has marked yet, when it was due."""
        if standing is None:
            return None
        recorded: datetime = row.crossed_at
        return recorded if recorded < self.scope.as_of else standing.due_at

    def _value(self, row: Any) -> Decimal | None:
        """Return an amount in the workspace's currency, rounded as sums are."""
        worth = Tally()
        worth.add(1, row.of_currency, row.of_amount, self.rates.of(row.of_currency, row.of_rate))
        return worth.value if row.of_amount is not None and not worth.apart else None

    def every_line(self) -> Iterator[Line]:
        """Yield all lines shown, read in chunks."""
        found, place = self.values(), 0
        while rows := list(found[place : place + CHUNK]):
            yield from self.lines(rows)
            place += CHUNK

    def _standings(self, ids: Sequence[int]) -> dict[int, Standing]:
        """Return how silences stand now; of figures of the past nothing is said about now."""
        if self.figure != Figure.DARK_NOW or not self.scope.is_now:
            return {}
        return standing.of(Silence.objects.filter(pk__in=ids), self.scope.as_of)


def _by_id(model: Any, ids: Sequence[int], *related: str) -> dict[int, Any]:
    rows = model.objects.filter(pk__in=set(ids))
    return {row.pk: row for row in (rows.select_related(*related) if related else rows)}
