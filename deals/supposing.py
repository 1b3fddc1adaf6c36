"""Which open silences of a stage another threshold would turn dark now, and which not any more.

Asked of the indexes alone, however many silences are open: only those between the cutoffs of the
two thresholds are read, and those that were held, which are judged singly. Nothing is written.
Source: SILENCE.md, "When it is dark".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, Q

from deals.cutoffs import NO_PROMISE, OPEN, Cutoffs
from deals.models import By, DarkSpell, Silence, Stage, Threshold
from deals.models.silences import SilenceQuerySet
from deals.policies import Rulebook, Versions
from deals.spans import validate_span

NOTHING = Q(pk__in=[])
NEVER_DUE = datetime.min.replace(tzinfo=UTC)  # the cutoff of a calendar never open for so long


@dataclass(frozen=True)
class Supposed:
    """The open silences of a stage that are dark `before`, and those that a threshold changes."""

    before: SilenceQuerySet
    now_dark: SilenceQuerySet
    no_longer_dark: SilenceQuerySet

    @property
    def once_more(self) -> SilenceQuerySet:
        """Those turned dark that were dark before in the same silence: they go dark once more.

        Not by a threshold that counts the past too. Source: decision 125.
        """
        return self.now_dark.filter(Exists(DarkSpell.objects.filter(silence=OuterRef("pk"))))


def suppose(stage: Stage, dark_after: str, now: datetime) -> Supposed:
    """Return what a threshold (such as "3w" or "4wh") would change as of `now`, writing nothing.

    Raises ValidationError for what is no span.
    """
    validate_span(dark_after)
    rulebook = Rulebook.load()
    was = _only(rulebook, stage, rulebook.thresholds.get(stage.pk), now)
    would = _only(rulebook, stage, Versions([Threshold(stage=stage, dark_after=dark_after)]), now)
    here = Silence.objects.filter(stage=stage).order_by()
    sooner, later = _between(was, would)
    newly, no_longer = _singly(was, would, here)
    return Supposed(
        before=here.filter(_by_index(was.due(By.THEM, among=here))),
        now_dark=here.filter(_by_index(sooner) | newly),
        no_longer_dark=here.filter(_by_index(later) | no_longer),
    )


def _only(
    rulebook: Rulebook, stage: Stage, versions: Versions[Threshold] | None, now: datetime
) -> Cutoffs:
    """Return the cutoffs of one stage, under some versions of its threshold; None is no threshold."""
    thresholds = {stage.pk: versions} if versions else {}
    return Cutoffs(now, replace(rulebook, thresholds=thresholds))


def _by_index(rows: Q) -> Q:
    """Ask of the marked and of the others, which have an index each."""
    return (rows & Q(dark_at=None)) | (rows & Q(dark_at__isnull=False))


def _between(was: Cutoffs, would: Cutoffs) -> tuple[Q, Q]:
    """Return which silences come to be due, and which are due no longer, by `clock_from` alone."""
    sooner = later = NOTHING
    for calendars, before, after in _cutoffs(was, would):
        between = Q(clock_from__gt=min(before, after), clock_from__lte=max(before, after))
        between &= _sure(was, would) & Q(calendar__in=calendars)
        if after > before:
            sooner |= between
        elif after < before:
            later |= between
    return sooner, later


def _cutoffs(was: Cutoffs, would: Cutoffs) -> Iterator[tuple[list[int], datetime, datetime]]:
    """Yield the cutoffs of the two, with the calendars that share them."""
    before, after = (
        {each.calendars[0]: each.at for each in cutoffs.each(By.THEM)} for cutoffs in (was, would)
    )
    shared: dict[tuple[datetime, datetime], list[int]] = {}
    for calendar in was.rulebook.calendars:
        pair = before.get(calendar, NEVER_DUE), after.get(calendar, NEVER_DUE)
        shared.setdefault(pair, []).append(calendar)
    for (old, new), calendars in shared.items():
        yield calendars, old, new


def _judged_by_them() -> Q:
    """Return what a threshold judges; a promise goes by its date, whatever the threshold."""
    return OPEN & NO_PROMISE & Q(by=By.THEM)


def _sure(was: Cutoffs, would: Cutoffs) -> Q:
    """Return what `clock_from` tells all of, as `Cutoff.sure` does, for both thresholds."""
    held = Q(held_until=None)
    if not _is_working(was, would):
        held |= Q(held_until__lte=was.now)
    return _judged_by_them() & held


def _singly(was: Cutoffs, would: Cutoffs, here: SilenceQuerySet) -> tuple[Q, Q]:
    """Judge the others one by one under both; return which come to be due, and which no longer."""
    held = Q(held_until__isnull=False)
    if not _is_working(was, would):
        held = Q(held_until__gt=was.now)
    rows = list(here.filter(_judged_by_them() & held))
    before, after = (
        set(cutoffs.judged(rows) if cutoffs.rulebook.thresholds else ()) for cutoffs in (was, would)
    )
    return Q(pk__in=after - before), Q(pk__in=before - after)


def _is_working(*several: Cutoffs) -> bool:
    """Whether any of them counts open hours only."""
    return any(
        versions.at(cutoffs.now).patience.is_working
        for cutoffs in several
        for versions in cutoffs.rulebook.thresholds.values()
    )
