"""How each sign of why somebody may be silent is said. Pure text.

Each function says its sign in a sentence that can be checked, with the touch that it rests on, or
returns None where the sign is not there. The sentences are kept, so they name days, and nobody.
Source: SILENCE.md, "Why they are silent (diagnosis)".
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from contacts.models import Channel
from outreach.evidence import NOUNS, WORDS, say_count, say_day, say_length, say_list
from outreach.mentions import Topic
from outreach.models import Remark
from outreach.signs import QUICK, Mentions, Signs
from outreach.wording import SWITCHES

LONG_ROW = 3  # unanswered attempts that make a silence unlike them
FADING = 5  # times the usual reply: the last one came late
OFTEN_MOVED = 2  # meetings: once is bad luck


class Sentence(NamedTuple):
    """One piece of evidence: what is said, and the id of the touch that it rests on."""

    text: str
    touch: int | None = None


def away_until(signs: Signs) -> Sentence | None:
    """They were out of office and named the day of their return."""
    if signs.away is None or signs.away.until is None:
        return None
    verb = "are" if signs.away.until >= signs.today else "were"
    return Sentence(f"They {verb} out of office until {_day(signs.away.until, signs)}.")


def away_undated(signs: Signs) -> Sentence | None:
    """Their out-of-office note names no day."""
    if signs.away is None or signs.away.until is not None:
        return None
    day = _day(signs.away.since, signs)
    return Sentence(f"Their out-of-office note of {day} names no day of return.")


def dead_address(signs: Signs) -> Sentence | None:
    """An address of theirs does not work."""
    if not signs.dead:
        return None
    ways = say_list([SWITCHES[Channel(channel)] for channel in signs.dead])
    return Sentence(f"An address of theirs does not work ({ways}).")


def slow(signs: Signs) -> Sentence | None:
    """They usually take longer than this stage waits."""
    usual = signs.usual_reply
    if usual is None or usual <= signs.patience:
        return None
    return Sentence(
        f"They usually take {say_length(usual)} to reply (the middle of "
        f"{_number(len(signs.replies))} replies): longer than this stage waits."
    )


def one_person(signs: Signs) -> Sentence | None:
    """Nobody else of their company is known."""
    if signs.people != 1:
        return None
    return Sentence("Only one person is known at their company.")


def quick_then_price(signs: Signs) -> Sentence | None:
    """Quick as a rule, then nothing since we named a price."""
    opening = signs.opening
    if opening is None or not opening.names_price:
        return None
    noun = NOUNS[Channel(opening.channel)][0]
    since = f"the price was named on {_day(opening.day, signs)} ({noun})"
    return _quick_until(signs, since, opening.touch)


def quick_then_stage(signs: Signs) -> Sentence | None:
    """Quick as a rule, then nothing since the deal entered a stage."""
    opening = signs.opening
    if opening is None or opening.names_price or not opening.stage:
        return None
    since = f"the deal entered {opening.stage} on {_day(opening.day, signs)}"
    return _quick_until(signs, since, opening.touch)


def quick_then_touch(signs: Signs) -> Sentence | None:
    """Quick as a rule, then nothing since a touch of ours that says no price."""
    opening = signs.opening
    if opening is None or opening.names_price or opening.stage:
        return None
    noun = NOUNS[Channel(opening.channel)][0]
    return _quick_until(signs, f"our {noun} of {_day(opening.day, signs)}", opening.touch)


def quick_then_long_row(signs: Signs) -> Sentence | None:
    """Quick as a rule, and silent to a whole row of attempts."""
    if signs.quick is None or signs.attempts < LONG_ROW:
        return None
    tries = _number(signs.attempts)
    within = say_length(signs.quick)
    return Sentence(f"They usually answer within {within}, but not {tries} attempts in a row.")


def long_row(signs: Signs) -> Sentence | None:
    """A whole row of attempts had no answer, by somebody whose habits are not known as quick."""
    if signs.quick is not None or signs.attempts < LONG_ROW:
        return None
    return Sentence(f"{_number(signs.attempts).capitalize()} attempts in a row had no answer.")


def fading(signs: Signs) -> Sentence | None:
    """Their last reply took much longer than they usually do."""
    usual = signs.usual_reply
    if usual is None or signs.replies[-1] <= max(FADING * usual, QUICK[-1]):
        return None
    last = say_length(signs.replies[-1])
    return Sentence(f"Their last reply took {last}; {say_length(usual)} is usual for them.")


def price(signs: Signs) -> Sentence | None:
    """They touched on the price."""
    return _mentioned(signs, Topic.PRICE, "the price")


def competitor(signs: Signs) -> Sentence | None:
    """They touched on somebody else's offer."""
    return _mentioned(signs, Topic.COMPETITOR, "another offer")


