"""File away what nobody needs to see any more: suggestions that were overtaken or hold no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from deals.models import Silence
from outreach.models import Suggestion

State = Suggestion.State


def stale() -> QuerySet[Suggestion]:
    """Return the pending suggestions that no longer hold."""
    live = Suggestion.objects.live().filter(pk=OuterRef("pk")).values("pk")
    return Suggestion.objects.pending().exclude(pk__in=Subquery(live))


def file_stale(silences: Iterable[int], now: datetime) -> set[int]:
    """File the pending suggestions of silences that no longer hold; return their contacts.

    The caller has the silences locked. One that an attempt overtook counts as done, at the
    attempt; the others are withdrawn and may be queued again. Source: SILENCE.md, "What the
    sweep does".
    """
    rows = stale().filter(silence__in=list(silences)).order_by("pk")
    found = dict(rows.values_list("pk", "contact"))
    if found:
        pending = Suggestion.objects.pending().filter(pk__in=found)
        _file_as_done(pending)
        pending.update(state=State.WITHDRAWN, acted_at=now, after=None)
    return set(found.values())


def _file_as_done(pending: QuerySet[Suggestion]) -> None:
    overtaken = Q(silence__attempted_at__gte=F("created_at")) | Q(
        step__lte=F("silence__dark_attempts")
    )
    attempt = Silence.objects.filter(pk=OuterRef("silence")).values("attempted_at")
    pending.filter(overtaken).update(state=State.DONE, acted_at=Subquery(attempt), after=None)
