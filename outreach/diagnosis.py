"""Why they are probably silent: a guess with reasons, never a verdict. One table of rules.

Each sign that is there speaks for a reason with a weight; the reason with the highest sum wins,
unless not knowing weighs as much. docs/re-engaging.md shows the same table to everyone.
Source: SILENCE.md, "Why they are silent (diagnosis)"; decision 072.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from outreach import clues
from outreach.clues import Sentence
from outreach.evidence import say_day
from outreach.models import Reason
from outreach.signs import Signs

NOT_KNOWING = 20  # a reason must outweigh this to be proposed
SURE = 100  # of what a rep said


class Rule(NamedTuple):
    """What a sign speaks for, and how much; `when` says the sign in words, for the docs."""

    when: str
    reason: Reason
    weight: int
    sign: Callable[[Signs], Sentence | None]


R = Reason
RULES = (
    Rule("they are out of office in this silence, and named the day", R.BUSY, 60, clues.away_until),
    Rule("they are out of office in this silence, no day named", R.BUSY, 45, clues.away_undated),
    Rule("they usually reply within a day, and not since a touch of ours that names neither price "
         "nor stage", R.BUSY, 25, clues.quick_then_touch),
    Rule("an address of theirs does not work", R.HARD_TO_REACH, 60, clues.dead_address),
    Rule("they usually take longer to reply than this stage waits", R.HARD_TO_REACH, 50, clues.slow),
    Rule("only one person is known at their company", R.HARD_TO_REACH, 10, clues.one_person),
    Rule("a rep noted what they said about priorities", R.LOW_PRIORITY, 50, clues.priorities_remark),
    Rule("two or more meetings were moved or did not take place since the last one that did",
         R.LOW_PRIORITY, 40, clues.moved),
    Rule("they were heard on another deal during this silence", R.LOW_PRIORITY, 35,
         clues.heard_elsewhere),
    Rule("they were never heard on this deal", R.LOW_PRIORITY, 35, clues.never_heard),
    Rule("a rep noted what they said about the budget", R.CANNOT_COMMIT_YET, 50,
         clues.budget_remark),
    Rule("they usually reply within a day, and not since we named a price", R.CANNOT_COMMIT_YET, 45,
         clues.quick_then_price),
    Rule("a rep noted what they said about timing", R.CANNOT_COMMIT_YET, 40, clues.timing_remark),
    Rule("they usually reply within a day, and not since the deal entered a stage",
         R.CANNOT_COMMIT_YET, 35, clues.quick_then_stage),
    Rule("a rep noted what they said about competitors", R.CANNOT_COMMIT_YET, 35,
         clues.competitors_remark),
    Rule("they named a day to come back, and it passed", R.CANNOT_COMMIT_YET, 30, clues.promise),
    Rule("they brought up the price lately", R.CANNOT_COMMIT_YET, 30, clues.price),
    Rule("they brought up another offer lately", R.CANNOT_COMMIT_YET, 25, clues.competitor),
    Rule("the stage is one of which every second deal or more is won", R.CANNOT_COMMIT_YET, 15,
         clues.late_stage),
    Rule("they usually reply within a day, and not to the last three attempts or more",
         R.LOST_INTEREST, 50, clues.quick_then_long_row),
    Rule("their last reply took five times as long as usual, and more than a day",
         R.LOST_INTEREST, 30, clues.fading),
    Rule("three attempts or more had no answer, by somebody not known as quick",
         R.LOST_INTEREST, 25, clues.long_row),
)  # fmt: skip
NOTHING = Sentence("Nothing in what happened speaks for one reason more than for another.")


class Diagnosis(NamedTuple):
    """The likely reason, how likely from 0 to 100, and the evidence for it, heaviest first.

    The last sentence may be the strongest one against it.
    """

    reason: Reason
    confidence: int
    evidence: tuple[Sentence, ...] = ()


class _Heard(NamedTuple):
    """A rule whose sign is there, with its sentence."""

    rule: Rule
    sentence: Sentence


UNKNOWN = Diagnosis(Reason.UNKNOWN, 0, (NOTHING,))


def diagnose(signs: Signs) -> Diagnosis:
    """Propose the likely reason for a silence; what a rep said of it wins.

    The confidence is the reason's share of all weights, `NOT_KNOWING` among them, in per cent.
    """
    heard = [_Heard(rule, told) for rule in RULES if (told := rule.sign(signs))]
    if signs.said:
        said = Sentence(f"A rep said so on {say_day(signs.said.day, signs.today)}.")
        return Diagnosis(signs.said.reason, SURE, _evidence(signs.said.reason, heard) or (said,))
    reason, total = _heaviest(heard)
    if total <= NOT_KNOWING:
        loose = tuple(each.sentence for each in heard)
        return UNKNOWN._replace(evidence=loose or UNKNOWN.evidence)
    every = NOT_KNOWING + sum(each.rule.weight for each in heard)
    return Diagnosis(reason, round(100 * total / every), _evidence(reason, heard))


def _heaviest(heard: list[_Heard]) -> tuple[Reason, int]:
    """Return the reason with the highest sum; of equal ones the one with the heaviest sign.

    Where these are equal too, it is the one that stands first in the table.
    """
    sums: Counter[Reason] = Counter()
    heaviest: dict[Reason, int] = {}
    for rule, _ in heard:
        sums[rule.reason] += rule.weight
        heaviest[rule.reason] = max(rule.weight, heaviest.get(rule.reason, 0))
    if not sums:
        return Reason.UNKNOWN, 0
    reason = max(sums, key=lambda each: (sums[each], heaviest[each]))
    return reason, sums[reason]


def _evidence(reason: Reason, heard: list[_Heard]) -> tuple[Sentence, ...]:
    """Return what speaks for a reason, the heaviest first, and the heaviest against it."""
    by_weight = sorted(heard, key=lambda each: -each.rule.weight)
    told = [each.sentence for each in by_weight if each.rule.reason == reason]
    against = (each.sentence for each in by_weight if each.rule.reason != reason)
    text, touch = next(against, Sentence(""))
    return (*told, Sentence(f"On the other hand: {text}", touch)) if text else tuple(told)