def promise(signs: Signs) -> Sentence | None:
    """They named a day to come back, and it passed."""
    if signs.promised_on is None:
        return None
    day = _day(signs.promised_on, signs)
    return Sentence(f"They named {day} to come back to us, and it passed.")


def late_stage(signs: Signs) -> Sentence | None:
    """The decision is near."""
    if not signs.late_stage:
        return None
    return Sentence(f"In {signs.late_stage} a decision is near: every second such deal is won.")


def moved(signs: Signs) -> Sentence | None:
    """Meetings were moved or did not take place."""
    if len(signs.moved) < OFTEN_MOVED:
        return None
    count = say_count(len(signs.moved), ("meeting", "meetings")).capitalize()
    last = _day(signs.moved[-1], signs)
    return Sentence(f"{count} were moved or did not take place, the last one on {last}.")


def heard_elsewhere(signs: Signs) -> Sentence | None:
    """They talk to us, but about something else."""
    if signs.heard_elsewhere_on is None:
        return None
    day = _day(signs.heard_elsewhere_on, signs)
    return Sentence(f"They were heard on another deal on {day}, during this silence.")


def never_heard(signs: Signs) -> Sentence | None:
    """Nobody was ever heard on this deal."""
    return None if signs.was_heard else Sentence("They have not been heard on this deal so far.")


def timing_remark(signs: Signs) -> Sentence | None:
    """A rep noted what they said about timing."""
    return _remark(signs, Remark.Topic.TIMING, "timing")


def budget_remark(signs: Signs) -> Sentence | None:
    """A rep noted what they said about their budget."""
    return _remark(signs, Remark.Topic.BUDGET, "their budget")


def competitors_remark(signs: Signs) -> Sentence | None:
    """A rep noted what they said about competitors of ours."""
    return _remark(signs, Remark.Topic.COMPETITORS, "competitors of ours")


def priorities_remark(signs: Signs) -> Sentence | None:
    """A rep noted what they said about their priorities."""
    return _remark(signs, Remark.Topic.PRIORITIES, "their priorities")


def _quick_until(signs: Signs, since: str, touch: int | None) -> Sentence | None:
    if signs.quick is None:
        return None
    quick = round(signs.within(signs.quick) * len(signs.replies))
    often = f"{_number(quick)} of {_number(len(signs.replies))} times"
    within = say_length(signs.quick)
    return Sentence(f"They answered within {within} {often}, then nothing since {since}.", touch)


def _mentioned(signs: Signs, topic: Topic, what: str) -> Sentence | None:
    """Name the last touch of this deal that tells, and count the others."""
    told = signs.mentions.get(topic, Mentions())
    if told.day is None:
        count = _times(told.elsewhere)
        return Sentence(f"They brought up {what} {count} on another deal.") if count else None
    counts = ((told.here - 1, "more on this deal"), (told.elsewhere, "on another"))
    more = say_list([f"{_times(count)} {where}" for count, where in counts if count])
    noun, day = NOUNS[Channel(told.channel)][0], _day(told.day, signs)
    text = f"They brought up {what} on {day} ({noun}: “{told.word}”){'; ' * bool(more)}{more}."
    return Sentence(text, told.touch)


def _times(count: int) -> str:
    """Say how often; nothing where it was never."""
    return ("", "once", "twice")[count] if count < 3 else f"{_number(count)} times"


def _remark(signs: Signs, topic: Remark.Topic, what: str) -> Sentence | None:
    day = signs.remarks.get(topic)
    return Sentence(f"They spoke of {what} on {_day(day, signs)}.") if day else None


def _day(day: date, signs: Signs) -> str:
    return say_day(day, signs.today)


def _number(number: int) -> str:
    return WORDS[number] if number < len(WORDS) else f"{number:,}"
