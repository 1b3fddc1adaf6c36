"""Small conversations that a deal's story is put together from, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from contacts.models import Channel
from deals.models import Hold, Turn
from outreach.demo.beats import Beat, Who
from outreach.demo.offers import Offer
from outreach.demo.people import Person
from outreach.demo.words import words

Scene = list[Beat]
# Which occasion answers which, line by line.
ANSWERS = {
    "they_answer": "we_ask",
    "setup_answer": "setup_ask",
    "repair": "trouble",
    "check_in_reply": "check_in",
    "terms": "haggle",
    "we_add": "on_proposal",
    "on_renewal": "renewal",
}


@dataclass
class Teller:
    """Tells one deal: knows what is sold to whom, and what was said already."""

    random: Random
    offer: Offer
    people: Sequence[Person]
    used: set[str] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)

    # --- single beats

    def say(self, key: str) -> str:
        """Return a sentence for an occasion: the answer to what was said, else a fresh one."""
        texts = words().said[key]
        asked = ANSWERS.get(key, "")
        if asked in self.last:
            return texts[self.last.pop(asked)]
        fresh = [text for text in texts if text not in self.used]
        text = self.random.choice(fresh or texts)
        self.used.add(text)
        self.last[key] = texts.index(text)
        return text

    def us(
        self, key: str, channel: Channel = Channel.EMAIL, gap: float = 0.0, **more: object
    ) -> Beat:
        """Return a touch of ours."""
        gap = gap or self.random.uniform(0.4, 6.0)
        return self._beat(Who.US, key, channel, gap, more)

    def them(
        self, key: str, channel: Channel = Channel.EMAIL, gap: float = 0.0, **more: object
    ) -> Beat:
        """Return a touch of theirs, by whoever of them usually talks."""
        person = self.somebody()
        gap = gap or self.people[person].rhythm.answering(self.random)
        return self._beat(Who.THEM, key, channel, gap, {"person": person, **more})

    def both(
        self, key: str, channel: Channel = Channel.PHONE, gap: float = 0.0, **more: object
    ) -> Beat:
        """Return a talk."""
        return self._beat(Who.BOTH, key, channel, gap or self.random.uniform(4, 20), more)

    def _beat(
        self, who: Who, key: str, channel: Channel, gap: float, more: dict[str, object]
    ) -> Beat:
        subject = words().subjects.get(key, "") if channel == Channel.EMAIL else ""
        slack = self.random.uniform(0.05, 3)
        said = str(more.pop("said", "")) or self.say(key)
        beat = Beat(who, said, channel, gap, subject=subject, slack=slack, occasion=key)
        for name, value in more.items():
            setattr(beat, name, value)
        return beat

    def somebody(self) -> int:
        """Return which of their people speaks: mostly the first."""
        return 1 if len(self.people) > 1 and self.random.random() < 0.2 else 0

    def question(self) -> tuple[str, str]:
        """Return a question about what is sold, with its answer."""
        fresh = [pair for pair in self.offer.asked if pair[0] not in self.used]
        pair = self.random.choice(fresh or self.offer.asked)
        self.used.add(pair[0])
        return pair

    # --- scenes

    def opening(self) -> Scene:
        """How it began."""
        if self.offer.is_for_homes:
            asks = self.them("home_form", Channel.WEB, person=0)
            return [asks, self.us("home_answer"), *self._thanked()]
        begin = self.random.choice(("form", "form", "fair", "cold_call", "cold_mail"))
        match begin:
            case "form":
                return [
                    self.them("form", Channel.WEB, person=0),
                    self.us("we_ask"),
                    self.them("they_answer"),
                ]
            case "fair":
                return [
                    self.both("fair", Channel.MEETING),
                    self.us("recap", gap=9),
                    self.them("warm_reply"),
                ]
            case "cold_call":
                return [self.both("cold_call"), self.us("cold_mail"), self.them("warm_reply")]
            case _:
                return [self.us("cold_mail"), self.them("warm_reply"), self.us("we_ask")]

    def asked(self) -> Scene:
        """They ask, we answer."""
        question, answer = self.question()
        asks = self.them("question", said=f"“{question}”")
        return [asks, self.us("question", said=answer, subject="Re: A question"), *self._thanked()]

    def asking(self) -> Scene:
        """We ask, they answer."""
        return [self.us("we_ask", gap=self.later()), self.them("they_answer"), *self._answered()]

    def ringing(self) -> Scene:
        """Voicemail, and a call back."""
        rung = self.us("voicemail", Channel.PHONE, gap=self.later())
        back = self.both("call_back", gap=self.random.uniform(1, 9), turn=self._after_talk())
        return [rung, back] if self.random.random() < 0.7 else [rung, self.us("nudge", gap=7), back]

    def calling(self) -> Scene:
        """A call that they take."""
        return [self.both("call", gap=self.later(), turn=self._after_talk())]

    def texting(self) -> Scene:
        """Two short messages."""
        if Channel.SMS not in self.people[0].addresses:
            return self.calling()
        reply = self.them("text_them", Channel.SMS, gap=0.6, person=0, turn=Turn.UNCHANGED)
        return [self.us("text_us", Channel.SMS, gap=self.later()), reply]

    def meeting(self, key: str) -> Scene:
        """An invitation, its acceptance, which holds the clock, and the meeting."""
        met = self.both(key, Channel.MEETING, gap=self.random.uniform(14, 44))
        said = self.them(
            "accept_date", turn=Turn.THEIRS, hold=Hold.Reason.MEETING, until=met, took_place=True
        )
        scene = [self.us("invite", gap=self.later()), said, met, self.us("recap", gap=5)]
        return [*scene, self.them("opinion")] if key == "demo_meeting" else scene

    def slow(self, tried: Sequence[int] = (1, 1, 2, 3)) -> Scene:
        """They are busy elsewhere and come back in the end, after one of so many tries of ours."""
        tries = self.tries(self.random.choice(tried))
        gap = self.random.uniform(14, 70)
        late = (
            self.both("late_call", gap=gap)
            if self.random.random() < 0.3
            else self.them("late_reply", gap=gap)
        )
        return [self.us("nudge", gap=self.later()), *tries, late]

    def promised(self) -> Scene:
        """They name a day; most keep it."""
        kept = self.random.random() < 0.7
        back = self.both("call_back", gap=self.random.uniform(18, 50))
        made = self.them("promise", turn=Turn.THEIRS, due=back, due_later=timedelta(hours=3))
        if kept:
            return [made, back]
        reminder = self.us("nudge", gap=self.random.uniform(24, 48))
        made.due, made.due_later = reminder, timedelta(hours=-20)
        return [made, reminder, self.them("late_reply")]

    def away(self) -> Scene:
        """An automatic reply, and them, back at work."""
        back = self.them("late_reply", gap=self.random.uniform(16, 70), person=0)
        robot = Beat(
            Who.ROBOT, self.say("absence"), Channel.EMAIL, 0.0, subject="Out of office",
            hold=Hold.Reason.ABSENCE, until=back,
        )  # fmt: skip
        return [self.us("we_ask", gap=self.later()), robot, back]

    def paused(self) -> Scene:
        """An agreed rest, and us, after it."""
        again = self.us("nudge", gap=self.random.uniform(70, 180))
        rest = self.them("pause", turn=Turn.THEIRS, hold=Hold.Reason.PAUSE, until=again)
        return [rest, again, self.them("late_reply")]

    def joining(self) -> Scene:
        """A second person joins on their side."""
        if len(self.people) < 2:
            return self.asked()
        joins = self.them("new_person", person=1, joins=True)
        return [
            joins,
            self.us("recap", person=1),
            self.them("thanks", person=1, turn=Turn.UNCHANGED),
        ]

    def proposing(self) -> Scene:
        """The proposal, and what they say to it."""
        return [self.us("proposal", gap=self.later()), self.them("on_proposal"), self.us("we_add")]

    def haggling(self) -> Scene:
        """Terms."""
        return [self.them("haggle"), self.us("terms"), self.them("nearly")]

    def setting_up(self) -> Scene:
        """What onboarding takes."""
        return [
            self.us("setup_ask", gap=self.later()),
            self.them("setup_answer"),
            self.us("setup_done", gap=16),
        ]

    def kicking_off(self) -> Scene:
        """The first meeting with a customer."""
        return [
            self.both("kickoff", Channel.MEETING),
            self.us("setup_ask"),
            self.them("setup_answer"),
        ]

    def checking_in(self) -> Scene:
        """The month on a page, and sometimes a word about it."""
        page = self.us("check_in", gap=self.random.uniform(70, 150))
        reply = self.them("check_in_reply", turn=Turn.UNCHANGED)
        return [page, reply, *self._answered()] if self.random.random() < 0.4 else [page, reply]

    def in_trouble(self) -> Scene:
        """Something does not work, and then it does."""
        trouble = self.them("trouble", self._their_channel(), gap=self.random.uniform(50, 120))
        return [trouble, self.us("repair", gap=self.random.uniform(0.3, 5)), *self._thanked()]

    def quarterly(self) -> Scene:
        """A call every now and then."""
        return [self.both("check_in_call", gap=self.random.uniform(80, 170), turn=Turn.NOBODY)]

    def renewing(self) -> Scene:
        """The renewal, and what they say to it."""
        return [
            self.us("renewal", gap=self.random.uniform(60, 120)),
            self.them("on_renewal"),
            self.us("renewal_answer"),
        ]

    def tries(self, number: int) -> Scene:
        """Return attempts of ours on alternating channels."""
        ways = self.ways()
        return [self.attempt(ways[place % len(ways)]) for place in range(number)]

    def attempt(self, channel: Channel) -> Beat:
        """Return one attempt on a channel."""
        key = {Channel.PHONE: "voicemail", Channel.SMS: "nudge_text", Channel.SOCIAL: "social"}
        return self.us(key.get(channel, "nudge"), channel, gap=self.random.uniform(10, 30))

    def ways(self) -> list[Channel]:
        """Return on which channels their first person can be tried, in turn."""
        known = self.people[0].addresses
        order = (Channel.PHONE, Channel.EMAIL, Channel.SMS)
        return [channel for channel in order if channel in known] or [Channel.EMAIL]

    def later(self) -> float:
        """Draw how many hours at work we let pass before we begin something."""
        return self.random.uniform(7, 48)

    def _answered(self) -> Scene:
        """We take note; now and then they thank."""
        return [self.us("ack"), *self._thanked()]

    def _thanked(self) -> Scene:
        return [self.them("thanks", turn=Turn.UNCHANGED)] if self.random.random() < 0.55 else []

    def _after_talk(self) -> Turn:
        return self.random.choice((Turn.OURS, Turn.OURS, Turn.THEIRS, Turn.NOBODY))

    def _their_channel(self) -> Channel:
        likes = self.people[0].likes
        return likes if likes in self.people[0].addresses else Channel.EMAIL
