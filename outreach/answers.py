"""How a contact answers on each channel, counted from their touches in order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

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

    @property
    def likely(self) -> float:
        """How likely an answer is, by the rule of succession; 0 where there never was one.

        So once of one (2/3) is less than nine of ten (10/12).
        """
        heard = self.answered + self.unasked
        return (heard + 1) / (self.tried + self.unasked + 2) if heard else 0.0


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
