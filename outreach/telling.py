"""Announce new suggestions to programs elsewhere. Source: SILENCE.md, "What the sweep does"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from deals import announcing
from deals.announcing import NEWS, Content, News
from deals.models import Announcement, DarkSpell, Deal
from outreach.models import Suggestion


def tell_new(suggestions: Sequence[Suggestion], now: datetime) -> None:
    """Announce what was just queued, in the caller's transaction.

    Not what follows from a crossing that was recorded too late to be news, as a first import's is.
    """
    told = [one for one in suggestions if one.spell and _is_news(one.spell, now)]
    if told:
        deals = Deal.objects.in_bulk([one.deal_id for one in told])
        announcing.announce(_news(told, deals, now), now)


def _is_news(spell: DarkSpell, now: datetime) -> bool:
    """Whether a crossing was recorded in time, or long ago: then this is a later step."""
    return spell.recorded_at - spell.started_at <= NEWS or now - spell.recorded_at > NEWS


def _news(
    suggestions: Iterable[Suggestion], deals: dict[int, Deal], now: datetime
) -> Iterable[News]:
    for one in suggestions:
        dark_at = one.spell.started_at if one.spell else None
        content = {"suggestion": about_suggestion(one)}
        yield News(
            Announcement.Kind.SUGGESTION_CREATED, deals[one.deal_id], now, one.silence, dark_at,
            content,
        )  # fmt: skip


def about_suggestion(suggestion: Suggestion) -> Content:
    """Return what is told of a suggestion: what to do and with whom, and none of its words."""
    return {
        "id": suggestion.pk,
        "step": suggestion.step,
        "play": suggestion.play,
        "channel": suggestion.channel or None,
        "contact_id": suggestion.contact_id,
        "reason": suggestion.reason,
        "confidence": suggestion.confidence,
    }
