"""Which way to re-engage: play, person and channel, chosen by written-down rules. Pure.

The rules are tried in order and the first that has an answer wins; docs/re-engaging.md says
them in words. Source: SILENCE.md, "What to do (plays)" and "What the sweep does".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from contacts.models import Channel
from outreach import stopping
from outreach.chances import Chance
from outreach.diagnosis import UNKNOWN, Diagnosis
from outreach.evidence import NOUNS, say_answers, say_unanswered
from outreach.models import Lack, Play, Reason
from outreach.people import Person, Way
from outreach.stopping import NO_FLOOR, Floor

IN_A_ROW = 2  # SILENCE.md: never a third attempt in a row on one channel
WIDEN_AFTER = 3  # attempts at one person before another one is asked
PERSONAL_STEPS = (2, 3)
# With nothing known about their answers: what is quick to read first, what takes a visit last.
CUSTOMARY = (
    Channel.EMAIL, Channel.PHONE, Channel.CHAT, Channel.SMS, Channel.SOCIAL, Channel.LETTER,
    Channel.MEETING, Channel.WEB, Channel.OTHER,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of ours during the silence: to whom, on which channel."""

    contact: int
    channel: str


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the choice for one silence and step rests on.

    `primary` is the deal's primary contact, `others` the further people of the deal and then of
    the company; `attempts` are in order; `unanswered` are the channels of all touches of ours
    since `since`, the day on which the silence began.
    """

    step: int
    attempts_allowed: int
    primary: Person
    since: date
    today: date
    others: tuple[Person, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    unanswered: tuple[str, ...] = ()
    diagnosis: Diagnosis = UNKNOWN
    chance: Chance | None = None
    floor: Floor = NO_FLOOR

    @property
    def lead(self) -> Person:
        """Whom to talk to first: the primary contact, unless they opted out of everything."""
        people = (self.primary, *self.others)
        return next((person for person in people if person.may_be_named), self.primary)

    @property
    def last_channel(self) -> str:
        """The channel of the last attempt, "" before the first."""
        return self.attempts[-1].channel if self.attempts else ""

    def worn_out(self, person: Person) -> str:
        """The channel on which the last attempts at a person all were: one more is too many."""
        channels = [each.channel for each in self.attempts if each.contact == person.contact]
        last = channels[-IN_A_ROW:]
        return last[0] if len(last) == IN_A_ROW and len(set(last)) == 1 else ""

    def ways_to(self, person: Person) -> list[Way]:
        """The ways to a person that the rules leave, the likeliest answer first.

        Of channels that never brought one: the one tried least in this silence, then as is usual.
        """
        worn_out = self.worn_out(person)
        tried = Counter(each.channel for each in self.attempts if each.contact == person.contact)

        def place(way: Way) -> tuple[float, int, int, bool, int]:
            likely = person.likely(way.channel)
            tries = 0 if likely else tried[way.channel]
            customary = CUSTOMARY.index(Channel(way.channel))
            return (-likely, tries, customary, not way.is_preferred, way.address)

        return sorted((way for way in person.usable() if way.channel != worn_out), key=place)

    def tries_at(self, person: Person) -> int:
        """How many attempts were made at a person."""
        return sum(attempt.contact == person.contact for attempt in self.attempts)

    def untried(self) -> Iterator[tuple[Person, Way]]:
        """The others who can be reached and were not yet, each by their likeliest way.

        Their way is another one than the last attempts' where they have one.
        """
        worn_out = self.worn_out(self.lead)
        for person in self.others:
            tried = self.tries_at(person) or person == self.lead
            if tried or not (ways := self.ways_to(person)):
                continue
            fresh = [way for way in ways if way.channel != worn_out]
            yield person, (fresh or ways)[0]


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
    if not (because := stopping.why(s.step, s.attempts_allowed, s.chance, s.floor)):
        return None
    return _to(s, Play.LET_GO, s.lead, because) or _without_note(s, "", because)


def _one_person_is_not_enough(s: Situation) -> Choice | None:
    """They cannot be reached, or were tried often enough: ask somebody else."""
    if s.ways_to(s.lead) and s.tries_at(s.lead) < WIDEN_AFTER:
        return None
    for person, way in s.untried():
        return _choice(s, Play.WIDEN, person, way, "Somebody else on their side is known to us.")
    return None


def _nothing_left(s: Situation) -> Choice | None:
    """No usable channel and nobody else: let go, unless a way to reach them is added."""
    if s.ways_to(s.lead):
        return None
    if not s.lead.usable():
        return _without_note(s, Lack.ADDRESS, "There is no address that may be used: add one.")
    noun = NOUNS[Channel(s.worn_out(s.lead))][1]
    only = f"Two {noun} in a row had no answer, and no other channel is known: add one."
    return _without_note(s, Lack.CHANNEL, only)


def _worn_channel(s: Situation) -> Choice | None:
    """Two attempts in a row on one channel: take another."""
    if not (channel := s.worn_out(s.lead)):
        return None
    noun = NOUNS[Channel(channel)][1]
    return _to(s, Play.SWITCH_CHANNEL, s.lead, f"The last two attempts both were {noun}.")


def _personal(s: Situation) -> Choice | None:
    """Something personal that was never used opens the second or third step."""
    hard = s.diagnosis.reason == Reason.HARD_TO_REACH
    if s.step not in PERSONAL_STEPS or not s.lead.has_fact or hard:
        return None
    return _to(s, Play.PERSONALISE, s.lead, "Something personal is noted and not used so far.")


def _other_channel(s: Situation) -> Choice | None:
    """After an attempt, the channel that promises more than the last one."""
    ways = s.ways_to(s.lead)
    if s.step == 1 or not s.last_channel or ways[0].channel == s.last_channel:
        return None
    return _to(s, Play.SWITCH_CHANNEL, s.lead, "")


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
    evidence = _evidence(s, because)
    return Choice(play, person.contact, way.channel, way.address, evidence=evidence)


def _without_note(s: Situation, lacks: str, because: str) -> Choice:
    """Letting go without a word."""
    evidence = _evidence(s, because)
    return Choice(Play.LET_GO, s.lead.contact, lacks=lacks, evidence=evidence)


def _evidence(s: Situation, because: str) -> tuple[str, ...]:
    """What happened, how they answer, why this play."""
    answers = {channel: (known.answered, known.tried) for channel, known in s.lead.answers.items()}
    sentences = (
        say_unanswered(s.unanswered, s.since, s.today),
        say_answers(answers),
        because,
    )
    return tuple(sentence for sentence in sentences if sentence)
