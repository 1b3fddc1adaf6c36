"""How likely a silence as old as this one still ends in a reply, learned from the own history.

Source: SILENCE.md, "What to do" and "Defaults"; deals/survival.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from outreach.models import StageChance

FEW = 30  # fewer silences than this say little: SILENCE.md, "Defaults", lets the floor wait for 30

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
    """What was learned of each stage, by its id, in order of age."""

    stages: Mapping[int, Sequence[Row]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Chances:
        """Read what was learned last, in one query."""
        return cls(dict(StageChance.objects.values_list("stage", "ages")))

    def of(self, stage_id: int, age: timedelta) -> Chance | None:
        """Return the chance of a silence of this age; None where nothing is known of so old ones."""
        rows = self.stages.get(stage_id, ())
        place = bisect_right(rows, age.total_seconds(), key=lambda row: row[0])
        if not place or not rows[place - 1][1]:
            return None
        _, lasted, share, low, high = rows[place - 1]
        return Chance(share, low, high, int(lasted))


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
