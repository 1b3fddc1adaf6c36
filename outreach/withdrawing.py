"""Which suggestions go when silences stop being dark: told before a threshold is changed."""

from __future__ import annotations

from django.db.models import QuerySet

from deals.models import Silence
from outreach.models import Suggestion
from outreach.models.suggestions import SuggestionQuerySet


def to_withdraw(silences: QuerySet[Silence]) -> SuggestionQuerySet:
    """Return the live suggestions of silences, which hold only while these are dark."""
    return Suggestion.objects.live().filter(silence__in=silences.order_by().values("pk"))


def would_withdraw(silences: QuerySet[Silence]) -> int:
    """Count them."""
    return to_withdraw(silences).count()
