"""Which way to re-engage: play, person and channel, chosen by written-down rules. Pure.

The rules are tried in order and the first that has an answer wins; docs/re-engaging.md says
them in words. Source: SILENCE.md, "What to do (plays)" and "What the sweep does".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from contacts.models import Channel
from outreach import grounds, stopping
from outreach.evidence import NOUNS, say_count
from outreach.models import Lack, Play
from outreach.people import Person, Way
from outreach.situation import Situation

FEWEST = 2  # attempts that everybody gets, however little is to be hoped for
LIKELY = 50  # of 100: how sure a reason must be to let go sooner for it


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do: a play with person, channel and address, or none to be written to.

    `lacks` says what is missing where no channel is left.
    """

    play: Play
    contact: int
    channel: str = ""
    address: int | None = None
    lacks: str = ""
    evidence: tuple[str, ...] = ()


def choose(situation: Situation) -> Choice | None:
    """Return the play for a silence and step, or None where nobody at all may be named."""
    if not situation.lead.may_be_named:
        return None
    choice = next(filter(None, (rule(situation) for rule in RULES)))
    if choice.play == Play.LET_GO:
        return choice
    is_primary = choice.contact == situation.primary.contact
    return choice if is_primary else replace(choice, play=Play.WIDEN)


def _stop(s: Situation) -> Choice | None:
    """The attempts are spent, or hardly anybody so quiet comes back: a closing note, or none."""
    because = stopping.why(s.step, s.attempts_allowed, s.chance, s.floor) or _say_enough(s)
    if not because:
        return None
    return _to(s, Play.LET_GO, s.lead, because) or _without_note(s, "", because)


def _say_enough(s: Situation) -> str:
    """Say that fewer attempts than the stage has are enough, where the likely reason says so."""
    enough = max(s.attempts_allowed - s.approach.fewer, min(FEWEST, s.attempts_allowed))
    if s.step <= enough or s.diagnosis.confidence < LIKELY:
        return ""
    tries = say_count(enough, ("attempt", "attempts"))
    return f"{tries.capitalize()} are enough where interest is lost."


def _one_person_is_not_enough(s: Situation) -> Choice | None:
    """They cannot be reached, or were tried often enough: ask somebody else."""
    if s.ways_to(s.lead) and s.tries_at(s.lead) < s.approach.widen_after:
        return None
    for person, way in s.untried():
        because = "Somebody else on their side is known to us."
        if s.deal in person.heard_on:
            because = "Somebody else on their side was heard on this deal."
        return _choice(s, Play.WIDEN, person, way, because)
    return None


def _nothing_left(s: Situation) -> Choice | None:
    """No usable channel and nobody else: let go, unless a way to reach them is added."""
    if s.ways_to(s.lead):
        return None
    if not s.lead.usable():
        return _without_note(s, Lack.ADDRESS, "There is no address that may be used: add one.")
    noun = NOUNS[Channel(s.worn_out)][1]
    only = f"Two {noun} in a row had no answer, and no other channel is known: add one."
    return _without_note(s, Lack.CHANNEL, only)


def _worn_channel(s: Situation) -> Choice | None:
    """Two attempts in a row on one channel: take another."""
    if not s.worn_out:
        return None
    noun = NOUNS[Channel(s.worn_out)][1]
    return _to(s, Play.SWITCH_CHANNEL, s.lead, f"The last two attempts both were {noun}.")


def _personal(s: Situation) -> Choice | None:
    """Something personal that was never used opens a step that suits the likely reason."""
    if s.step not in s.approach.personal_steps or not s.lead.has_fact:
        return None
    return _to(s, Play.PERSONALISE, s.lead, "Something personal is noted and not used so far.")


def _other_channel(s: Situation) -> Choice | None:
    """After an attempt, the channel that promises more than the last one."""
    last = s.tired or (s.last_channel if s.step > 1 else "")
    best = s.ways_to(s.lead)[0].channel
    if last in ("", best):
        return None
    return _to(s, Play.SWITCH_CHANNEL, s.lead, grounds.say_more(s, best, last))


def _refocus(s: Situation) -> Choice | None:
    """Back to what they wanted, on the channel they answer on most."""
    return _to(s, Play.REFOCUS, s.lead, "")


Rule = Callable[[Situation], Choice | None]
RULES: tuple[Rule, ...] = (
    _stop,
    _one_person_is_not_enough,
    _nothing_left,
    _worn_channel,
    _personal,
    _other_channel,
    _refocus,
)


def _to(s: Situation, play: Play, person: Person, because: str) -> Choice | None:
    """A play on the likeliest way that the rules leave to a person, if there is one."""
    ways = s.ways_to(person)
    return _choice(s, play, person, ways[0], because) if ways else None


def _choice(s: Situation, play: Play, person: Person, way: Way, because: str) -> Choice:
    evidence = grounds.say(s, person, way.channel, because)
    if play != Play.LET_GO and s.approach.because:
        evidence = (*evidence, s.approach.because)
    return Choice(play, person.contact, way.channel, way.address, evidence=evidence)


def _without_note(s: Situation, lacks: str, because: str) -> Choice:
    """Letting go without a word."""
    evidence = grounds.say(s, s.lead, "", because)
    return Choice(Play.LET_GO, s.lead.contact, lacks=lacks, evidence=evidence)
