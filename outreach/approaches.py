"""What the likely reason of a silence changes about the choice of a play. One table, pure.

Source: SILENCE.md, "Why they are silent" and "What to do (plays)"; docs/re-engaging.md says the
reason of each line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outreach.models import Reason


@dataclass(frozen=True, slots=True)
class Approach:
    """How to go about one reason; the defaults are for a reason that is not known.

    `because` is said with the choice. `switches_early` takes another channel after one touch
    without an answer instead of two, `widen_after` counts attempts at one person, a personal
    note opens one of `personal_steps`, `fewer` is how many attempts earlier one lets go.
    """

    because: str = ""
    switches_early: bool = False
    widen_after: int = 3
    personal_steps: tuple[int, ...] = (2, 3)
    fewer: int = 0


USUAL = Approach()
APPROACHES: Mapping[Reason, Approach] = {
    Reason.BUSY: Approach(
        "If they are busy: few words and one easy question.",
        personal_steps=(),
    ),
    Reason.HARD_TO_REACH: Approach(
        "If they are hard to reach: another channel sooner.",
        switches_early=True,
        personal_steps=(),
    ),
    Reason.LOW_PRIORITY: Approach(
        "If it is a low priority: one smaller step.",
        personal_steps=(3,),
    ),
    Reason.CANNOT_COMMIT_YET: Approach(
        "If they cannot commit yet: a step that decides nothing.",
        personal_steps=(3,),
    ),
    Reason.LOST_INTEREST: Approach(
        "If they lost interest: something about them, or somebody else.",
        widen_after=2,
        personal_steps=(1, 2, 3),
        fewer=1,
    ),
    Reason.UNKNOWN: USUAL,
}
