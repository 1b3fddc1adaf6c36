"""What a reader does today: whose deals went dark, who waits for us, what dims next."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from accounts.models import User
from outreach.models import Suggestion, SuggestionQuerySet


def queued(user: User, now: datetime) -> SuggestionQuerySet:
    """Return the live suggestions of a reader's own deals that nobody put off beyond now."""
    rested = Q(state=Suggestion.State.QUEUED) | Q(snoozed_until__lte=now)
    return Suggestion.objects.live().filter(rested, owner=user)
