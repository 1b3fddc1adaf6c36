"""Numbers of rows as addresses and forms name them."""

from __future__ import annotations

LONGEST = 18  # digits that fit into a row's number on every database


def row_number(told: str | None) -> int | None:
    """Return the number of a row that a text names, None for what cannot be one."""
    return int(told) if told and told.isdecimal() and len(told) <= LONGEST else None
