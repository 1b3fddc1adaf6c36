"""What is said in the demo: `data/words.toml`, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"
GERMAN = "de"  # Germans are written to in German, from notes in German


@dataclass(frozen=True)
class Words:
    """The texts of the demo: by occasion, by stage, or simply some to choose from."""

    said: Mapping[str, Sequence[str]]
    subjects: Mapping[str, str]
    next_steps: Mapping[str, Sequence[str]]
    next_steps_de: Mapping[str, Sequence[str]]
    lost_because: Sequence[str]
    let_go_because: Sequence[str]
    churned_because: Sequence[str]
    facts: Sequence[str]
    facts_de: Sequence[str]
    learned_from: Sequence[str]
    notes_on_people: Sequence[str]

    def facts_in(self, language: str) -> Sequence[str]:
        """Return what may be known of people, as one says it to them; as many in each language."""
        return self.facts_de if language == GERMAN else self.facts

    def next_steps_in(self, language: str) -> Mapping[str, Sequence[str]]:
        """Return the next steps of each stage, as one says them; as many in each language."""
        return self.next_steps_de if language == GERMAN else self.next_steps


def read(name: str) -> Any:
    """Return what a file of the demo's data says."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def words() -> Words:
    """Return the words of the demo."""
    return Words(**read("words.toml"))
