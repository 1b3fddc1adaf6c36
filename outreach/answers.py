"""How a contact answers on each channel, counted from their touches in order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from deals.models import Direction


@dataclass(frozen=True, slots=True)
class Answers:
    """How a person answers on one channel.

    Of `tried` touches of ours, `answered` were followed by their answer on the same channel;
    `unasked` is how often they came to us there by themselves.
    """

    tried: int = 0
    answered: int = 0
    unasked: int = 0


class Told(NamedTuple):
    """One touch of a conversation; `team` is whose it was, None where nobody's."""

    channel: str
    direction: str
    team: int | None = None


class Try(NamedTuple):
    """One touch of ours and whether it was answered."""

    channel: str
    team: int | None
    is_answered: bool


def answers_of(touches: Iterable[Told]) -> dict[str, Answers]:
    """Count by channel what became of touches, which come in the order in which they happened."""
    tried: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    unasked: Counter[str] = Counter()
    for each in outcomes(touches):
        if isinstance(each, Told):
            unasked[each.channel] += 1
        else:
            tried[each.channel] += 1
            answered[each.channel] += each.is_answered
    channels = tried.keys() | unasked.keys()
    return {each: Answers(tried[each], answered[each], unasked[each]) for each in channels}


def outcomes(touches: Iterable[Told]) -> Iterator[Try | Told]:
    """Yield what became of each touch of ours to one contact, and what they said unasked.

    A touch of ours is answered when they are heard next on its channel, before we use that
    channel again; a call they took answers itself.
    """
    waiting: dict[str, Told] = {}
    for touch in touches:
        before = waiting.pop(touch.channel, None)
        if touch.direction == Direction.INBOUND:
            yield Try(touch.channel, before.team, is_answered=True) if before else touch
            continue
        if before:
            yield Try(before.channel, before.team, is_answered=False)
        if touch.direction == Direction.TWO_WAY:
            yield Try(touch.channel, touch.team, is_answered=True)
        else:
            waiting[touch.channel] = touch
    for touch in waiting.values():
        yield Try(touch.channel, touch.team, is_answered=False)
