"""What can be seen of a silence that tells why somebody may be silent. Pure: read by `observing`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median_high
from typing import NamedTuple

from outreach.mentions import Topic
from outreach.models import Reason, Remark

HABIT = 3  # replies that make a usual time
USUALLY = 2 / 3  # of the replies that came within a time make it the usual one
QUICK = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 24))  # they read what we write


class Opening(NamedTuple):
    """What their silence began with: our touch on a channel, or the deal entering a stage."""

    day: date
    channel: str = ""
    stage: str = ""
    names_price: bool = False
    touch: int | None = None


class Away(NamedTuple):
    """An absence during the silence; `until` is None where their note names no day."""

    since: date
    until: date | None = None


class Mentions(NamedTuple):
    """How often they touched on a topic: on this deal, last by `touch`, and on others, unnamed."""

    here: int = 0
    elsewhere: int = 0
    day: date | None = None
    channel: str = ""
    word: str = ""
    touch: int | None = None


class Said(NamedTuple):
    """The reason that a rep gave for this silence, and when."""

    reason: Reason
    day: date


@dataclass(frozen=True, slots=True)
class Signs:
    """What the rows of a deal say about its silence; days are local to the deal's owner.

    `replies` are how long they took in their silences that ended with a reply, in order, and
    `patience` how long this one lasted until it went dark, both in elapsed time. `people` counts
    who is known at their company, None for a consumer. `remarks` have the last day of each topic.
    """

    today: date
    patience: timedelta
    attempts: int = 0
    replies: tuple[timedelta, ...] = ()
    was_heard: bool = True
    heard_elsewhere_on: date | None = None
    opening: Opening | None = None
    away: Away | None = None
    moved: tuple[date, ...] = ()
    promised_on: date | None = None
    dead: tuple[str, ...] = ()
    people: int | None = None
    late_stage: str = ""
    mentions: Mapping[Topic, Mentions] = field(default_factory=dict)
    remarks: Mapping[Remark.Topic, date] = field(default_factory=dict)
    said: Said | None = None

    @property
    def usual_reply(self) -> timedelta | None:
        """The median time that they took to reply, None without a habit."""
        return median_high(self.replies) if len(self.replies) >= HABIT else None

    @property
    def quick(self) -> timedelta | None:
        """Within how long they usually reply, if that is a day at most."""
        if len(self.replies) < HABIT:
            return None
        return next((time for time in QUICK if self.within(time) >= USUALLY), None)

    def within(self, time: timedelta) -> float:
        """Which share of their replies came within a time."""
        return sum(reply <= time for reply in self.replies) / len(self.replies)
