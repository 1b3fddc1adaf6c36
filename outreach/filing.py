"""File away what nobody needs to see any more: suggestions that were overtaken or hold no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from deals.models import Silence
from outreach.models import Suggestion

State = Suggestion.State


def file_stale(silences: Iterable[int], now: datetime) -> set[int]:
    """File the pending suggestions of silences that no longer hold; return their contacts.

    The caller has the silences locked. One that an attempt overtook counts as done, at the
    attempt; the others are withdrawn and may be queued again. Source: SILENCE.md, "What the
    sweep does".
    """
    found = _stale(list(silences))
    if found:
        pending = Suggestion.objects.pending().filter(pk__in=found)
        _file_as_done(pending)
        pending.update(state=State.WITHDRAWN, acted_at=now, after=None)
    return set(found.values())


def _stale(silences: Sequence[int]) -> dict[int, int]:
    """Return the contacts of those of the silences that no longer hold, by id.

    The difference is taken here: databases plan an anti-join against `live()` badly.
    """
    theirs = Suggestion.objects.filter(silence__in=silences).order_by()
    live = set(theirs.live().values_list("pk", flat=True))
    pending = theirs.pending().values_list("pk", "contact")
    return {pk: contact for pk, contact in pending if pk not in live}


def _file_as_done(pending: QuerySet[Suggestion]) -> None:
    overtaken = Q(silence__attempted_at__gte=F("created_at")) | Q(
        step__lte=F("silence__dark_attempts")
    )
    attempt = Silence.objects.filter(pk=OuterRef("silence")).values("attempted_at")
    pending.filter(overtaken).update(state=State.DONE, acted_at=Subquery(attempt), after=None)
