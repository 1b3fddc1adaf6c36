"""What the open deal says of its chance of an answer, and of its place on Today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach import chances, ranking
from outreach.chances import Chances
from outreach.models import Suggestion

UNKNOWN = "Too little is known yet to say how many as quiet as this come back."


@dataclass(frozen=True, slots=True)
class Odds:
    """The chance in a sentence, with what stands behind it."""

    said: str
    interval: str
    place: str


def read(suggestion: Suggestion, now: datetime) -> Odds:
    """Say the chance of an answer to the silence of a suggestion as of now, in one query."""
    age = now - suggestion.silence.started_at
    known = Chances.load().of(suggestion.silence.stage_id, age)
    place = ranking.say(suggestion.rank_parts)
    if known is None:
        return Odds(UNKNOWN, "", place)
    return Odds(chances.say(known), chances.say_interval(known), place)
