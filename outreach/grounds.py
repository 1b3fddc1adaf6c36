"""Why a play was chosen, in sentences that a rep can check. Pure text."""

from __future__ import annotations

from contacts.models import Channel
from outreach.answers import Answers
from outreach.evidence import NOUNS, say_answers, say_count, say_unanswered
from outreach.people import Person
from outreach.situation import Situation

NOT_ALLOWED = "The deal’s own contact may not be written to any more."


def say(s: Situation, person: Person, channel: str, because: str) -> tuple[str, ...]:
    """Say what happened, how they answer and why this play, as sentences."""
    gone = "" if s.primary.may_be_named else NOT_ALLOWED
    how = (_answers(s, person, channel), _unasked(person, channel))
    why = (gone, because)
    sentences = (
        say_unanswered(s.unanswered, s.since, s.today),
        *((*how, *why) if person == s.lead else (*why, *how)),
    )
    return tuple(sentence for sentence in sentences if sentence)


def say_more(s: Situation, best: str, last: str) -> str:
    """Say that a channel promises more than the last one; with numbers where they were counted."""
    (_, this), (_, other) = NOUNS[Channel(best)], NOUNS[Channel(last)]
    more, less = (s.likely(s.lead, channel) for channel in (best, last))
    if more <= less:
        return ""
    said = f"{this.capitalize()} promise more now than {other}"
    if not s.rate(best).whose:
        return f"{said}."
    return f"{said}: about {more * 100:.0f} in 100 answers against {less * 100:.0f}."


def _answers(s: Situation, person: Person, channel: str) -> str:
    """Say how a person answers where there is an address, and how often the team is answered."""
    addressed = {way.channel for way in person.ways}
    answers = {
        each: (known.answered, known.tried)
        for each, known in person.answers.items()
        if each in addressed
    }
    theirs, rate = say_answers(answers), s.rate(channel).say(channel) if channel else ""
    if theirs and rate:
        return f"{theirs[:-1]}; {rate}."
    return theirs or (f"{rate[0].upper()}{rate[1:]}." if rate else "")


def _unasked(person: Person, channel: str) -> str:
    """Say what they sent on the chosen channel of their own accord."""
    unasked = person.answers.get(channel, Answers()).unasked
    said = say_count(unasked, NOUNS[Channel(channel)]) if unasked else ""
    return f"{said.capitalize()} came unasked." if said else ""
