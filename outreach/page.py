"""What a reader asks of Today by its address: whose deals, which one is open, how many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from django.db.models import Count, Max
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from accounts.numbers import row_number
from outreach.resting import Again
from outreach.today import LONGEST, ORDER, PAGE, Group, Row, Scope, unread

STALE_AFTER_SECONDS = 300  # durations in words move on although no row changed


@dataclass(frozen=True, slots=True)
class Asked:
    """The address of Today, read and written."""

    deal: int | None = None
    of_team: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)
    whose: str = ""  # "own", or the id of somebody covered; else all that the reader works

    @classmethod
    def of(cls, query: QueryDict, *, may_lead: bool) -> Asked:
        """Read a query; what makes no sense counts as not asked."""
        sizes = {key: size for key in ORDER if (size := row_number(query.get(key))) is not None}
        is_team = may_lead and query.get("whose") == "team"
        whose = query.get("whose", "")
        is_known = whose == "own" or row_number(whose) is not None
        return cls(row_number(query.get("deal")), is_team, sizes, whose if is_known else "")

    @property
    def url(self) -> str:
        """The address that asks the same."""
        whose = "team" if self.of_team else self.whose
        told = {"whose": whose} if whose else {}
        told |= {key: str(size) for key, size in self.sizes.items() if size > PAGE}
        if self.deal is not None:
            told["deal"] = str(self.deal)
        home = reverse("outreach:today")
        return f"{home}?{urlencode(told)}" if told else home

    def opening(self, deal: int | None) -> Asked:
        """The same with another deal open, or with none."""
        return replace(self, deal=deal)

    def longer(self, key: str) -> Asked:
        """The same with more rows of a group."""
        size = min(self.sizes.get(key, PAGE) + PAGE, LONGEST)
        return replace(self, sizes={**self.sizes, key: size})

    def about(self, *, of_team: bool) -> Asked:
        """The page of one's own deals, or of the team's, from its start."""
        return Asked(of_team=of_team)


@dataclass(frozen=True, slots=True)
class Shown:
    """A group with the addresses that open its rows, and the one that shows more."""

    group: Group
    lines: list[tuple[Row | Again, str]]
    more_url: str


def shown(groups: Sequence[Group], asked: Asked) -> list[Shown]:
    """Give each row of each group its address."""
    return [
        Shown(
            group,
            [(row, asked.opening(row.deal).url) for row in group.rows],
            asked.longer(group.key).url if group.has_more else "",
        )
        for group in groups
    ]


def version(scope: Scope, now: datetime) -> str:
    """Return a token that changes when something on the page did, in three queries.

    Dimming comes by itself, so the token also changes every few minutes.
    """
    silences = scope.silences.aggregate(Count("pk"), Max("pk"), Count("dark_at"), Max("dark_at"))
    live = scope.suggestions.awake(now).aggregate(Count("pk"), Max("pk"))
    covers = [cover.pk for cover in scope.covers]
    parts = (*silences.values(), *live.values(), unread(scope.reader).count(), covers)
    told = f"{parts}{now.timestamp() // STALE_AFTER_SECONDS}"
    return sha256(told.encode()).hexdigest()[:16]
