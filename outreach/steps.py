"""Which step of re-engaging a dark silence is at, and when the next one is due.

Source: SILENCE.md, "What the sweep does" and the table of defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max

from deals.models import Silence, Threshold
from deals.policies import Rulebook
from outreach.models import Suggestion


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

    def due(self, silences: Iterable[Silence]) -> dict[int, Step]:
        """Return the next step of each silence where it is due, in one query for all."""
        rows = list(silences)
        acted = acted_on(row.pk for row in rows)
        steps = {row.pk: next_step(row, acted) for row in rows}
        return {row.pk: steps[row.pk] for row in rows if self.is_due(row, steps[row.pk])}

    def is_due(self, silence: Silence, step: Step) -> bool:
        """Whether the step before went unanswered for the stage's spacing on their calendar.

        The last wait of the list repeats; the first step waits for nothing.
        """
        if step.since is None:
            return True
        key = (silence.stage_id, silence.calendar_id, step.number)
        if key not in self._cutoffs:
            self._cutoffs[key] = self._cutoff(*key)
        return step.since <= self._cutoffs[key]

    def threshold(self, silence: Silence) -> Threshold:
        """Return the threshold in force for a silence: it says how many attempts there are."""
        return self.rulebook.threshold(silence.stage_id, self.now)

    def _cutoff(self, stage: int, calendar: int, number: int) -> datetime:
        """Return until when the step before must have been taken for this one to be due."""
        waits = self.rulebook.threshold(stage, self.now).spacing_spans
        if not waits:
            return self.now
        wait = waits[min(number - 1, len(waits)) - 1]
        policy = self.rulebook.measure(wait, calendar, self.now)
        return policy.clock.back(self.now, policy.threshold)


def acted_on(silences: Iterable[int]) -> dict[int, Step]:
    """Return the highest step that a person did or dismissed on each silence, and when the last."""
    rows = Suggestion.objects.acted().filter(silence__in=list(silences)).order_by()
    found = rows.values_list("silence").annotate(Max("step"), Max("acted_at"))
    return {silence: Step(step, acted_at) for silence, step, acted_at in found}


def next_step(silence: Silence, acted: Mapping[int, Step]) -> Step:
    """Return the step after the attempts since it went dark and after what a person acted on."""
    done = acted.get(silence.pk, Step(0))
    tried_at = silence.attempted_at if silence.dark_attempts else None
    since = max((at for at in (tried_at, done.since) if at), default=None)
    return Step(1 + max(silence.dark_attempts, done.number), since)
