"""How many of what the demo has: stages, outcomes, and how the open deals stand."""

from __future__ import annotations

from typing import TypeVar

from contacts.models import Channel
from outreach.demo.endings import (
    Ending,
    away,
    booked,
    bounced,
    broken_promise,
    crossing,
    dark,
    dimming,
    met,
    nobodys,
    opted_out,
    our_move,
    overdue,
    paused,
    promised,
    rested,
    spent,
    stale,
    tried_before,
    waiting,
)

T = TypeVar("T")
Weighted = tuple[tuple[T, int], ...]
# In percent.
STAGES: Weighted[str] = (
    ("Discovery", 30), ("Demo", 19), ("Proposal", 14), ("Negotiation", 7), ("Onboarding", 8),
    ("Active", 20), ("Renewal", 2),
)  # fmt: skip
CLOSED: Weighted[str] = (
    ("won", 32), ("lost", 7), ("unsaid", 7), ("resting", 20), ("let_go", 28), ("renewed", 3),
    ("churned", 3),
)  # fmt: skip
# Where deals are let go: mostly after a demo or a proposal that nobody says a word about.
LET_GO_IN: Weighted[str] = (
    ("Discovery", 8), ("Demo", 48), ("Proposal", 40), ("Negotiation", 4),
)  # fmt: skip
# How the open deals of a usual rep stand, in percent.
USUAL: Weighted[Ending] = (
    (waiting, 28), (dark(0), 7), (tried_before, 4), (dark(1), 4), (dark(2), 2), (spent, 1),
    (broken_promise, 2), (crossing(-95), 1), (dimming, 6), (crossing(70), 1), (our_move, 5),
    (overdue, 3), (bounced, 1), (nobodys, 9), (stale, 4), (booked, 7), (met, 1), (paused, 4),
    (away, 4), (promised, 5), (opted_out, 1),
)  # fmt: skip
# The deals of the rep whom a tour follows: every state, in small numbers.
TOUR: tuple[tuple[str, Ending], ...] = (
    ("Proposal", dark(2, Channel.EMAIL)), ("Negotiation", crossing(-65)), ("Proposal", dark(3)),
    ("Discovery", spent), ("Demo", crossing(-17)), ("Renewal", broken_promise), ("Renewal", dark(1)),
    ("Proposal", our_move), ("Negotiation", overdue), ("Active", our_move),
    ("Demo", crossing(12)), ("Onboarding", crossing(115)), ("Discovery", dimming),
    ("Demo", stale), ("Active", stale), ("Proposal", booked), ("Demo", booked), ("Demo", met),
    ("Negotiation", promised), ("Proposal", promised), ("Discovery", paused), ("Demo", rested),
    ("Proposal", away), ("Discovery", away), ("Discovery", waiting), ("Discovery", waiting),
    ("Discovery", waiting), ("Discovery", nobodys), ("Demo", waiting),
    ("Demo", nobodys), ("Proposal", waiting), ("Negotiation", waiting), ("Onboarding", waiting),
    ("Renewal", waiting), ("Active", waiting), ("Active", waiting), ("Active", nobodys),
    ("Discovery", bounced),
)  # fmt: skip
DARK_ON_TOUR = 7  # the first of them; each with a company, so that there is somebody to widen to
CLOSED_ON_TOUR = ("resting", "resting", "resting", "won", "won", "lost")
