"""What to do first: value × the stage's probability × chance of an answer × what waiting costs.

Pure. docs/re-engaging.md, "The order of Today", says each factor in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from deals.wording import say_money
from outreach.chances import Chances

ASSUMED = 0.10  # of 100 answer, where too few were as quiet to tell; the same for all such deals
LEAST = 0.01  # so that a deal of a stage where nobody came back still has its place by value
STAND_IN = Decimal(1000)  # what a deal counts for where no deal of its stage has an amount

Parts = dict[str, Any]  # as Suggestion.rank_parts keeps them


@dataclass(frozen=True, slots=True)
class Stakes:
    """What there is to win: the amount in its currency, and the stage with its chance in percent."""

    amount: Decimal | None
    currency: str
    stage: int
    stage_name: str
    stage_chance: int


@dataclass(frozen=True, slots=True)
class Rank:
    """The place of a suggestion, higher first, and the factors that it was multiplied from."""

    value: Decimal
    parts: Parts


def rank(stakes: Stakes, age: timedelta, chances: Chances) -> Rank:
    """Return the rank of a deal whose silence is so old, in elapsed time."""
    typical = chances.amounts.get(stakes.stage) or STAND_IN
    amount = stakes.amount or typical
    known = chances.of(stakes.stage, age)
    is_assumed = known is None or known.is_from_few
    share = ASSUMED if known is None or known.is_from_few else max(known.share, LEAST)
    waiting = round(chances.waiting(stakes.stage, age), 2)
    value = float(amount) * stakes.stage_chance / 100 * share * waiting
    parts: Parts = {
        "amount": str(amount), "currency": stakes.currency, "is_typical": not stakes.amount,
        "stage": stakes.stage_name, "stage_chance": stakes.stage_chance,
        "share": share, "is_assumed": is_assumed, "waiting": waiting,
    }  # fmt: skip
    return Rank(Decimal(f"{value:.2f}"), parts)


def say(parts: Parts) -> str:
    """Say what a rank was multiplied from; "" where it is not known.

    "€ 1,000 × 40 % for Proposal × 12 in 100 still answer × 1.3 for waiting".
    """
    if not parts:
        return ""
    money = say_money(Decimal(parts["amount"]), parts["currency"])
    stage, in_100 = parts["stage"], f"{100 * parts['share']:.0f} in 100"
    factors = [
        f"{money} (no amount given: typical of {stage})" if parts["is_typical"] else money,
        f"{parts['stage_chance']} % for {stage}",
        f"{in_100} assumed to answer" if parts["is_assumed"] else f"{in_100} still answer",
    ]
    if parts["waiting"] >= 1.05:
        factors.append(f"{parts['waiting']:.1f} for waiting")
    return " × ".join(factors)
