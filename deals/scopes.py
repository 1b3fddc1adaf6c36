"""What a report is about: which days, as of when, and which part of the deals.

One value for every figure, table, plot and list, and one way to write it into an address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import QuerySet, TextChoices

from accounts.models import Team, User
from deals.models import Pipeline, Stage
from deals.periods import SHORTCUTS, USUAL, Period

INSTANT = timedelta.resolution


class Business(TextChoices):
    """Whether there is a company on the other side."""

    B2B = "b2b", "Companies (B2B)"
    B2C = "b2c", "Consumers (B2C)"


@dataclass(frozen=True, slots=True)
class Scope:
    """The days a report speaks about, the instant it speaks as of, and what it leaves out.

    What came after `as_of` (UTC) does not count. `is_now` says that it is the present, where what
    the sweep has not recorded yet counts too. Every filter is of the crossing: stage, owner, kind
    (a `Contact.Kind`) and business as they were when the spell began; a team is its owner's.
    None or "" leaves a filter out. Source: docs/figures.md.
    """

    period: Period
    as_of: datetime
    is_now: bool = True
    pipeline: Pipeline | None = None
    stage: Stage | None = None
    team: Team | None = None
    owner: User | None = None
    kind: str = ""
    business: str = ""

    @classmethod
    def usual(cls, now: datetime, zone: tzinfo, shortcut: str = USUAL) -> Self:
        """Return the scope of a report that nobody narrowed: as of now, the usual weeks."""
        return cls(Period.until_today(SHORTCUTS[shortcut][1], now, zone), now)

    @property
    def since(self) -> datetime:
        """The instant the period begins, in UTC."""
        return self.period.since

    @property
    def until(self) -> datetime:
        """The first instant that is no longer part of it: the period's end, or right after `as_of`."""
        return min(self.period.until, self.as_of + INSTANT)

    @property
    def before(self) -> Scope:
        """The same for the period of equal length before, as of the instant at which it ended."""
        return replace(self, period=self.period.before, as_of=self.since - INSTANT, is_now=False)

    @property
    def pinned(self) -> Scope:
        """The same, fixed at its instant: what a permanent link leads to."""
        return replace(self, is_now=False)

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter leaves something out."""
        return any([self.pipeline, self.stage, self.team, self.owner, self.kind, self.business])

    def narrowed(self, **filters: Any) -> Scope:
        """Return it with some filters set otherwise: `stage`, `owner`, `period` and so on."""
        return replace(self, **filters)

    def filters(self, of: str = "of_") -> dict[str, Any]:
        """Return its filters as lookups on rows that have the columns; `of` begins their names."""
        said = {
            f"{of}stage__pipeline": self.pipeline,
            f"{of}stage": self.stage,
            f"{of}owner__team": self.team,
            f"{of}owner": self.owner,
            f"{of}kind": self.kind,
            f"{of}is_business": self.business and self.business == Business.B2B,
        }
        return {lookup: value for lookup, value in said.items() if value not in (None, "")}

    def parameters(self) -> dict[str, str]:
        """Return what an address says of it: always the two days, and the rest where it is set."""
        rows = {
            "pipeline": self.pipeline, "stage": self.stage, "team": self.team, "owner": self.owner,
        }  # fmt: skip
        said = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        if not self.is_now:
            said["as_of"] = self.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z")
        said |= {name: str(row.pk) for name, row in rows.items() if row is not None}
        words = {"kind": self.kind, "business": self.business}
        return said | {name: word for name, word in words.items() if word}

    def query(self, **more: object) -> str:
        """Return what of an address follows the "?"; `more` parameters stand first."""
        return urlencode({**{name: str(said) for name, said in more.items()}, **self.parameters()})


def teams_of(reader: User) -> QuerySet[Team]:
    """Return the teams whose figures a reader may ask for: those they lead; an admin all."""
    return Team.objects.all() if reader.is_admin else reader.led_teams.all()
