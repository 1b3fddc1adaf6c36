"""What the choice of a play rests on, for one silence and step. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from contacts.models import Channel
from outreach.answers import Answers
from outreach.approaches import APPROACHES, Approach
from outreach.chances import Chance
from outreach.diagnosis import UNKNOWN, Diagnosis
from outreach.people import Person, Way
from outreach.rates import CUSTOMARY, Rate
from outreach.stopping import NO_FLOOR, Floor

IN_A_ROW = 2  # SILENCE.md: never a third attempt in a row on one channel
USUAL_ORDER = tuple(CUSTOMARY)


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
    since `since`, the day on which the silence began. `rates` are those of the owner's team by
    channel; `deal` is which one it is, for who was heard on it.
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
    rates: Mapping[str, Rate] = field(default_factory=dict)
    deal: int = 0
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

    @property
    def approach(self) -> Approach:
        """How to go about the likely reason."""
        return APPROACHES[self.diagnosis.reason]

    @property
    def worn_out(self) -> str:
        """The channel that the last two attempts both were on: one more is too many, for anybody."""
        last = [each.channel for each in self.attempts[-IN_A_ROW:]]
        return last[0] if len(last) == IN_A_ROW and len(set(last)) == 1 else ""

    @property
    def tired(self) -> str:
        """The channel to leave if there is another: that of the last touch without an answer."""
        return self.unanswered[-1] if self.approach.switches_early and self.unanswered else ""

    def rate(self, channel: str) -> Rate:
        """How often touches on a channel are answered, as far as we know."""
        return self.rates.get(channel) or Rate(CUSTOMARY[Channel(channel)])

    def likely(self, person: Person, channel: str) -> float:
        """How likely a person answers on a channel, from 0 to 1."""
        return self.rate(channel).likely(person.answers.get(channel, Answers()))

    def ways_to(self, person: Person) -> list[Way]:
        """The ways to a person that the rules leave, the likeliest answer first.

        Where two are as likely: the one tried less in this silence, then as is usual.
        """
        tried = Counter(each.channel for each in self.attempts if each.contact == person.contact)

        def place(way: Way) -> tuple[bool, float, int, int, bool, int]:
            likely = self.likely(person, way.channel)
            usual = USUAL_ORDER.index(Channel(way.channel))
            is_tired = way.channel == self.tired and person == self.lead
            return is_tired, -likely, tried[way.channel], usual, not way.is_preferred, way.address

        return sorted((way for way in person.usable() if way.channel != self.worn_out), key=place)

    def tries_at(self, person: Person) -> int:
        """How many attempts were made at a person."""
        return sum(attempt.contact == person.contact for attempt in self.attempts)

    def untried(self) -> list[tuple[Person, Way]]:
        """The others who can be reached and were not yet, each by their likeliest way.

        Who was heard on this deal comes first, then who is likelier to answer.
        """
        fresh = [each for each in self.others if each != self.lead and not self.tries_at(each)]
        found = [(person, ways[0]) for person in fresh if (ways := self.ways_to(person))]

        def place(asked: tuple[Person, Way]) -> tuple[bool, float]:
            person, way = asked
            return self.deal not in person.heard_on, -self.likely(person, way.channel)

        return sorted(found, key=place)
