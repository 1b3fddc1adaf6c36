"""How long things take in one stage for one account, as the thresholds in force say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from deals.darkness import Policy
from deals.policies import Rulebook
from deals.spans import Span
from outreach.demo.people import Account
from outreach.demo.rhythms import Rhythm


@dataclass(frozen=True)
class Scale:
    """How long things take in one stage, for one account, judged at the demo's now."""

    now: datetime
    rulebook: Rulebook
    stage: int
    account: Account
    random: Random

    def policy(self, by: str) -> Policy:
        """Return what judges a silence now."""
        calendar = self.rulebook.workspace_calendar if by == "us" else self.account.calendar.pk
        return self.rulebook.policy(by, self.stage, calendar, self.now)

    def due(self, by: str, at: datetime) -> datetime:
        """Return when a silence must have begun to be due at an instant."""
        policy = self.policy(by)
        return policy.clock.back(at, policy.threshold)

    def share(self, by: str, low: float, high: float, rhythm: Rhythm) -> datetime:
        """Return when a silence may have begun of whose threshold such a share is used up now.

        Somebody was at it then, wherever that can be.
        """
        policy = self.policy(by)
        early = policy.clock.back(self.now, policy.threshold * high)
        late = policy.clock.back(self.now, policy.threshold * low)
        for _ in range(60):
            at = early + (late - early) * self.random.random()
            if rhythm.is_on(at):
                return at.replace(second=0, microsecond=0)
        return late.replace(microsecond=0)

    def spacing(self, attempt: int) -> timedelta:
        """Return how long the stage waits after an attempt, counted from 1, before the next."""
        waits = self.rulebook.threshold(self.stage, self.now).spacing_spans
        return self.length(waits[min(attempt, len(waits)) - 1])

    def length(self, span: Span) -> timedelta:
        """Return a span's length on the account's calendar."""
        return self.rulebook.measure(span, self.account.calendar.pk, self.now).threshold

    def work_back(self, at: datetime, amount: timedelta) -> datetime:
        """Return an instant so much of the account's working time before another."""
        clock = self.rulebook.work_clock(self.account.calendar.pk, self.now)
        return clock.back(at, amount)
