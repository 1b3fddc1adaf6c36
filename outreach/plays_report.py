"""Which plays bring people back, on which channel. Pure. Source: docs/figures.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contacts.models import Channel
from deals.shares import Share
from deals.spreadsheets import Value
from outreach.models import Play
from outreach.tries import Fate, Try


@dataclass(frozen=True, slots=True)
class PlayRow:
    """One play on one channel: of those tried whose time is over, how many were answered.

    `waiting` are those whose time still runs.
    """

    play: Play
    channel: Channel
    share: Share
    waiting: int

    @property
    def tried(self) -> int:
        """How many were tried: those whose time is over, and those that still wait."""
        return self.share.whole + self.waiting

    @property
    def label(self) -> str:
        """The play and its channel as one says them: "Refocus by email"."""
        return f"{self.play.label} by {self.channel.label.lower()}"


def play_rows(tries: Iterable[Try]) -> list[PlayRow]:
    """Count tries by play and channel: the most successful first, those of few tries last."""
    counts = Counter((each.play, each.channel, each.fate) for each in tries)
    rows = [_row(*pair, counts) for pair in {(play, channel) for play, channel, _ in counts}]
    return sorted(rows, key=_place)


def total(rows: Iterable[PlayRow]) -> tuple[Share, int]:
    """Return all of them together: the share answered, and how many still wait."""
    told = list(rows)
    part = sum(row.share.part for row in told)
    whole = sum(row.share.whole for row in told)
    return Share(part, whole), sum(row.waiting for row in told)


def _row(play: str, channel: str, counts: Counter[tuple[str, str, Fate]]) -> PlayRow:
    replied = counts[play, channel, Fate.REPLIED]
    tried = replied + counts[play, channel, Fate.UNANSWERED]
    waiting = counts[play, channel, Fate.WAITING]
    return PlayRow(Play(play), Channel(channel), Share(replied, tried), waiting)


def _place(row: PlayRow) -> tuple[bool, float, int, str, str]:
    rate = row.share.rate or 0.0
    return not row.share.is_enough, -rate, -row.share.whole, row.play, row.channel


def written(rows: Iterable[PlayRow]) -> Iterator[Sequence[Value]]:
    """Yield the table of a file; shares are from 0 to 1."""
    yield [
        "Play", "Channel", "Tried", "Of these still waiting", "Of these time is over",
        "Of those answered", "Share", "From", "To",
    ]  # fmt: skip
    for row in rows:
        share, (low, high) = row.share, row.share.interval
        told = [_exact(share.rate), _exact(low), _exact(high)] if share.whole else [None] * 3
        yield [
            str(row.play.label),
            str(row.channel.label),
            row.tried,
            row.waiting,
            share.whole,
            share.part,
            *told,
        ]


def _exact(share: float | None) -> Decimal | None:
    return None if share is None else Decimal(f"{share:.4f}")
