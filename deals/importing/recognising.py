"""What the headings of other programs' exports mean, and their words: read from `headings*.toml`."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deals.importing.mapping import normal

KINDS = ("deals", "contacts", "companies", "touches")  # what one file can hold
TELLING = 3  # a heading that only one kind of file has says more than one that all have
# Without one of these a file is not of the kind, however many headings it shares with it.
CORE = {
    "deals": {"title", "amount", "stage", "outcome", "closed_at", "wanted", "next_step", "deal"},
    "contacts": {"first_name", "last_name", "name", "email"}, "companies": {"name"},
    "touches": {"occurred_at"},
}  # fmt: skip
SHARED = {"name", "id", "recordid", "datensatzid", "externalid"}  # alone they tell no deals
BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]\s*$")  # behind a heading or a word
NUMBERED = re.compile(r"^\s*\d+\s*[.):/–—-]*\s*(?=\D)")  # before a stage: “6. Closed Won”
LETTERS = str.maketrans("łøđı", "lodi")  # which have no accent that could be taken off


@cache
def _known() -> dict[str, Any]:
    """Return the fields with their headings, and the words, other languages' behind ours."""
    folder = Path(__file__).parent
    said, abroad = (
        tomllib.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("headings.toml", "headings_abroad.toml")
    )
    for table, more in [
        *((said[kind], abroad.get(kind, {})) for kind in KINDS),
        *((said["values"][field], words) for field, words in abroad["values"].items()),
    ]:
        for name, spellings in more.items():
            table[name] = [*table[name], *spellings]
    return said


@cache
def plain(text: str) -> str:
    """Return a heading or a word in small letters and digits alone, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(LETTERS)
    return "".join(sign for sign in apart if sign.isalnum())


def fields(kind: str) -> tuple[str, ...]:
    """Return the fields that a file of a kind can tell, the usual order of their columns."""
    return tuple(_known()[kind])


def recognised(kind: str, headings: Sequence[str]) -> dict[str, str]:
    """Return which column seems to be which field of ours, each column once."""
    by_name = {plain(BRACKETS.sub("", heading)): heading for heading in reversed(headings)}
    by_name |= {plain(heading): heading for heading in reversed(headings)}
    found: dict[str, str] = {}
    for spelt in (_known()[kind], _known()["second"].get(kind, {})):
        for name in [name for name in spelt if name not in found]:
            free = {their for their in by_name.values() if their not in found.values()}
            found |= _first(name, spelt[name], by_name, free)
    return {name: found[name] for name in fields(kind) if name in found}


def _first(
    name: str, spellings: Sequence[str], by_name: Mapping[str, str], free: set[str]
) -> dict[str, str]:
    """Return a field with the first of its headings that a file has and nothing else means."""
    theirs = (by_name.get(plain(spelling)) for spelling in spellings)
    return next(({name: heading} for heading in theirs if heading in free), {})


def kind_of(headings: Sequence[str]) -> str:
    """Return what the rows of a file seem to be, by the headings that it has."""
    return max(KINDS, key=lambda kind: _likeness(kind, headings))


def known_among(cells: Sequence[str]) -> int:
    """Return how many cells of a row some program has for headings."""
    cells = [cell for cell in cells if plain(cell)]
    return max(len(recognised(kind, cells)) for kind in KINDS)


@cache
def _spelt(kind: str) -> frozenset[str]:
    return frozenset(plain(word) for spellings in _known()[kind].values() for word in spellings)


def _likeness(kind: str, headings: Sequence[str]) -> int:
    others = frozenset[str]().union(*(_spelt(other) for other in KINDS if other != kind))
    found = recognised(kind, headings)
    shared = SHARED if kind == "deals" else set[str]()
    if not any(plain(found[name]) not in shared for name in CORE[kind] & set(found)):
        return 0
    return sum(1 if plain(heading) in others else TELLING for heading in found.values())


def channel_of(kind: str, columns: Mapping[str, str], headings: Iterable[str]) -> str:
    """Return the channel that the headings name where no column does: “Call notes”, or ""."""
    if kind != "touches" or "channel" in columns:
        return ""
    starts = [words("channel").get(heading.split(" ")[0]) for heading in headings]
    named = [channel for channel in starts if channel in ("phone", "email", "meeting")]
    return str(named[0]) if named and len(set(named)) == 1 and len(named) > 1 else ""


class Words(dict[str, str]):
    """Others' words for ours, however they are written: “6. Closed Won (100 %)” is “closed won”.

    `longer` are those that may go on: “Closed Lost to a competitor” is lost.
    """

    def __init__(self, said: Mapping[str, Iterable[str]], longer: Iterable[str] = ()) -> None:
        pairs = [(word, ours) for ours, words in said.items() for word in words]
        super().__init__((plain(word), ours) for word, ours in pairs)
        self.longer = {plain(word): ours for word, ours in pairs if " " in word and ours in longer}

    def get(self, text: str, default: Any = None) -> Any:
        """Return our word for theirs, the default where they have none of ours."""
        word = plain(text)
        bare = plain(BRACKETS.sub("", NUMBERED.sub("", text)))
        for spelling in (word, bare):
            if spelling in self:
                return self[spelling]
        begun = (ours for start, ours in self.longer.items() if bare.startswith(start))
        return next(begun, default)


@cache
def words(field: str) -> Words:
    """Return what others' words mean in a field of ours; none where it has none."""
    return Words(_known()["values"].get(field, {}), ("won", "lost") if field == "outcome" else ())


@cache
def endings() -> Words:
    """Return the words of an outcome that are no stage: the stage stays where it was."""
    said = _known()["values"]["outcome"]
    return Words({"": [*said["won"], *said["lost"]]}, ("",))


def fingerprint(headings: Iterable[str]) -> str:
    """Return a digest by which the same columns are known again, in whatever order."""
    text = "\n".join(sorted(normal(heading) for heading in headings))
    return hashlib.sha256(text.encode()).hexdigest()
