"""Which patience and which clock are in force: thresholds and calendars through time."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Generic, Self, TypeVar

from deals.darkness import Policy
from deals.models import CalendarVersion, Threshold, WorkCalendar
from deals.spans import Span
from deals.worktime import CalendarClock, WorkClock

CALENDAR_TIME = CalendarClock()


V = TypeVar("V", Threshold, CalendarVersion)


class Versions(Generic[V]):
    """The versions of one thing in order of creation: which one counts at an instant.

    One without `counts_from` counts from the beginning and makes those before it void; before
    the first, the first counts. Source: SILENCE.md, "When it is dark".
    """

    def __init__(self, versions: Sequence[V]) -> None:
        whole = max((i for i, version in enumerate(versions) if not version.counts_from), default=0)
        later: list[tuple[datetime, int]] = sorted(
            (version.counts_from, place)
            for place, version in enumerate(versions)
            if place > whole and version.counts_from
        )
        self.changes = [since for since, _ in later]
        places = [whole, *(place for _, place in later)]
        self._versions: list[V] = [versions[place] for place in places]

    def at(self, instant: datetime) -> V:
        """Return the version in force at an instant."""
        return self._versions[bisect_right(self.changes, instant)]


@dataclass(frozen=True)
class Rulebook:
    """Every threshold and calendar of the workspace, through time; read once, asked often."""

    thresholds: dict[int, Versions[Threshold]]
    calendars: dict[int, Versions[CalendarVersion]]
    workspace_calendar: int

    @classmethod
    def load(cls) -> Self:
        """Read the workspace's thresholds and calendars, in three queries."""
        own = WorkCalendar.objects.filter(is_workspace=True).values_list("pk", flat=True)
        return cls(
            thresholds=_by("stage_id", Threshold.objects.order_by("pk")),
            calendars=_by("calendar_id", CalendarVersion.objects.order_by("pk")),
            workspace_calendar=own[0],
        )

    def threshold(self, stage: int, at: datetime) -> Threshold:
        """Return the version of a stage's threshold in force at an instant."""
        return self.thresholds[stage].at(at)

    def work_clock(self, calendar: int, at: datetime) -> WorkClock:
        """Return the working time of a calendar as it stood at an instant."""
        return clock_of(self.calendars[calendar].at(at))

    def policy(self, by: str, stage: int, calendar: int, at: datetime) -> Policy:
        """Return what judges a silence at an instant.

        By us it is how long we may owe an answer, else how long they may take.
        """
        threshold = self.threshold(stage, at)
        span = threshold.reply_span if by == "us" else threshold.patience
        return self.measure(span, calendar, at)

    def measure(self, span: Span, calendar: int, at: datetime) -> Policy:
        """Return a span with its clock; working units go by the calendar."""
        work = self.work_clock(calendar, at)
        open_day = work.average_open_day()
        if span.is_working:
            return Policy(span.length(open_day), work, open_day)
        return Policy(span.length(open_day), CALENDAR_TIME)

    def changes(self, stages: Iterable[int], calendars: Iterable[int]) -> list[datetime]:
        """Return when the thresholds of these stages or these calendars changed."""
        instants = {at for stage in stages for at in self.thresholds[stage].changes}
        instants.update(at for calendar in calendars for at in self.calendars[calendar].changes)
        return sorted(instants)


def _by(key: str, rows: Iterable[V]) -> dict[int, Versions[V]]:
    grouped: dict[int, list[V]] = {}
    for row in rows:
        grouped.setdefault(getattr(row, key), []).append(row)
    return {pk: Versions(versions) for pk, versions in grouped.items()}


def clock_of(version: CalendarVersion) -> WorkClock:
    """Return the working time that a calendar version describes."""
    parts = (version.hours, sorted(version.holidays), version.special, version.time_zone)
    return _clock(json.dumps(parts, sort_keys=True))


@lru_cache(maxsize=512)
def _clock(parts: str) -> WorkClock:
    """Build a clock once for each content: it keeps its year tables between uses."""
    hours, holidays, special, time_zone = json.loads(parts)
    return WorkClock(
        {int(weekday): _hours(spans) for weekday, spans in hours.items()},
        time_zone,
        holidays=frozenset(date.fromisoformat(day) for day in holidays),
        special={date.fromisoformat(day): _hours(spans) for day, spans in special.items()},
    )


def _hours(spans: Iterable[Sequence[str]]) -> list[tuple[time, time]]:
    """Read ["09:00", "17:00"] pairs; "24:00" is midnight at the day's end."""
    return [(_time(start), _time(end)) for start, end in spans]


def _time(text: str) -> time:
    return time() if text == "24:00" else time.fromisoformat(text)
