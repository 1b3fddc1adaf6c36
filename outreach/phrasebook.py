"""The phrases of the tone check as they are shipped: `data/tone/`, a folder a language.

`book.toml` tells its sets and what is missing in a text; each other file is a kind of blame.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from outreach.phrases import Choice, Index, Literal, Part, Phrase, phrase
from outreach.reading import Spellings, fold

FOLDER = Path(__file__).parent / "data" / "tone"
BOOK = "book.toml"


class Advice(NamedTuple):
    """What is wrong about a text, what to do instead, and a sentence that can stand there."""

    why: str
    instead: str
    say: str = ""


@dataclass(frozen=True)
class Phrasebook:
    """What the tone check knows of one language."""

    language: str
    common: frozenset[str]  # words by which the language is told
    greetings: frozenset[str]  # how a text begins: "Hello Tom,"
    small: frozenset[str]  # words without a capital letter within a sentence
    spellings: Spellings
    sets: Mapping[str, list[str]]
    blame: Index  # what must not be said
    requests: Index  # asks without a question mark
    invitations: Index  # asks that count where nothing else asks
    continues: frozenset[str]  # how a question goes on with the one before
    shape: Mapping[str, Advice]

    def phrase(self, notation: str, *, kind: str, why: str, instead: str) -> Phrase:
        """Return a phrase of this language; raises ValueError where it cannot be read."""
        return phrase(
            notation, kind=kind, why=why, instead=instead, sets=self.sets, spellings=self.spellings
        )


@cache
def phrasebooks() -> Mapping[str, Phrasebook]:
    """Return the shipped phrasebooks by language."""
    books = (_read(path.parent) for path in sorted(FOLDER.glob(f"*/{BOOK}")))
    return {book.language: book for book in books}


def example(parts: Iterable[Part]) -> str:
    """Return how a phrase begins to read: the first of all ways, without what may be left out."""
    said = []
    for part in parts:
        if isinstance(part, Literal):
            said.append(part.written)
        elif isinstance(part, Choice) and not part.is_optional:
            said.append(example(part.ways[0]))
        elif part == "..." and said[-1:] != ["…"]:
            said.append("…")
    return " ".join(filter(None, said))


def _read(folder: Path) -> Phrasebook:
    told = _told(folder / BOOK)
    spellings = Spellings(told["spellings"]["whole"], told["spellings"]["endings"])
    asks = told["asks"]
    return Phrasebook(
        language=folder.name,
        common=frozenset(told["common"]),
        greetings=frozenset(map(fold, told["greetings"])),
        small=frozenset(map(fold, told["small"])),
        spellings=spellings,
        sets=told["sets"],
        blame=Index(_blame(folder, told["sets"], spellings)),
        requests=_asks(asks["requests"], told, spellings),
        invitations=_asks(asks["invitations"], told, spellings),
        continues=frozenset(asks["continues"]),
        shape={name: Advice(**advice) for name, advice in told["shape"].items()},
    )


def _told(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _blame(folder: Path, sets: Mapping[str, list[str]], spellings: Spellings) -> Iterator[Phrase]:
    for path in sorted(set(folder.glob("*.toml")) - {folder / BOOK}):
        group = _told(path)
        for notation in group["phrases"]:
            yield phrase(
                notation,
                kind=path.stem, why=group["why"], instead=group["instead"], say=group["say"],
                sets=sets, spellings=spellings,
            )  # fmt: skip


def _asks(notations: list[str], told: dict[str, Any], spellings: Spellings) -> Index:
    return Index(
        phrase(notation, kind="ask", why="", instead="", sets=told["sets"], spellings=spellings)
        for notation in notations
    )
