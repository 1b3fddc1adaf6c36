"""How likely a silence as old as this one still ends in a reply, learned from the own history.

Source: SILENCE.md, "What to do" and "Defaults"; deals/survival.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from django.db.models import Count

from deals import reply_times, survival
from deals.models import Deal, Silence, Stage
from deals.survival import Table
from outreach.models import StageChance

FEW = 30  # fewer silences than this say little: SILENCE.md, "Defaults", lets the floor wait for 30
WITHIN = timedelta(days=90)  # an answer later than that counts as none: SILENCE.md, "Defaults"
RENEWED_AFTER = timedelta(days=1)  # the curves of months hardly change in a day
GROWN = 1.5  # by half as much history again, after an import, and what was learned is old too
A_DAY, DEAREST = timedelta(days=1), 2.0  # what waiting is measured by, and may cost at most
LONGEST = 200  # rows of a stage: of a curve from 10,000 answers, each 50th

Row = Sequence[float]  # seconds, lasted, share, low, high: as StageChance keeps them


@dataclass(frozen=True, slots=True)
class Chance:
    """A share from 0 to 1 of silences answered within 90 days, with its 95 % interval.

    `lasted` is how many silences were this old, unanswered: those that it was learned from.
    """

    share: float
    low: float
    high: float
    lasted: int

    @property
    def is_from_few(self) -> bool:
        """Whether too few silences lasted that long to rely on it."""
        return self.lasted < FEW


@dataclass(frozen=True, slots=True)
class Chances:
    """What was learned of each stage, by its id: rows in order of age, and a typical amount."""

    stages: Mapping[int, Sequence[Row]] = field(default_factory=dict)
    amounts: Mapping[int, Decimal | None] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Chances:
        """Read what was learned last, in one query."""
        known = list(StageChance.objects.values_list("stage", "ages", "typical_amount"))
        ages = {stage: rows for stage, rows, _ in known}
        return cls(ages, {stage: amount for stage, _, amount in known})

    def of(self, stage_id: int, age: timedelta) -> Chance | None:
        """Return the chance of a silence of this age; None where nothing is known of so old ones."""
        rows = self.stages.get(stage_id, ())
        place = bisect_right(rows, age.total_seconds(), key=lambda row: row[0])
        if not place or not rows[place - 1][1]:
            return None
        _, lasted, share, low, high = rows[place - 1]
        return Chance(share, low, high, int(lasted))

    def waiting(self, stage_id: int, age: timedelta) -> float:
        """Return by what the chance of a silence of this age is divided if a day goes by: 1 to 2.

        The shares between two rows are taken as on a line; where few lasted a day costs nothing.
        """
        rows = [row for row in self.stages.get(stage_id, ()) if row[1] >= FEW]
        if not rows:
            return 1.0
        ages, shares = [row[0] for row in rows], [row[2] for row in rows]
        now = age.total_seconds()
        today, tomorrow = np.interp([now, now + A_DAY.total_seconds()], ages, shares)
        return min(max(today / tomorrow, 1.0), DEAREST) if tomorrow else 1.0


def are_due(now: datetime) -> bool:
    """Whether what was learned of some stage is older than a day, or from far less than there is."""
    return bool(_due(now))


def learn(now: datetime, *, by_hand: bool = False) -> None:
    """Learn anew of the stages that are due, or by hand of all, one after the other.

    Memory grows by 16 bytes for each silence of one stage. Safe to run twice, and side by side.
    """
    for stage in _stages() if by_hand else _due(now):
        table = reply_times.of_stage(stage, now)
        learned = {
            "ages": ages_of(table), "silences": int(table.at_risk[0]) if table.times.size else 0,
            "typical_amount": _typical_amount(stage), "learned_at": now,
        }  # fmt: skip
        StageChance.objects.update_or_create(stage_id=stage, defaults=learned)


def ages_of(table: Table) -> list[list[float]]:
    """Return a row for each age (in seconds) from which the chance is another one.

    That is where somebody was answered or closed, and so long before it that it comes in sight;
    of more than 200 such ages those that part the ends evenly. From where nobody was watched for
    as long as a chance looks ahead, one row without silences says that nothing is known.
    """
    if not table.times.size:
        return []
    within = WITHIN.total_seconds()
    ends, last = table.times[table.replied + table.closed > 0], table.times[-1]
    moments = np.unique(np.ceil(np.concatenate([[0.0], ends, ends - within])))
    moments = moments[moments >= 0]
    if moments.size > LONGEST:
        moments = moments[np.linspace(0, moments.size - 1, LONGEST).round().astype(int)]
    blind = np.floor([max(last - within, -1.0) + 1, last + 1])
    rows: list[list[float]] = []
    for age in np.unique(np.concatenate([moments, blind])):
        rows.append(_row(table, float(age), within))
        if not rows[-1][1]:
            break
    return rows


def _row(table: Table, age: float, within: float) -> list[float]:
    known = survival.chance(table, age, within)
    if known is None:
        return [age, 0, 0.0, 0.0, 1.0]
    return [age, known.lasted, *(round(share, 6) for share in (known.share, known.low, known.high))]


def _due(now: datetime) -> list[int]:
    fresh = StageChance.objects.filter(learned_at__gt=now - RENEWED_AFTER)
    known = dict(fresh.values_list("stage", "silences"))
    counts = Silence.objects.by_them().order_by().values_list("stage").annotate(Count("pk"))
    grown = {stage for stage, count in counts if count > GROWN * known.get(stage, 0) + FEW}
    return [stage for stage in _stages() if stage not in known or stage in grown]


def _stages() -> list[int]:
    return list(Stage.objects.order_by("pk").values_list("pk", flat=True))


def _typical_amount(stage: int) -> Decimal | None:
    """Return the median amount of a stage's open deals, the lower one of two, in two queries."""
    amounts = Deal.objects.open().filter(stage=stage, amount__gt=0).order_by("amount")
    middle = max(amounts.count() - 1, 0) // 2
    return amounts.values_list("amount", flat=True)[middle : middle + 1].first()


def say(chance: Chance) -> str:
    """Say a chance and the count behind it: "About 5 in 100 come back; 64 were this quiet."."""
    count = f"{'only ' if chance.is_from_few else ''}{chance.lasted:,}"
    return f"{_of_100(chance.share)} come back; {count} {_were(chance.lasted)} this quiet."


def say_interval(chance: Chance) -> str:
    """Say between what the true chance likely lies: "Likely 3 to 9 in 100."."""
    few = " Too few silences were this quiet to rely on it." if chance.is_from_few else ""
    return f"Likely {100 * chance.low:.0f} to {100 * chance.high:.0f} in 100.{few}"


def _of_100(share: float) -> str:
    return f"About {100 * share:.0f} in 100" if share >= 0.005 else "Fewer than 1 in 100"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
