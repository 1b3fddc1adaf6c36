"""What can be done to many deals at once: to reassign them, to pause them, to let them go.

Each act says which deals it leaves out and why, what becomes of the others, and goes through the
one door that a single deal goes through. Source: docs/re-engaging.md, "Many deals at once".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.utils import timezone

from accounts.models import User
from deals import conversation, course
from deals.models import Deal, Hold, Outcome
from deals.people import hand_over
from deals.standing import Standing, State
from deals.wording import last_moment
from outreach.models import BulkAction

Kind = BulkAction.Kind
Done = tuple[int, int, int | None]  # as BulkAction.done keeps it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A deal that somebody chose, as it stands: its silence, and what holds it from now on.

    `mark` changes whenever something does that an act should not overlook. `is_overseen` is
    false for one that is theirs to see by a cover only.
    """

    deal: Deal
    stands: Standing | None
    holds: tuple[Hold, ...]
    is_overseen: bool
    mark: str

    @property
    def meeting(self) -> Hold | None:
        """The meeting to come, if one is booked."""
        return next((hold for hold in self.holds if hold.reason == Hold.Reason.MEETING), None)

    @property
    def held_to(self) -> datetime | None:
        """Until when it is held, or will be; None where it is not."""
        ends = [hold.ends_at for hold in self.holds if hold.ends_at is not None]
        if self.stands and self.stands.state == State.HELD and self.stands.held_to:
            ends.append(self.stands.held_to)
        return max(ends, default=None)


class Act(Protocol):
    """One of the three, with what it needs to know."""

    @property
    def kind(self) -> Kind: ...

    def keeps_out(self, candidate: Candidate) -> str:
        """Say why a deal is left out, or nothing."""

    @property
    def fate(self) -> str:
        """Say what becomes of each deal."""

    def did(self, count: str) -> str:
        """Say what was done to so many deals."""

    def do(self, deals: Sequence[Deal], user: User, now: datetime, /) -> list[Done]:
        """Do it, in the caller's transaction; return what undoing it takes."""


@dataclass(frozen=True, slots=True)
class Reassign:
    """Give deals to another owner."""

    owner: User
    kind = Kind.REASSIGN

    def keeps_out(self, candidate: Candidate) -> str:
        deal = candidate.deal
        if deal.owner_id == self.owner.pk:
            return f"{self.owner}’s already"
        # a resting one comes back, and somebody must be there for it
        return "" if deal.outcome in (Outcome.OPEN, Outcome.RESTING) else _closed(deal)

    @property
    def fate(self) -> str:
        return f"Becomes {self.owner}’s"

    def did(self, count: str) -> str:
        return f"{count} reassigned to {self.owner}."

    def do(self, deals: Sequence[Deal], _user: User, now: datetime) -> list[Done]:
        hand_over([deal.pk for deal in deals], self.owner, now=now)
        return [(deal.pk, self.owner.pk, deal.owner_id) for deal in deals]


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop the clocks of deals until an instant."""

    ends_at: datetime
    note: str
    kind = Kind.PAUSE

    def keeps_out(self, candidate: Candidate) -> str:
        if not candidate.deal.is_open:
            return _closed(candidate.deal)
        if candidate.meeting:
            return _booked(candidate.meeting)
        return f"On hold until {_say(candidate.held_to)} already" if candidate.held_to else ""

    @property
    def fate(self) -> str:
        return f"Waits until {_say(self.ends_at)}"

    def did(self, count: str) -> str:
        return f"{count} paused until {_say(self.ends_at)}."

    def do(self, deals: Sequence[Deal], user: User, now: datetime) -> list[Done]:
        holds = [
            Hold(
                deal=deal, reason=Hold.Reason.PAUSE, starts_at=now, ends_at=self.ends_at,
                note=self.note, user=user,
            )
            for deal in deals
        ]  # fmt: skip
        conversation.hold_many(holds, now=now)
        return [(deal.pk, held.pk, None) for deal, held in zip(deals, holds, strict=True)]


@dataclass(frozen=True, slots=True)
class LetGo:
    """Stop trying, for now with a day to look again, or for good."""

    outcome: Outcome
    look_again_on: date | None
    reason: str
    kind = Kind.LET_GO

    def keeps_out(self, candidate: Candidate) -> str:
        if not candidate.deal.is_open:
            return _closed(candidate.deal)
        return _booked(candidate.meeting) if candidate.meeting else ""

    @property
    def fate(self) -> str:
        if self.outcome == Outcome.LOST:
            return "Lost, for good"
        day = self.look_again_on
        return f"Rests until {day.day} {day:%B %Y}" if day else "Rests until they are heard"

    def did(self, count: str) -> str:
        return f"{count} let go."

    def do(self, deals: Sequence[Deal], user: User, now: datetime) -> list[Done]:
        entries = course.let_go_many(
            deals, now=now, outcome=self.outcome, look_again_on=self.look_again_on,
            reason=self.reason, user=user,
        )  # fmt: skip
        return [(entry.deal_id, entry.pk, None) for entry in entries]


def _closed(deal: Deal) -> str:
    return f"{deal.get_outcome_display()} already"


def _booked(meeting: Hold) -> str:
    return f"A meeting is booked, until {_say(meeting.ends_at)}"


def _say(at: datetime | None) -> str:
    """Say a last day in the reader's zone."""
    assert at is not None
    there = last_moment(at, timezone.get_current_timezone())
    return f"{there.day} {there:%B}"
