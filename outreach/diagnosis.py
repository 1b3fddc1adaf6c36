"""Why they are probably silent: a guess with reasons, never a verdict. Pure rules in one table.

The first rule that holds is proposed. Source: SILENCE.md, "Why they are silent (diagnosis)".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_high
from typing import NamedTuple

from outreach.evidence import WORDS, say_day, say_length
from outreach.models import Reason

QUICK = timedelta(hours=24)  # a usual reply within a day: such a person reads what we write
HABIT = 3  # replies that make a usual time
LONG_ROW = 3  # unanswered attempts that make a silence unlike them


@dataclass(frozen=True, slots=True)
class Signs:
    """What the rows of a deal say about its silence.

    `replies` are how long they took in their silences that ended with a reply, `patience` how
    long this one lasted until it went dark, both in elapsed time; days are local to the reader.
    """

    today: date
    patience: timedelta
    attempts: int = 0
    replies: tuple[timedelta, ...] = ()
    was_heard: bool = True
    away_until: date | None = None
    promised_on: date | None = None
    has_dead_address: bool = False
    is_late_stage: bool = False

    @property
    def usual_reply(self) -> timedelta | None:
        """The median time that they took to reply, None without a habit."""
        return median_high(self.replies) if len(self.replies) >= HABIT else None


class Diagnosis(NamedTuple):
    """The proposed reason and the sentence that shows why."""

    reason: Reason
    because: str


UNKNOWN = Diagnosis(Reason.UNKNOWN, "")


def diagnose(signs: Signs) -> Diagnosis:
    """Propose the likely reason for a silence."""
    for reason, rule in RULES:
        if because := rule(signs):
            return Diagnosis(reason, because)
    return UNKNOWN


def say(diagnosis: Diagnosis) -> str:
    """Say a diagnosis as evidence; nothing where there is none."""
    if diagnosis.reason == Reason.UNKNOWN:
        return ""
    return f"Likely reason: {diagnosis.reason.label.lower()}. {diagnosis.because}"


def _was_away(signs: Signs) -> str:
    if signs.away_until is None:
        return ""
    return f"They were out of office until {say_day(signs.away_until, signs.today)}."


def _address_fails(signs: Signs) -> str:
    return "An address of theirs does not work." if signs.has_dead_address else ""


def _promised(signs: Signs) -> str:
    if signs.promised_on is None:
        return ""
    return f"They named {say_day(signs.promised_on, signs.today)} to come back to us."


def _replies_slowly(signs: Signs) -> str:
    usual = signs.usual_reply
    if usual is None or usual <= signs.patience:
        return ""
    return f"They usually take {say_length(usual)} to reply: longer than this stage waits."


def _used_to_be_quick(signs: Signs) -> str:
    usual = signs.usual_reply
    if usual is None or usual > QUICK or signs.attempts < LONG_ROW:
        return ""
    tries = WORDS[signs.attempts] if signs.attempts < len(WORDS) else str(signs.attempts)
    return f"They usually replied within {say_length(usual)}, but not to the last {tries} attempts."


def _decision_is_due(signs: Signs) -> str:
    quick = signs.usual_reply is not None and signs.usual_reply <= QUICK
    if not (signs.is_late_stage and quick):
        return ""
    return "They usually reply within a day, and this stage is close to a decision."


def _never_heard(signs: Signs) -> str:
    return "" if signs.was_heard else "They have not been heard on this deal so far."


Rule = Callable[[Signs], str]
RULES: tuple[tuple[Reason, Rule], ...] = (
    (Reason.BUSY, _was_away),
    (Reason.HARD_TO_REACH, _address_fails),
    (Reason.CANNOT_COMMIT_YET, _promised),
    (Reason.HARD_TO_REACH, _replies_slowly),
    (Reason.LOST_INTEREST, _used_to_be_quick),
    (Reason.CANNOT_COMMIT_YET, _decision_is_due),
    (Reason.LOW_PRIORITY, _never_heard),
)
