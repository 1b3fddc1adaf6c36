"""What became of the rows of an import, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counts:
    """How many rows of the files made something new, changed something, or changed nothing."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def count(self, fate: str, rows: int = 1) -> None:
        setattr(self, fate, getattr(self, fate) + rows)

    def add(self, other: Counts) -> None:
        for fate in ("created", "updated", "unchanged"):
            self.count(fate, getattr(other, fate))
