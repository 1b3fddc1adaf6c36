"""How a silence stands now: waiting, dimming, dark, held, overdue; and how full its meter is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from deals import histories
from deals.darkness import Interval, Policy, crossing, elapsed, merged
from deals.models import By, Silence
from deals.policies import Rulebook

DIMMING_SHARE = 0.75  # SILENCE.md, "Words": past three quarters of the threshold


class State(StrEnum):
    """How a silence stands at an instant. Source: SILENCE.md, "Words" and "Holds"."""

    WAITING = "waiting"
    DIMMING = "dimming"
    DARK = "dark"
    HELD = "held"
    OURS = "ours"
    OVERDUE = "overdue"
    NOBODY = "nobody"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Standing:
    """One silence at one instant: `elapsed` and `threshold` on its clock, `due_at` in UTC.

    `day` is how long a day of that clock is: 24 hours, or an average open day.
    """

    by: str
    state: State
    elapsed: timedelta
    threshold: timedelta
    due_at: datetime
    day: timedelta = timedelta(days=1)
    held_to: datetime | None = None
    promised_at: datetime | None = None

    @property
    def share(self) -> float:
        """How much of the threshold is used up: 1.0 is the crossing."""
        return self.elapsed / self.threshold if self.threshold else 1.0


STATES = {
    By.THEM: (State.WAITING, State.DIMMING, State.DARK),
    By.US: (State.OURS, State.OURS, State.OVERDUE),
    By.NOBODY: (State.NOBODY, State.NOBODY, State.STALE),
}


def judge(
    by: str,
    start: datetime,
    *,
    now: datetime,
    policy: Policy,
    holds: Sequence[Interval] = (),
    promised_at: datetime | None = None,
) -> Standing:
    """Return how an open silence from `start` stands; `holds` are merged and begin at it or later.

    A promise that stands replaces the threshold: its share is of the time up to its date.
    """
    used, threshold = elapsed(start, now, policy.clock, holds), policy.threshold
    due, day = crossing(start, policy, holds), policy.day
    if promised_at is not None:
        used, threshold, due = now - start, promised_at - start, promised_at
        day = timedelta(days=1)
    held_to = next((hold.to for hold in holds if hold.since <= now < hold.to), None)
    fine, near, over = STATES[By(by)]
    state = over if now >= due else near if used >= DIMMING_SHARE * threshold else fine
    if held_to is not None and by == By.THEM:
        state = State.HELD
    elif held_to is not None:
        state = fine
    return Standing(by, state, used, threshold, due, day, held_to, promised_at)


def of(
    silences: Iterable[Silence], now: datetime, rulebook: Rulebook | None = None
) -> dict[int, Standing]:
    """Return how open silences stand, by their ids; a bounded number of queries for all."""
    rows = list(silences)
    rulebook = rulebook or Rulebook.load()
    held = [row.deal_id for row in rows if row.held_until is not None]
    known = histories.waiting(held, rulebook) if held else {}
    return {
        row.pk: judge(
            row.by,
            row.started_at,
            now=now,
            policy=rulebook.policy(row.by, row.stage_id, row.calendar_id, now),
            holds=clipped(known[row.deal_id].holds, row.started_at) if row.held_until else (),
            promised_at=row.promised_at,
        )
        for row in rows
    }


def clipped(holds: Iterable[Interval], start: datetime) -> list[Interval]:
    """Return holds merged; one that began before the silence counts from the silence's start."""
    return merged(Interval(max(hold.since, start), hold.to) for hold in holds)
