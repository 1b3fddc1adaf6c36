"""Which step of re-engaging a dark silence is at, and when the next one is due.

Source: SILENCE.md, "What the sweep does" and the table of defaults.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from django.db.models import Max, Q

from deals.models import Silence, Threshold
from deals.policies import Rulebook
from outreach.models import Suggestion

MOST = 50  # steps that a wait tells apart: more than a stage has room for waits
PARTS = 100  # SQLite takes 500 in one query
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """The step that is next, counted from 1, and since when the one before goes unanswered."""

    number: int
    since: datetime | None = None


@dataclass
class Steps:
    """The next steps of dark silences as of an instant, judged by the thresholds in force."""

    now: datetime
    rulebook: Rulebook
    _cutoffs: dict[tuple[int, int, int], datetime] = field(default_factory=dict)

    @classmethod
    def at(cls, now: datetime) -> Steps:
        """Read the thresholds and calendars, in three queries."""
        return cls(now, Rulebook.load())

    def over(self) -> Iterator[int]:
        """Yield the silences whose wait for a step is over, for many policies in one query.

        As for the thresholds: no date is stored, each policy has one cutoff. Each part of a query
        is one range of an index, so that what waits longer is not read.
        """
        parts = (part for stage in self.rulebook.thresholds for part in self._over(stage))
        while some := list(islice(parts, PARTS)):
            first, *others = (
                Silence.objects.filter(part).order_by().values_list("pk") for part in some
            )
            yield from (pk for (pk,) in first.union(*others, all=True))

    def _over(self, stage: int) -> Iterator[Q]:
        last = max(len(self.rulebook.threshold(stage, self.now).spacing_spans), 1) + 1
        for number in range(2, last + 1):
            numbers = range(number, MOST + 1) if number == last else [number]
            for at, calendars in self._cutoffs_of(stage, number).items():
                yield Q(
                    stage=stage, calendar__in=calendars, waiting_step__in=numbers,
                    waiting_since__lte=at, is_settled=True,
                )  # fmt: skip

    def is_due(self, silence: Silence, step: Step) -> bool:
        """Whether the step before went unanswered for the stage's spacing on their calendar.

        The last wait of the list repeats; the first step waits for nothing.
        """
        if step.since is None:
            return True
        return step.since <= self._cutoff(silence.stage_id, silence.calendar_id, step.number)

    def threshold(self, silence: Silence) -> Threshold:
        """Return the threshold in force for a silence: it says how many attempts there are."""
        return self.rulebook.threshold(silence.stage_id, self.now)

    def _cutoffs_of(self, stage: int, number: int) -> dict[datetime, list[int]]:
        """Return the cutoffs of a stage's step, each with the calendars that share it."""
        shared = defaultdict(list)
        for calendar in self.rulebook.calendars:
            shared[self._cutoff(stage, calendar, number)].append(calendar)
        return shared

    def _cutoff(self, stage: int, calendar: int, number: int) -> datetime:
        """Return until when the step before must have been taken for this one to be due."""
        key = (stage, calendar, number)
        if key not in self._cutoffs:
            self._cutoffs[key] = self._reckoned(*key)
        return self._cutoffs[key]

    def _reckoned(self, stage: int, calendar: int, number: int) -> datetime:
        waits = self.rulebook.threshold(stage, self.now).spacing_spans
        if not waits:
            return self.now
        wait = waits[min(number - 1, len(waits)) - 1]
        policy = self.rulebook.measure(wait, calendar, self.now)
        try:
            return policy.clock.back(self.now, policy.threshold)
        except OverflowError:
            return NEVER  # a calendar never open for so long


def acted_on(silences: Iterable[int]) -> dict[int, Step]:
    """Return the highest step that a person did or dismissed on each silence, and when the last."""
    rows = Suggestion.objects.acted().filter(silence__in=list(silences)).order_by()
    found = rows.values_list("silence").annotate(Max("step"), Max("acted_at"))
    return {silence: Step(step, acted_at) for silence, step, acted_at in found}


def next_steps(silences: Iterable[Silence]) -> dict[int, Step]:
    """Return the next step of each silence, due or not, in one query for all."""
    rows = list(silences)
    acted = acted_on(row.pk for row in rows)
    return {row.pk: _next(row, acted) for row in rows}


def _next(silence: Silence, acted: Mapping[int, Step]) -> Step:
    """Return the step after the attempts since it went dark and after what a person acted on."""
    done = acted.get(silence.pk, Step(0))
    tried_at = silence.attempted_at if silence.dark_attempts else None
    since = max((at for at in (tried_at, done.since) if at), default=None)
    return Step(1 + max(silence.dark_attempts, done.number), since)
