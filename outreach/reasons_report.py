"""Why silences went dark, and what they are worth: one reason for each crossing of a scope.

The reason is the rep's from when they said it, before that the guess as it stood: of the latest
suggestion up to the instant of the report. A silence that was over before anything was suggested
has none. Source: docs/figures.md; SILENCE.md, "Why they are silent"; decision 116.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models import Value as Word
from django.db.models.functions import Coalesce

from deals.rates import Rates
from deals.spreadsheets import Value
from deals.tallies import CENTS, Tally
from outreach.models import Reason, Suggestion

Rows = QuerySet[Any]
NOT_GUESSED = "not_guessed"  # beside the reasons: nobody and nothing ever named one
LABELS = {**{reason.value: str(reason.label) for reason in Reason}, NOT_GUESSED: "Never guessed"}
LAST = (Reason.UNKNOWN.value, NOT_GUESSED)  # whatever their number


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason: how many crossings, and what they were worth, each currency for itself."""

    reason: str
    tally: Tally

    @property
    def label(self) -> str:
        """The reason in words."""
        return LABELS[self.reason]


def reason_rows(crossings: Rows, rates: Rates) -> list[ReasonRow]:
    """Count `figures`' rows of what went dark by reason, in one query; the most frequent first.

    The reasons are those of the instant at which the rates were known.
    """
    found = rates.told(explained(crossings, rates.known_at)).order_by()
    grouped = found.values_list("of_reason", "of_currency", "of_rate")
    tallies: dict[str, Tally] = defaultdict(Tally)
    for reason, currency, rate, count, amount in grouped.annotate(Count("pk"), Sum("of_amount")):
        tallies[reason].add(count, currency, amount, rates.of(currency, rate))
    rows = [ReasonRow(reason, tally) for reason, tally in tallies.items()]
    return sorted(rows, key=_place)


def _place(row: ReasonRow) -> tuple[bool, int, int]:
    return row.reason in LAST, -row.tally.count, list(LABELS).index(row.reason)


def explained(crossings: Rows, as_of: datetime, reason: str = "") -> Rows:
    """Return dark spells with `of_reason`, one of LABELS, as it stood at an instant.

    With a `reason`, only those of it.
    """
    latest = Suggestion.objects.filter(silence=OuterRef("silence"), created_at__lte=as_of)
    guess = Subquery(latest.order_by("-created_at", "-pk").values("reason")[:1])
    entry = "silence__reason_entry"
    told: Rows = crossings.annotate(guess=guess).annotate(
        of_reason=Case(
            When(**{f"{entry}__said_at__lte": as_of}, then=F(f"{entry}__said")),
            When(guess=None, then=Word(NOT_GUESSED)),
            default=Coalesce(f"{entry}__guessed", "guess"),
        ),
    )
    return told.filter(of_reason=reason) if reason else told


def written(rows: Sequence[ReasonRow], currency: str) -> Iterator[Sequence[Value]]:
    """Yield the table of a file: what could be told in the workspace's currency, the rest apart."""
    apart = sorted({code for row in rows for code in row.tally.apart})
    yield ["Reason", "Went dark", f"Value {currency}", *(f"Value {code} apart" for code in apart)]
    for row in rows:
        rest = [row.tally.apart.get(code, CENTS) for code in apart]
        yield [row.label, row.tally.count, row.tally.value, *rest]
