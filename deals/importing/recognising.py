"""What the headings of other programs' exports mean, and their words: read from `headings.toml`."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deals.importing.mapping import normal

KINDS = ("deals", "contacts", "companies", "touches")  # what one file can hold
TELLING = 3  # a heading that only one kind of file has says more than one that all have


@cache
def _known() -> dict[str, Any]:
    path = Path(__file__).parent / "headings.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def fields(kind: str) -> tuple[str, ...]:
    """Return the fields that a file of a kind can tell, the usual order of their columns."""
    return tuple(_known()[kind])


def recognised(kind: str, headings: Sequence[str]) -> dict[str, str]:
    """Return which column seems to be which field of ours, each column once."""
    by_name = {normal(heading): heading for heading in reversed(headings)}
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
    theirs = (by_name.get(normal(spelling)) for spelling in spellings)
    return next(({name: heading} for heading in theirs if heading in free), {})


def kind_of(headings: Sequence[str]) -> str:
    """Return what the rows of a file seem to be, by the headings that it has."""
    return max(KINDS, key=lambda kind: _likeness(kind, headings))


def _likeness(kind: str, headings: Sequence[str]) -> int:
    others = {
        normal(word)
        for other in KINDS
        if other != kind
        for spellings in _known()[other].values()
        for word in spellings
    }
    found = recognised(kind, headings).values()
    return sum(1 if normal(heading) in others else TELLING for heading in found)


def words(field: str) -> Mapping[str, str]:
    """Return what others' words mean in a field of ours, in small letters; {} where it has none."""
    return {word: ours for ours, said in _known()["values"].get(field, {}).items() for word in said}


def fingerprint(headings: Iterable[str]) -> str:
    """Return a digest by which the same columns are known again, in whatever order."""
    text = "\n".join(sorted(normal(heading) for heading in headings))
    return hashlib.sha256(text.encode()).hexdigest()
