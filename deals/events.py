"""What the pure rules take in and give out: dated events and a history; silences and spells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from deals.darkness import Interval, Policy, Promised


@dataclass(frozen=True, slots=True)
class Event:
    """Something dated on a deal; `key` names its row ("touch:12"). UTC instants."""

    at: datetime
    key: str
    source: str = ""
    external_id: str = ""

    @property
    def rank(self) -> int:
        """Where it stands among events of the same instant. Source: SILENCE.md, "History"."""
        return 3


@dataclass(frozen=True, slots=True)
class TouchEvent(Event):
    """A touch that counts: heard from them, or delivered by us."""

    direction: str = "inbound"
    turn: str = "ours"

    @property
    def rank(self) -> int:
        return 1 if self.direction == "outbound" else 0

    @property
    def is_heard(self) -> bool:
        """Whether a person on their side said something."""
        return self.direction != "outbound"

    @property
    def is_ours(self) -> bool:
        """Whether we said something."""
        return self.direction != "inbound"


@dataclass(frozen=True, slots=True)
class StageEvent(Event):
    """Entering a stage, with the turn that the entry gives."""

    stage: int = 0
    turn: str = "unchanged"

    @property
    def rank(self) -> int:
        return 2


@dataclass(frozen=True, slots=True)
class OutcomeEvent(Event):
    """Winning, losing, archiving, letting go or reopening."""

    outcome: str = "open"
    is_let_go: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawalEvent(Event):
    """The last person of the deal who could be talked to opted out or was erased."""


@dataclass(frozen=True, slots=True)
class History:
    """All that a deal's silences follow from, up to an instant.

    `policy(by, stage, at)` says which patience and clock judge a silence at an instant,
    `calendar(by, at)` by whose calendar (the primary contact's, or ours); `changes` are the instants at
    which their answers may change for other reasons than the stage, `led` those of them at which
    another primary contact, or another calendar of theirs, begins to count.
    """

    opened_at: datetime
    first_stage: int
    events: Sequence[Event]
    policy: Callable[[str, int, datetime], Policy]
    calendar: Callable[[str, datetime], int] = lambda by, at: 0
    changes: Sequence[datetime] = ()
    led: Collection[datetime] = ()
    holds: Sequence[Interval] = ()
    promises: Sequence[Promised] = ()

    @property
    def instants(self) -> Iterator[datetime]:
        """Yield when that happened which a replay followed; holds may be to come, and tell nothing."""
        yield from (event.at for event in self.events)
        yield from (promise.made_at for promise in self.promises)
        yield from self.led


@dataclass(frozen=True, slots=True)
class Spell:
    """When a silence was dark; `to` is None while it lasts."""

    since: datetime
    to: datetime | None


@dataclass(slots=True)
class Stretch:
    """One silence as the rules see it: open while `ended_at` is None."""

    by: str
    opening: str
    started_at: datetime
    stages: list[tuple[datetime, int]]
    ended_at: datetime | None = None
    ending: str = ""
    relit_at: datetime | None = None
    attempts: list[datetime] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    clock_from: datetime | None = None
    held_until: datetime | None = None
    promised_at: datetime | None = None

    @property
    def stage(self) -> int:
        """The stage at its end, or now."""
        return self.stages[-1][1]

    @property
    def dark_attempts(self) -> list[datetime]:
        """The attempts since it first went dark."""
        return [at for at in self.attempts if self.spells and at >= self.spells[0].since]

    def stage_at(self, at: datetime) -> int:
        """The stage it was in at an instant."""
        return [stage for since, stage in self.stages if since <= at][-1]


@dataclass(slots=True)
class Replayed:
    """What a history amounts to: its silences in order, and where the deal stands."""

    silences: list[Stretch]
    outcome: str
    closed_at: datetime | None
    stage: int

    @property
    def open_silence(self) -> Stretch | None:
        """The one that lasts still; None on a deal that is not open."""
        last = self.silences[-1] if self.silences else None
        return last if last and last.ended_at is None else None
