"""Which open silences a new version of a calendar would turn dark now, and which not any more.

Asked of the indexes, between the cutoffs of both versions; what was held is judged singly. Nothing
is written. What has ended is judged by the versions of its time, whatever counts from now on.
Source: SILENCE.md, "When it is dark"; decision 124.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db.models import Q

from deals.cutoffs import NO_PROMISE, OPEN, Cutoffs
from deals.models import By, CalendarVersion, Silence, WorkCalendar
from deals.models.silences import SilenceQuerySet
from deals.policies import CALENDAR_TIME, Rulebook, Versions

NOTHING = Q(pk__in=[])
NEVER_DUE = datetime.min.replace(tzinfo=UTC)  # the cutoff of a calendar never open for so long


@dataclass(frozen=True)
class Effect:
    """The open silences on a calendar that a version would change.

    `now_dark` and `no_longer_dark` are by them, `now_overdue` and `no_longer_overdue` answers that
    we owe, which only the workspace's calendar judges; `judged` are all by them on it.
    """

    judged: SilenceQuerySet
    before: SilenceQuerySet
    now_dark: SilenceQuerySet
    no_longer_dark: SilenceQuerySet
    now_overdue: SilenceQuerySet
    no_longer_overdue: SilenceQuerySet


def effect(version: CalendarVersion, now: datetime) -> Effect:
    """Return what a version that is not saved yet would change as of `now`, if it counted from now."""
    calendar, rulebook = version.calendar, Rulebook.load()
    was = _only(rulebook, calendar, rulebook.calendars[calendar.pk], now)
    would = _only(rulebook, calendar, Versions([version]), now)
    here = Silence.objects.filter(calendar=calendar).order_by()
    sooner, later = _between(was, would, By.THEM, here)
    overdue, answered = NOTHING, NOTHING
    if calendar.is_workspace:
        overdue, answered = _between(was, would, By.US, here)
    return Effect(
        judged=here.open().by_them(),
        before=here.filter(was.due(By.THEM, among=here)),
        now_dark=here.filter(sooner),
        no_longer_dark=here.filter(later),
        now_overdue=here.filter(overdue),
        no_longer_overdue=here.filter(answered),
    )


def _only(
    rulebook: Rulebook, calendar: WorkCalendar, versions: Versions[CalendarVersion], now: datetime
) -> Cutoffs:
    """Return the cutoffs of every stage on one calendar, under some versions of it."""
    return Cutoffs(now, replace(rulebook, calendars={calendar.pk: versions}))


def _between(was: Cutoffs, would: Cutoffs, by: str, here: SilenceQuerySet) -> tuple[Q, Q]:
    """Return which silences come to be due, and which are due no longer."""
    sooner = later = held = NOTHING
    for stage, before, after in _cutoffs(was, would, by):
        judged = OPEN & NO_PROMISE & Q(by=by, stage=stage)
        between = Q(clock_from__gt=min(before, after), clock_from__lte=max(before, after))
        if after > before:
            sooner |= judged & between & Q(held_until=None)
        elif after < before:
            later |= judged & between & Q(held_until=None)
        held |= judged & Q(held_until__isnull=False)
    rows = list(here.filter(held))
    due, would_be = set(was.judged(rows)), set(would.judged(rows))
    return sooner | Q(pk__in=would_be - due), later | Q(pk__in=due - would_be)


def _cutoffs(was: Cutoffs, would: Cutoffs, by: str) -> Iterator[tuple[int, datetime, datetime]]:
    """Yield each stage that counts open hours with its cutoffs; the others go by no calendar."""
    before, after = ({each.stage: each.at for each in both.each(by)} for both in (was, would))
    [calendar] = was.rulebook.calendars
    for stage in was.rulebook.thresholds:
        policy = was.rulebook.policy(by, stage, calendar, was.now)
        if policy.clock is not CALENDAR_TIME:
            yield stage, before.get(stage, NEVER_DUE), after.get(stage, NEVER_DUE)
