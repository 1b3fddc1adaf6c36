"""What to do before all else: a short list out of a long one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def pick(dark: Sequence[T], overdue: Sequence[T], size: int) -> list[T]:
    """Return at most `size` of what is given in its order: overdue answers, then dark deals.

    Who waits on us is sure to listen, so up to half of the list is theirs; the other half is kept
    for the dark, for nobody else will remember them. Room that either leaves goes to the other.
    """
    first = overdue[: size // 2]
    best = dark[: size - len(first)]
    return [*overdue[: size - len(best)], *best]
