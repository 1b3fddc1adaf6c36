"""How a contact answers on each channel, counted from their touches in order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from deals.models import Direction
from outreach.plays import Answers


def answers_of(touches: Iterable[tuple[str, str]]) -> dict[str, Answers]:
    """Count (channel, direction) pairs, in the order in which they happened, by channel.

    A touch of ours is answered when they are heard next on its channel, before we use that
    channel again; a call they took answers itself. What they said there unasked counts apart.
    """
    tried: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    unasked: Counter[str] = Counter()
    waiting: set[str] = set()
    for channel, direction in touches:
        if direction == Direction.OUTBOUND:
            tried[channel] += 1
            waiting.add(channel)
        elif direction == Direction.TWO_WAY:
            tried[channel] += 1
            answered[channel] += 1
            waiting.discard(channel)
        elif channel in waiting:
            answered[channel] += 1
            waiting.discard(channel)
        else:
            unasked[channel] += 1
    channels = tried.keys() | unasked.keys()
    return {each: Answers(tried[each], answered[each], unasked[each]) for each in channels}
