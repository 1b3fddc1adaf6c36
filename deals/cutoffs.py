"""The latest start that is due by now, for each policy: how many deals are asked at once.

No deadline is stored. For each policy (a stage's threshold and clock, on one calendar) a
silence is due when its `clock_from` is at or before `clock.back(now, threshold)`.
Source: SILENCE.md, "When it is dark".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from deals import standing
from deals.models import By, Silence
from deals.policies import CALENDAR_TIME, Rulebook
from deals.standing import DIMMING_SHARE, State

OPEN = Q(ended_at=None)
NO_PROMISE = Q(promised_at=None)


@dataclass(frozen=True)
class Cutoff:
    """One policy's cutoff: which silences (`by` whom, in which stage, on which calendars) it judges."""

    by: str
    stage: int
    calendars: tuple[int, ...]
    at: datetime
    is_working: bool

    @property
    def scope(self) -> Q:
        """The open silences that the policy judges by a threshold; promised ones go by their date."""
        return OPEN & NO_PROMISE & Q(by=self.by, stage=self.stage, calendar__in=self.calendars)

    def sure(self, now: datetime) -> Q:
        """What the cutoff alone can tell: `clock_from` says all of it."""
        if self.is_working:
            return self.scope & Q(held_until=None)
        return self.scope & (Q(held_until=None) | Q(held_until__lte=now))

    def single(self, now: datetime) -> Q:
        """What has to be judged singly: on a working clock all that was ever held."""
        held = Q(held_until__isnull=False)
        return self.scope & (held if self.is_working else held & Q(held_until__gt=now))


@dataclass(frozen=True)
class Cutoffs:
    """Every policy of the workspace as of one instant."""

    now: datetime
    rulebook: Rulebook

    @classmethod
    def at(cls, now: datetime) -> Cutoffs:
        """Read the policies in force at an instant, in three queries."""
        return cls(now, Rulebook.load())

    def each(self, by: str, share: float = 1.0) -> Iterator[Cutoff]:
        """Yield the cutoff of each policy for silences by them, by us or by nobody.

        `share` is how much of the threshold must have passed.
        """
        calendars = [self.rulebook.workspace_calendar] if by == By.US else self.rulebook.calendars
        for stage in self.rulebook.thresholds:
            for calendar in calendars:
                policy = self.rulebook.policy(by, stage, calendar, self.now)
                try:
                    at = policy.clock.back(self.now, policy.threshold * share)
                except OverflowError:
                    continue  # a calendar never open for so long: nothing on it is due
                yield Cutoff(by, stage, (calendar,), at, policy.clock is not CALENDAR_TIME)

    def due(self, by: str, share: float = 1.0, among: QuerySet[Silence] | None = None) -> Q:
        """Return which open silences are past a share of their threshold, held ones left out.

        Held and promised ones are judged one by one: `among` says whose are wanted.
        """
        rows = Silence.objects.all() if among is None else among
        due = Q(pk__in=self._singly_due(by, share, rows))
        for cutoff in self.widest(by, share):
            due |= cutoff.sure(self.now) & Q(clock_from__lte=cutoff.at)
        return due

    def widest(self, by: str, share: float = 1.0) -> Iterator[Cutoff]:
        """Yield the same cutoffs, with calendars that share one told together.

        In calendar time that is all of them, which keeps a question about many calendars short.
        """
        shared: dict[Cutoff, list[int]] = {}
        for cutoff in self.each(by, share):
            alone = replace(cutoff, calendars=())
            shared.setdefault(alone, []).extend(cutoff.calendars)
        for alone, calendars in shared.items():
            yield replace(alone, calendars=tuple(calendars))

    def _singly_due(self, by: str, share: float, rows: QuerySet[Silence]) -> list[int]:
        held = Q(pk__in=[])
        for cutoff in self.widest(by, share):
            held |= cutoff.single(self.now) & Q(started_at__lte=cutoff.at)
        promised = OPEN & Q(by=by, promised_at__isnull=False)
        if share == 1.0:
            promised &= Q(promised_at__lte=self.now)
        return self.judged(rows.filter(held | promised), share)

    def judged(self, rows: object, share: float = 1.0) -> list[int]:
        """Return the ids of those silences that are past the share when judged one by one."""
        found = standing.of(rows, self.now, self.rulebook)  # type: ignore[arg-type]
        return [
            pk
            for pk, stands in found.items()
            if stands.state != State.HELD and not stands.held_to and stands.share >= share
        ]

    def dark(self) -> Q:
        """Return which silences by them are dark now."""
        return self.due(By.THEM)

    def dimming(self) -> Q:
        """Return which silences by them are dimming now: past three quarters, not yet dark."""
        return self.due(By.THEM, DIMMING_SHARE) & ~self.dark()
