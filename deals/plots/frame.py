"""Where a plot's ink stands: per cent of its width sideways, pixels downwards.

So words keep their size on any screen. What cannot be said in per cent (a line of many points, a
ribbon) stands in a field of its own, FIELD units wide, which the browser stretches over the frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

FIELD = 1000.0  # units across a field that is stretched
LETTER = 2.2  # per cent of the width that a letter of 11 px takes where a plot is 300 px wide
NARROWEST, WIDEST = 4.0, 18.0  # per cent of the width, for the words at the grid's lines


@dataclass(frozen=True, slots=True)
class Mark:
    """Something written at an axis: where (per cent or pixels, as the axis runs), and what.

    `anchor` says which way the words run from there: "" to the right, "middle", "end".
    """

    at: float
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """The room of a plot: `height`, `top` and `bottom` in pixels, `left` in per cent of the width."""

    height: int = 200
    top: int = 18
    bottom: int = 24
    left: float = NARROWEST

    @property
    def right(self) -> float:
        """Where it ends, in per cent."""
        return 100.0

    @property
    def width(self) -> float:
        """How wide the room between left and right is, in per cent."""
        return round(self.right - self.left, 2)

    @property
    def floor(self) -> int:
        """Where the axis at the bottom runs, in pixels from the top."""
        return self.height - self.bottom

    @property
    def depth(self) -> int:
        """How high the room between top and floor is, in pixels."""
        return self.floor - self.top

    @property
    def words_at(self) -> int:
        """Where the words under the axis stand, in pixels from the top."""
        return self.floor + 17

    def x(self, share: float) -> float:
        """Return where a share of the width stands, in per cent; never outside the frame."""
        return round(self.left + self.width * within(share), 2)

    def y(self, share: float) -> float:
        """Return where a share of the height stands, in pixels; never outside the frame."""
        return round(self.floor - self.depth * within(share), 1)


def within(share: float) -> float:
    """Return a share kept between 0 and 1."""
    return min(max(share, 0.0), 1.0)


def room_for(words: Sequence[str]) -> float:
    """Return how much of the width the words at the grid's lines take, in per cent."""
    longest = max(map(len, words), default=0) + 1  # a letter apart from what is drawn
    return min(max(NARROWEST, longest * LETTER), WIDEST)


def spread(words: Sequence[str], width: float) -> int:
    """Return of how many words in a row every how-manieth fits, if they stand evenly in `width`."""
    longest = max(map(len, words), default=0) + 1  # one letter apart
    fitting = max(int(width / (longest * LETTER)), 1)
    return max(ceil(len(words) / fitting), 1)


def named(places: Iterable[tuple[float, str]], right: float = 100.0) -> list[Mark]:
    """Write words under their places (per cent), from the left; what would overlap is left out.

    Words stand in the middle of their place, but for those at the right end, which end there.
    """
    marks: list[Mark] = []
    free = 0.0
    for at, text in places:
        width = len(text) * LETTER
        ends = min(at + width / 2, right)
        if ends - width >= free:
            is_middle = at + width / 2 <= right
            marks.append(Mark(at, text, "middle") if is_middle else Mark(right, text, "end"))
            free = ends + LETTER
    return marks
