"""Tell programs elsewhere what happened: rows in the same transaction, passed on by who can.

A replay is watched: what it finds that no row said before is news, once, however often it is
replayed and however silences are moved, split and joined.
Source: SILENCE.md, "What the sweep does".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from deals.events import Event, History, OutcomeEvent, Replayed, Stretch
from deals.models import Announcement, By, Deal, Outcome, Silence

Kind = Announcement.Kind
Content = dict[str, Any]
# SILENCE.md: what was older than this when it was recorded (a first import) is no news
NEWS = timedelta(hours=24)
CLOSINGS = {Outcome.WON: Kind.DEAL_WON, Outcome.LOST: Kind.DEAL_LOST}


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened on a deal, with the silence it concerns.

    `dark_at` is since when that is dark, or was as it ended; `content` is what the kind adds.
    """

    kind: Kind
    deal: Deal
    at: datetime
    silence: Silence | None = None
    dark_at: datetime | None = None
    content: Content = field(default_factory=dict)

    def told(self) -> Content:
        """Return all that is told: ids of what is new are known only once it is written."""
        silence = {"silence": about_silence(self.silence, self.dark_at)} if self.silence else {}
        return {"deal": about_deal(self.deal), **silence, **self.content}


def announce(news: Iterable[News], now: datetime) -> None:
    """Write what is news at `now`, in the caller's transaction."""
    rows = [
        Announcement(
            kind=one.kind,
            deal_id=one.deal.pk,
            silence=one.silence,
            occurred_at=one.at,
            recorded_at=now,
            content=one.told(),
        )
        for one in news
        if now - one.at <= NEWS
    ]
    Announcement.objects.bulk_create(rows, batch_size=500)


def about_deal(deal: Deal) -> Content:
    """Return what is told of a deal: what it is and whose, and none of its words but the title."""
    return {
        "id": deal.pk,
        "source": deal.source,
        "external_id": deal.external_id,
        "title": deal.title,
        "owner_id": deal.owner_id,
        "stage_id": deal.stage_id,
        "contact_id": deal.contact_id,
        "company_id": deal.company_id,
        "amount": None if deal.amount is None else str(deal.amount),
        "currency": deal.currency,
        "outcome": deal.outcome,
    }


def about_silence(silence: Silence, dark_at: datetime | None) -> Content:
    """Return what is told of a silence."""
    return {
        "id": silence.pk,
        "started_at": say(silence.started_at),
        "dark_at": say(dark_at),
        "ended_at": say(silence.ended_at),
        "ending": silence.ending or None,
        "attempts": silence.attempts,
    }


def say(at: datetime | None) -> str | None:
    """Return an instant as programs read it, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


class Watch:
    """One deal while it is replayed: what its rows said before, and what is new after."""

    def __init__(self, deal: Deal, stored: Sequence[Silence], now: datetime) -> None:
        self.deal = deal
        self.now = now
        self.before = {row.pk: _marks(row) for row in stored}
        # where silences are split or joined, another row may have told it already
        self.told = {mark for marks in self.before.values() for mark in marks.items()}
        self.was, self.closed_at = Outcome(deal.outcome), deal.closed_at

    def silence(self, row: Silence, stretch: Stretch) -> Iterator[News]:
        """Yield what a row says after a replay that it did not say before."""
        before = self.before.get(row.pk, {})
        for kind, at in _marks(row).items():
            if kind not in before and (kind, at) not in self.told:
                yield News(kind, self.deal, at, row, _dark_at(stretch))

    def outcome(self, truth: Replayed, history: History) -> Iterator[News]:
        """Yield where the deal went, if it is not where it was."""
        is_now = Outcome(truth.outcome)
        if is_now in (self.was, Outcome.ARCHIVED):
            return
        if is_now == Outcome.OPEN:
            yield self._reopened(truth.silences[-1])
        elif truth.closed_at is not None:
            kind = _closing(is_now, truth.closed_at, history.events)
            yield News(kind, self.deal, truth.closed_at)

    def _reopened(self, now_open: Stretch) -> News:
        """Tell why it is open again: they were heard, somebody said so, or took the closing back."""
        opened_by = now_open.opening.partition(":")[0]
        ways = {"touch": "heard", "outcome": "reopened"}
        is_later = self.closed_at is None or now_open.started_at >= self.closed_at
        how = ways.get(opened_by, "taken_back") if is_later else "taken_back"
        at = now_open.started_at if how != "taken_back" else self.now
        return News(Kind.DEAL_REOPENED, self.deal, at, content={"how": how})


def _marks(row: Silence) -> dict[Kind, datetime]:
    """Return what is worth telling of a silence by them, with its instant."""
    if row.by != By.THEM:
        return {}
    marks = {
        Kind.SILENCE_DARK: row.dark_at,
        Kind.SILENCE_ENDED: row.ended_at,
        Kind.DEAL_RELIT: row.relit_at,
    }
    return {kind: at for kind, at in marks.items() if at is not None}


def _dark_at(stretch: Stretch) -> datetime | None:
    """Return since when a silence is dark, or was as it ended."""
    last = stretch.spells[-1] if stretch.spells else None
    return last.since if last and last.to == stretch.ended_at else None


def _closing(outcome: Outcome, at: datetime, events: Iterable[Event]) -> Kind:
    """Return whether a deal was let go, for now or for good, or closed."""
    said = (event for event in events if isinstance(event, OutcomeEvent) and event.at == at)
    if any(event.is_let_go and event.outcome == outcome for event in said):
        return Kind.DEAL_LET_GO
    return CLOSINGS.get(outcome, Kind.DEAL_LET_GO)
