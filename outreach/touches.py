"""Record a touch and what it means for the suggestion it answers."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from deals import conversation
from deals.models import By, Deal, Direction, Silence, Touch
from outreach import suggest
from outreach.models import Suggestion


@transaction.atomic
def log(
    deal: Deal, touch: Touch, *, user: User | None, now: datetime,
    promised_at: datetime | None = None,
) -> Touch:  # fmt: skip
    """Record a touch of a rep; an attempt at a dark silence counts as its suggestion done.

    Raises ValidationError for a date in the future.
    """
    recorded = conversation.record(deal, touch, now=now, promised_at=promised_at).touch
    silence = _attempted_by(recorded)
    if silence is not None:
        suggest.attempted(silence, user=user, now=now)
    return recorded


@transaction.atomic
def take_back(touch: Touch, *, now: datetime) -> None:
    """Delete a touch as if it had never been logged: the suggestion it did is open again."""
    silence = _attempted_by(touch)
    conversation.delete(touch, now=now)
    if silence is None:
        return
    done = silence.suggestions.filter(
        state=Suggestion.State.DONE, created_at__lte=touch.recorded_at
    )
    last = done.filter(acted_at__gte=touch.recorded_at).order_by("acted_at", "pk").first()
    if last is not None:
        suggest.undo(last, now=now)


def _attempted_by(touch: Touch) -> Silence | None:
    """Return the silence that is dark now and that a touch of ours was an attempt at."""
    if touch.direction != Direction.OUTBOUND or not touch.is_delivered:
        return None
    dark = Silence.objects.open().filter(deal=touch.deal_id, by=By.THEM)
    return dark.filter(dark_at__lte=touch.occurred_at).first()
