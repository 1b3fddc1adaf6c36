"""How a row says that a deal came to its end, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deals.importing import values
from deals.importing.values import Reader, RefusalError
from deals.models import Outcome

OUTCOMES = (Outcome.OPEN, Outcome.WON, Outcome.LOST, Outcome.ARCHIVED, Outcome.RESTING)
TIMES = {"won": "won_at", "lost": "lost_at"}  # columns of some programs, for one outcome each


def ending(said: Mapping[str, str], reader: Reader) -> dict[str, Any]:
    """Read how a deal ended, and when. An open deal's closing date is a hope: it is left out."""
    text = said.get("outcome") or _told_otherwise(said)
    if not text:
        return {}
    outcome = values.one_of("outcome", text, OUTCOMES)
    if outcome == Outcome.OPEN:
        return {"outcome": outcome}
    name = TIMES.get(outcome, "")
    name = name if said.get(name) else "closed_at"
    if not said.get(name):
        raise RefusalError(f"is {outcome} without a date: fill in closed_at")
    return {"outcome": outcome, "closed_at": reader.instant(name, said[name])}


def _told_otherwise(said: Mapping[str, str]) -> str:
    """Return the outcome that other columns tell where none says it outright."""
    if said.get("won_at") or said.get("lost_at"):
        if said.get("won_at") and said.get("lost_at"):
            raise RefusalError("has both won_at and lost_at: say which of them counts in outcome")
        return "won" if said.get("won_at") else "lost"
    is_won, is_closed = values.yes_or_no(said, "is_won"), values.yes_or_no(said, "is_closed")
    if is_won:
        return "won"
    if is_closed and is_won is None:
        raise RefusalError(
            "is closed, and nothing says whether it was won or lost: fill in outcome"
        )
    return "lost" if is_closed else ""
