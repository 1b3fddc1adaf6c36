"""The pure rules: a deal's history in, its silences and dark spells out.

No database, no clock of its own: everything follows from the dated events, holds, promises and
policies it is given. Source: SILENCE.md, whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from deals.darkness import Interval, Policy, dark_spells, merged, shifted
from deals.events import (
    Event,
    History,
    OutcomeEvent,
    Replayed,
    Spell,
    StageEvent,
    Stretch,
    TouchEvent,
    WithdrawalEvent,
)

COURT = {"theirs": "them", "ours": "us", "nobody": "nobody"}
LET_GO = "let_go"
UNDATED_ABSENCE = timedelta(days=14)  # SILENCE.md, "Holds"
# How old a `now` may be by the time it is used: as long as a task may take (config.settings), and
# as far as clocks may differ (SILENCE.md, "Whose turn", rule 8).
LONGEST_BEHIND = timedelta(minutes=5)


def replay(history: History, now: datetime) -> Replayed:
    """Return the silences of a history as of `now`, whatever order it arrived in.

    Events, holds and promises after `now` do not count, but for holds that will begin: they
    move `clock_from`. Source: SILENCE.md, "History".
    """
    rules = _Rules(history)
    for event in sorted(
        (event for event in history.events if event.at <= now),
        key=lambda event: (event.at, event.rank, event.source, event.external_id),
    ):
        rules.take(event)
    for stretch in rules.silences:
        judge(stretch, history, now)
    return Replayed(rules.silences, rules.outcome, rules.closed_at, rules.stage)


def as_of(written: Iterable[datetime], now: datetime, until: datetime | None = None) -> datetime:
    """Return `now`, or the latest instant that is written and lies after it, but not after `until`.

    What is written has happened: whoever waited for a lock, or whose clock is behind, comes with
    an older `now` than the one who wrote it. What lies further ahead is no word on the time, and
    does not count yet. Source: decision 126.
    """
    last = until or now + LONGEST_BEHIND
    return max((at for at in written if now < at <= last), default=now)


def judge(stretch: Stretch, history: History, now: datetime) -> None:
    """Fill in a silence's spells and what its clock goes by, as of `now`."""
    start = stretch.started_at
    end = stretch.ended_at or now + timedelta.resolution  # `now` itself is judged too
    last = stretch.ended_at or datetime.max.replace(tzinfo=start.tzinfo)
    holds = merged(Interval(max(hold.since, start), min(hold.to, last)) for hold in history.holds)
    promises = [
        promise
        for promise in history.promises
        if stretch.by == "them" and start <= promise.made_at < end
    ]
    stretch.clock_from = shifted(start, holds)
    stretch.held_until = holds[-1].to if holds else None
    stretch.promised_at = promises[-1].due_at if promises else None
    if stretch.by == "nobody":
        return
    policies = _policies(stretch, history, end)
    stretch.spells = [
        Spell(dark.since, None if dark.to > now and not stretch.ended_at else dark.to)
        for dark in dark_spells(start, end, policies=policies, holds=holds, promises=promises)
    ]
    was_dark = bool(stretch.spells) and stretch.spells[-1].to == stretch.ended_at
    if stretch.by == "them" and stretch.ending == "replied" and was_dark:
        stretch.relit_at = stretch.ended_at


def _policies(stretch: Stretch, history: History, end: datetime) -> list[tuple[datetime, Policy]]:
    """Return which policy judges a silence from when on, in order."""
    start = stretch.started_at
    turns = {since for since, _ in stretch.stages if since < end}
    turns.update(at for at in history.changes if start < at < end)
    return [(at, history.policy(stretch.by, stretch.stage_at(at), at)) for at in sorted(turns)]


