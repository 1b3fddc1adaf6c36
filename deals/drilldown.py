"""The deals behind a figure of the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from accounts.models import User
from deals import figures, standing
from deals.cutoffs import Cutoffs
from deals.figures import Figure, Rows
from deals.models import Deal, Silence, Stage
from deals.periods import Period
from deals.standing import Standing

CHUNK = 500  # lines of an export that are read at once
SHAPE = ("pk", "at", "of_deal", "of_stage", "of_owner", "of_amount", "of_currency")


@dataclass(frozen=True, slots=True)
class Line:
    """One silence or spell behind a figure: its deal, and stage, owner and amount of that time."""

    deal: Deal
    at: datetime
    stage: str
    owner: str
    amount: Decimal | None
    currency: str
    standing: Standing | None


@dataclass(frozen=True)
class Behind:
    """Which figure, of which stage and owner; None means of all that the reader sees."""

    figure: Figure
    reader: User
    period: Period
    now: datetime
    stage: Stage | None = None
    owner: User | None = None

    @cached_property
    def cutoffs(self) -> Cutoffs:
        """The policies in force now, read once."""
        return Cutoffs.at(self.now)

    @cached_property
    def counted(self) -> Rows:
        """All that the figure counts, latest first."""
        found = figures.rows(
            self.figure, reader=self.reader, period=self.period, cutoffs=self.cutoffs
        )
        if self.stage:
            found = found.filter(of_stage=self.stage.pk)
        if self.owner:
            found = found.filter(of_owner=self.owner.pk)
        return found.order_by("-at", "-pk")

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
        return self.shown.values_list(*SHAPE)

    def lines(self, rows: Iterable[tuple[Any, ...]]) -> list[Line]:
        """Return some of `values` with names; a fixed number of queries for however many."""
        rows = list(rows)
        deals = _by_id(Deal, [row[2] for row in rows], "contact", "company")
        stages = _by_id(Stage, [row[3] for row in rows])
        owners = _by_id(User, [row[4] for row in rows])
        standings = self._standings([row[0] for row in rows])
        return [
            Line(
                deals[deal], at, stages[stage].name, str(owners[owner]), amount, currency,
                standings.get(pk),
            )
            for pk, at, deal, stage, owner, amount, currency in rows
        ]  # fmt: skip

    def every_line(self) -> Iterator[Line]:
        """Yield all lines shown, read in chunks."""
        found, place = self.values(), 0
        while rows := list(found[place : place + CHUNK]):
            yield from self.lines(rows)
            place += CHUNK

    def _standings(self, ids: Sequence[int]) -> dict[int, Standing]:
        """Return how silences stand now; of figures of the past nothing is said about now."""
        if self.figure != Figure.DARK_NOW:
            return {}
        return standing.of(Silence.objects.filter(pk__in=ids), self.now, self.cutoffs.rulebook)


def _by_id(model: Any, ids: Sequence[int], *related: str) -> dict[int, Any]:
    rows = model.objects.filter(pk__in=set(ids))
    return {row.pk: row for row in (rows.select_related(*related) if related else rows)}
