"""File away what nobody needs to see any more: suggestions that were overtaken or hold no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from deals.models import Silence
from outreach.models import Suggestion, SuggestionQuerySet

State = Suggestion.State


def stale_silences() -> list[int]:
    """Return the silences that have a pending suggestion which no longer holds."""
    return sorted(set(_stale(Suggestion.objects.all(), "silence").values()))


def file_stale(silences: Iterable[int], now: datetime) -> set[int]:
    """File the pending suggestions of silences that no longer hold; return their contacts.

    The caller has the silences locked. One that an attempt overtook counts as done, at the
    attempt; the others are withdrawn and may be queued again. Source: SILENCE.md, "What the
    sweep does".
    """
    found = _stale(Suggestion.objects.filter(silence__in=list(silences)), "contact")
    if found:
        pending = Suggestion.objects.pending().filter(pk__in=found)
        _file_as_done(pending)
        pending.update(state=State.WITHDRAWN, acted_at=now, after=None)
    return set(found.values())


def _stale(suggestions: SuggestionQuerySet, field: str) -> dict[int, int]:
    """Return a field of those that no longer hold, by id.

    The difference is taken here: databases plan an anti-join against `live()` badly.
    """
    live = set(suggestions.live().order_by().values_list("pk", flat=True))
    pending = suggestions.pending().order_by().values_list("pk", field)
    return {pk: value for pk, value in pending if pk not in live}


def _file_as_done(pending: QuerySet[Suggestion]) -> None:
    overtaken = Q(silence__attempted_at__gte=F("created_at")) | Q(
        step__lte=F("silence__dark_attempts")
    )
    attempt = Silence.objects.filter(pk=OuterRef("silence")).values("attempted_at")
    pending.filter(overtaken).update(state=State.DONE, acted_at=Subquery(attempt), after=None)
