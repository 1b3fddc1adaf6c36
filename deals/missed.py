"""What came and went between two sweeps: crossings and spells that a look at `now` alone cannot see.

A hold that began and ended, or a threshold that was raised and lowered again, while no sweep ran.
Source: SILENCE.md, "What is recorded does not depend on when sweeps ran".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from deals.cutoffs import Cutoff, Cutoffs
from deals.models import By, DarkSpell, Hold, Participation, Silence
from deals.policies import Rulebook
from deals.replay import replay
from deals.sweep import claim, last_sweep_at

EVER = datetime.min.replace(tzinfo=UTC)


def missed(now: datetime) -> list[int]:
    """Return the open silences that may have turned dark or ceased to be since the last sweep.

    Those that still are what they turned into are left to `mark_batch` and `lapse_batch`.
    """
    since = last_sweep_at() or EVER
    return sorted({*_held(since, now), *_judged_otherwise(since, now)})


@transaction.atomic
def catch_up(silences: Sequence[int], now: datetime) -> None:
    """Record what silences went through meanwhile; no open one is first marked dark here."""
    replay([deal for _, deal in claim(silences, Q())], now)


def _held(since: datetime, now: datetime) -> Iterator[int]:
    """Yield the silences that were under way when a hold began."""
    begun = Hold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=since))
    begun = begun.filter(starts_at__gt=since, starts_at__lte=now)
    of_deal = begun.filter(deal=OuterRef("deal"))
    leading = Q(contact__participations__is_primary=True)
    of_contact = begun.filter(leading, contact__participations__deal=OuterRef("deal"))
    led = Participation.objects.filter(is_primary=True, contact__in=begun.values("contact"))
    under_way = Q(starts_at__gt=OuterRef("started_at"))
    rows = Silence.objects.open().order_by().values_list("pk", flat=True)
    yield from rows.filter(Exists(of_deal.filter(under_way)), deal__in=begun.values("deal"))
    yield from rows.filter(Exists(of_contact.filter(under_way)), deal__in=led.values("deal"))


def _judged_otherwise(since: datetime, now: datetime) -> Iterator[int]:
    """Yield the silences that a new version of a threshold or calendar ended the spell of."""
    rulebook = Rulebook.load()
    changes = rulebook.changes(rulebook.thresholds, rulebook.calendars)
    for at in (at for at in changes if since < at <= now):
        before = Cutoffs(at - timedelta.resolution, rulebook)
        for by in (By.THEM, By.US):
            old = {(cutoff.stage, cutoff.calendars): cutoff for cutoff in before.each(by)}
            for cutoff in Cutoffs(at, rulebook).each(by):
                known = old.get((cutoff.stage, cutoff.calendars))
                if at in rulebook.changes([cutoff.stage], cutoff.calendars):
                    yield from _ended_by(cutoff, known, at)


def _ended_by(cutoff: Cutoff, before: Cutoff | None, at: datetime) -> Iterator[int]:
    """Yield those that were due before a version and not by it, and do not say so."""
    marked = Q(dark_at__lt=at, clock_from__gt=cutoff.at)
    due_before = Q(dark_at=None, clock_from__gt=cutoff.at)
    due_before &= Q(clock_from__lte=before.at) if before else Q(pk__in=[])
    judged = Silence.objects.filter(cutoff.scope, started_at__lt=at)
    found = judged.filter(marked | due_before | Q(held_until__isnull=False))
    told = DarkSpell.objects.filter(silence__in=found, ended_at=at)
    yield from found.exclude(pk__in=told.values("silence")).values_list("pk", flat=True)
