"""The beats of a deal's story, and how they are laid into time, from the last one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from contacts.models import Channel
from deals.models import Direction, Hold, Outcome, Turn
from outreach.demo.people import Person, Rep
from outreach.demo.rhythms import MINUTE, Rhythm, together

LATER = datetime.max.replace(tzinfo=UTC)  # of a beat that is not laid into time yet


class Who(StrEnum):
    """Who acts in a beat."""

    US = "us"
    THEM = "them"
    BOTH = "both"
    ROBOT = "robot"


DIRECTIONS = {
    Who.US: Direction.OUTBOUND,
    Who.THEM: Direction.INBOUND,
    Who.BOTH: Direction.TWO_WAY,
    Who.ROBOT: Direction.INBOUND,
}
LEAVES = {Who.US: Turn.THEIRS, Who.THEM: Turn.OURS, Who.BOTH: Turn.OURS, Who.ROBOT: Turn.UNCHANGED}


@dataclass(frozen=True)
class Settled:
    """How a deal closes with a beat; `look_again_after` counts from it.

    `is_unsaid`: nobody tells us, we hear of it elsewhere while we wait.
    """

    outcome: Outcome
    reason: str = ""
    is_let_go: bool = False
    is_unsaid: bool = False
    look_again_after: timedelta | None = None


@dataclass(eq=False)
class Beat:
    """One thing that happens: a touch, or an event without one where nothing is `said`.

    `gap` is how many open hours of whoever acts lie between the beat before and this one.
    `until` ends the hold that begins with the beat, `due` the promise; either may name a beat.
    The first sweep tells the rep of the end of a hold that `is_news`. Who is off when they
    should act does it `slack` hours before they left.
    """

    who: Who
    said: str
    channel: Channel
    gap: float
    occasion: str = ""
    person: int = 0
    turn: Turn | None = None
    subject: str = ""
    is_delivered: bool = True
    enters: str = ""
    joins: bool = False
    hold: Hold.Reason | None = None
    until: Beat | datetime | None = None
    took_place: bool | None = None
    due: Beat | datetime | None = None
    due_later: timedelta = timedelta()
    settles: Settled | None = None
    opts_out: bool = False
    is_news: bool = False
    slack: float = 0.3
    at: datetime = LATER

    @property
    def direction(self) -> Direction:
        return DIRECTIONS[self.who]

    @property
    def leaves(self) -> Turn:
        """The turn that the beat leaves."""
        return self.turn or LEAVES[self.who]

    @property
    def held_until(self) -> datetime | None:
        """When the hold that begins with this beat ends."""
        return self.until.at if isinstance(self.until, Beat) else self.until

    @property
    def due_at(self) -> datetime | None:
        """The date of the promise that is made in this beat."""
        return self.due.at + self.due_later if isinstance(self.due, Beat) else self.due


def lay(beats: Sequence[Beat], rep: Rep, people: Sequence[Person]) -> None:
    """Date all beats before the last one, backwards from it, each when its actor is at it."""
    for beat, following in zip(beats[-2::-1], beats[:0:-1], strict=True):
        beat.at = _before(following, beat, rep, people)


def _before(following: Beat, beat: Beat, rep: Rep, people: Sequence[Person]) -> datetime:
    """Return when `beat` happened: the gap of the one that follows lies between them."""
    end = _gap_before(following, rep, people)
    person = people[beat.person].rhythm
    match beat.who:
        case Who.US:
            return _acting(rep.rhythm, end, beat)
        case Who.THEM:
            return _acting(person, end, beat)
        case Who.BOTH if beat.channel == Channel.MEETING:
            return _on_the_half_hour(together(rep.rhythm, person, end, beat.slack))
        case Who.BOTH:
            return together(rep.rhythm, person, end, 0.02)
        case _:
            return end - MINUTE


def _acting(rhythm: Rhythm, end: datetime, beat: Beat) -> datetime:
    return rhythm.back(end, 0.02 if rhythm.is_on(end) else beat.slack)


def _on_the_half_hour(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 30)


def _gap_before(following: Beat, rep: Rep, people: Sequence[Person]) -> datetime:
    """Return the instant from which whoever acts next took their time."""
    if following.who == Who.ROBOT:
        return following.at - MINUTE
    theirs = following.who == Who.THEM
    rhythm = people[following.person].rhythm if theirs else rep.rhythm
    return rhythm.clock.back(following.at, timedelta(hours=max(following.gap, 0.05)))
