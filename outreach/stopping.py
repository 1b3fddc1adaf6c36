"""When to stop: the attempts are spent, or hardly anybody so quiet comes back. Pure.

Source: SILENCE.md, "What to do (plays)", `let_go`, and "Defaults" for the floor.
"""

from __future__ import annotations

from dataclasses import dataclass

from outreach.chances import Chance, say
from outreach.evidence import WORDS


@dataclass(frozen=True, slots=True)
class Floor:
    """Below how many replies `in_100` to stop, if at least `silences` lasted that long."""

    in_100: int = 0
    silences: int = 0

    def is_above(self, chance: Chance | None) -> bool:
        """Whether a chance lies below the floor and rests on silences enough."""
        if chance is None or chance.lasted < self.silences:
            return False
        return chance.share < self.in_100 / 100


NO_FLOOR = Floor()


def why(step: int, allowed: int, chance: Chance | None, floor: Floor) -> str:
    """Return the reason to stop before a step, as a sentence; "" to go on."""
    if step > allowed:
        return _spent(allowed)
    if chance is not None and floor.is_above(chance):
        return f"{say(chance)} Below {floor.in_100} in 100 it is time to let go."
    return ""


def _spent(allowed: int) -> str:
    if allowed == 1:
        return "The one attempt of this stage is spent."
    word = WORDS[allowed] if allowed < len(WORDS) else str(allowed)
    return f"All {word} attempts of this stage are spent."