class _Rules:
    """Whose turn it is, event after event. Source: SILENCE.md, "Whose turn"."""

    def __init__(self, history: History) -> None:
        first = min((event.at for event in history.events), default=history.opened_at)
        self.stage = history.first_stage
        self.outcome = "open"
        self.closed_at: datetime | None = None
        self.silences: list[Stretch] = []
        self.current: Stretch | None = None
        self.last_let_go: Stretch | None = None
        self.open("nobody", min(history.opened_at, first), "deal")

    def take(self, event: Event) -> None:
        """Let one event play."""
        match event:
            case TouchEvent():
                self.touch(event)
            case StageEvent():
                self.enter(event)
            case OutcomeEvent():
                self.settle(event)
            case WithdrawalEvent():
                self.withdraw(event)

    def touch(self, event: TouchEvent) -> None:
        if event.is_heard:
            self.relight(event.at)
        if self.outcome != "open":
            if self.outcome == "resting" and event.is_heard:
                self.reopen(self.court_after(event, "nobody"), event)
            return
        current = self.here
        court = self.court_after(event, current.by)
        if current.by == "them" and event.is_heard:
            self.turn("replied", court, event)
        elif current.by == "us" and event.is_ours:
            self.turn("answered", court, event)
        elif court != current.by:
            self.turn("turned", court, event)
        elif current.by == "them":
            current.attempts.append(event.at)

    def enter(self, event: StageEvent) -> None:
        self.stage = event.stage
        if self.current is None:
            return
        court = COURT.get(event.turn, self.current.by)
        if court != self.current.by:
            self.turn("turned", court, event)
        else:
            self.current.stages.append((event.at, event.stage))

    def settle(self, event: OutcomeEvent) -> None:
        if event.outcome == "open":
            if self.outcome != "open":
                self.reopen("us", event)
            return
        if self.current is not None:
            ended = self.end(LET_GO if event.is_let_go else "closed", event.at)
            if event.is_let_go and ended.by == "them":
                self.last_let_go = ended
        self.outcome, self.closed_at = event.outcome, event.at

    def withdraw(self, event: WithdrawalEvent) -> None:
        if self.current is not None and self.current.by != "nobody":
            self.turn("withdrawn", "nobody", event)

    def court_after(self, event: TouchEvent, by: str) -> str:
        """In whose court the ball lies after a touch; rule 1 of "Whose turn"."""
        if event.turn != "unchanged":
            return COURT[event.turn]
        was_writers = (by == "us" and event.is_ours) or (by == "them" and event.is_heard)
        return "nobody" if was_writers else by

    @property
    def here(self) -> Stretch:
        """The open silence of an open deal."""
        assert self.current is not None
        return self.current

    def turn(self, ending: str, court: str, event: Event) -> None:
        self.end(ending, event.at)
        self.open(court, event.at, event.key)

    def reopen(self, court: str, event: Event) -> None:
        self.outcome, self.closed_at = "open", None
        self.open(court, event.at, event.key)

    def relight(self, at: datetime) -> None:
        """Being heard after letting go marks that silence relit, once."""
        if self.last_let_go is not None:
            self.last_let_go.relit_at = at
            self.last_let_go = None

    def open(self, by: str, at: datetime, opening: str) -> None:
        self.current = Stretch(by, opening, at, [(at, self.stage)])
        self.silences.append(self.current)

    def end(self, ending: str, at: datetime) -> Stretch:
        """End the open silence; a stretch of nobody's move with no length leaves no row."""
        ended = self.here
        ended.ended_at, ended.ending = at, ending
        self.current = None
        if ended.by == "nobody" and ended.started_at == at:
            self.silences.pop()
        return ended


def absences(
    notes: Iterable[tuple[datetime, datetime | None]], heard: Sequence[datetime]
) -> list[Interval]:
    """Return when a contact is away, from their notes (from, to; None when no date is named).

    An undated note holds 14 days; one that comes while an absence runs does not extend it.
    Hearing from them ends it. Source: SILENCE.md, "Holds".
    """
    away: list[Interval] = []
    for since, until in sorted(
        notes, key=lambda note: (note[0], note[1] is None, note[1] or note[0])
    ):
        if until is None and any(known.since <= since < known.to for known in away):
            continue
        to = until or since + UNDATED_ABSENCE
        back = min((at for at in heard if since < at < to), default=to)
        away.append(Interval(since, back))
    return away
