"""Phrases that people can read and write, and finding them in sentences.

The notation:

    word            the word, in any case; ä is ae, ß is ss, and every apostrophe is the same
    word*           the word with any ending
    (a|b c)         one of these
    [a|b c]         one of these, or none
    {name}          one of a named set
    ...             up to four other words of the same sentence
    !a   !(a|b c)   not followed by this
    ^   $           the beginning and the end of a clause

A phrase is no regular expression: it is followed word by word, all its ways at once, so that no
text and no phrase makes it slow.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from outreach.reading import Spellings, Word, fold

GAP = 4  # words: "I have not yet [had the pleasure of] hearing"; more joins what is not one
LONGEST = 2000  # characters, with its sets written out
DEEPEST = 6  # brackets within brackets
TOKEN = re.compile(r"\.\.\.|[()\[\]|!^$]|[^\s()\[\]|!^$]+")
CLOSES = {"(": ")", "[": "]"}


class Literal(NamedTuple):
    """A word, or the beginning of one; `written` is as the notation has it, for people to read."""

    word: str
    is_prefix: bool
    written: str = ""


@dataclass(frozen=True)
class Choice:
    """One of several ways; none of them where it is optional."""

    ways: tuple[tuple[Part, ...], ...]
    is_optional: bool

    @cached_property
    def by_word(self) -> Mapping[str, Sequence[Sequence[Part]]]:
        """The ways that begin with a whole word, by that word: of a set, few can ever follow."""
        found: dict[str, list[Sequence[Part]]] = defaultdict(list)
        for way in self.ways:
            if way and isinstance(way[0], Literal) and not way[0].is_prefix:
                found[way[0].word].append(way)
        return found

    @cached_property
    def others(self) -> Sequence[Sequence[Part]]:
        """The ways that begin with anything else."""
        indexed = [way for ways in self.by_word.values() for way in ways]
        return [way for way in self.ways if way not in indexed]


class Ban(NamedTuple):
    """What must not follow."""

    way: tuple[Part, ...]


Part = Literal | Choice | Ban | str  # a str is "...", "^" or "$"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase with what is wrong about it, what to write instead, and a sentence in its place."""

    notation: str
    kind: str
    why: str
    instead: str
    parts: tuple[Part, ...]
    say: str = ""


class Found(NamedTuple):
    """A phrase and the words of a sentence, from `first` up to but without `after`, it stands at."""

    phrase: Phrase
    first: int
    after: int


class Index:
    """Phrases by the words that they can begin with."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.phrases = tuple(phrases)
        self.by_word: dict[str, list[Phrase]] = defaultdict(list)
        self.by_prefix: dict[str, list[Phrase]] = defaultdict(list)
        for phrase in self.phrases:
            starts = ((start.word, start.is_prefix) for start in _starts(phrase.parts))
            for word, is_prefix in dict.fromkeys(starts):
                (self.by_prefix if is_prefix else self.by_word)[word].append(phrase)

    def find(self, words: Sequence[Word]) -> Iterator[Found]:
        """Yield where phrases stand in the words of a sentence; each at its longest.

        None begins or ends inside a hyphenated word: "E-Mail" is not found in "E-Mail-Adresse".
        """
        for first, word in enumerate(words):
            if word.joined:
                continue
            for phrase in self._beginning(word.folded):
                ends = follow(phrase.parts, words, {first})
                whole = [end for end in ends if end > first and not _is_inside(words, end)]
                if whole:
                    yield Found(phrase, first, max(whole))

    def _beginning(self, word: str) -> Iterator[Phrase]:
        yield from self.by_word.get(word, ())
        for prefix, phrases in self.by_prefix.items():
            if word.startswith(prefix):
                yield from phrases


def phrase(
    notation: str,
    *,
    kind: str,
    why: str,
    instead: str,
    say: str = "",
    sets: Mapping[str, Sequence[str]] | None = None,
    spellings: Spellings | None = None,
) -> Phrase:
    """Return a phrase from its notation.

    Raises ValueError, with a sentence for whoever wrote it, where it cannot be read.
    """
    tokens = TOKEN.findall(_with_sets(notation, sets or {}))[::-1]
    ways = _ways(tokens, "", spellings or Spellings())
    if tokens:
        raise ValueError(f"“{notation}” closes a bracket that it never opened. Take it out.")
    parts: tuple[Part, ...] = ways[0] if len(ways) == 1 else (Choice(ways, is_optional=False),)
    if not list(_starts(parts)) or _can_be_empty(parts) or _begins_open(parts):
        raise ValueError(f"“{notation}” could match anything. Begin it with a word.")
    return Phrase(notation, kind, why, instead, parts, say)


def follow(parts: Iterable[Part], words: Sequence[Word], at: set[int]) -> set[int]:
    """Return where parts can end that begin at any of these places; the empty set for nowhere."""
    for part in parts:
        match part:
            case Literal():
                at = {place + 1 for place in at if _is_at(part, words, place)}
            case Choice():
                ends = _after_choice(part, words, at)
                at = ends | at if part.is_optional else ends
            case Ban():
                at = {place for place in at if not follow(part.way, words, {place})}
            case "...":
                at = {place + more for place in at for more in range(GAP + 1)}
                at = {place for place in at if place <= len(words)}
            case "^":
                at = {place for place in at if place < len(words) and words[place].opens}
            case _:
                at = {place for place in at if place == len(words) or words[place].opens}
        if not at:
            break
    return at


def _after_choice(choice: Choice, words: Sequence[Word], at: set[int]) -> set[int]:
    """Return where any way of a choice can end that begins at one of these places."""
    ends: set[int] = set()
    for way in choice.others:
        ends |= follow(way, words, at)
    for place in at:
        if place < len(words):
            for way in choice.by_word.get(words[place].folded, ()):
                ends |= follow(way[1:], words, {place + 1})
    return ends


def _is_at(part: Literal, words: Sequence[Word], place: int) -> bool:
    if place >= len(words):
        return False
    word = words[place].folded
    return word.startswith(part.word) if part.is_prefix else word == part.word


def _is_inside(words: Sequence[Word], place: int) -> bool:
    return place < len(words) and words[place].joined


def _with_sets(notation: str, sets: Mapping[str, Sequence[str]]) -> str:
    for name, members in sets.items():
        notation = notation.replace("{" + name + "}", f"({'|'.join(members)})")
    if "{" in notation or "}" in notation:
        known = ", ".join("{" + name + "}" for name in sets) or "none here"
        raise ValueError(f"“{notation}” names an unknown set. Those known: {known}.")
    if len(notation) > LONGEST:
        raise ValueError(f"A phrase may have {LONGEST} characters. Make two of it.")
    if _depth(notation) > DEEPEST:
        raise ValueError(f"Brackets may stand {DEEPEST} deep in a phrase. Make two of it.")
    return notation


def _depth(notation: str) -> int:
    """Return how deep the brackets and exclamation marks of a notation stand in each other."""
    steps = [(mark in "([") - (mark in ")]") for mark in notation]
    deepest = max(accumulate(steps), default=0)
    return max(deepest, max(map(len, re.findall(r"!+", notation)), default=0))


def _ways(tokens: list[str], closed_by: str, spellings: Spellings) -> tuple[tuple[Part, ...], ...]:
    """Read ways off the end of reversed tokens, up to what closes them."""
    ways: list[list[Part]] = [[]]
    while tokens and tokens[-1] not in CLOSES.values():
        if tokens[-1] == "|":
            tokens.pop()
            ways.append([])
        else:
            ways[-1] += _part(tokens, spellings)
    if closed_by and (not tokens or tokens.pop() != closed_by):
        raise ValueError(f"A “{closed_by}” is missing in the phrase. Add it.")
    return tuple(tuple(way) for way in ways)


def _part(tokens: list[str], spellings: Spellings) -> list[Part]:
    mark = tokens.pop()
    if mark in CLOSES:
        ways = _ways(tokens, CLOSES[mark], spellings)
        return [Choice(ways, is_optional=mark == "[")]
    if mark == "!":
        if not tokens or tokens[-1] in {"|", "!", "...", "^", *CLOSES.values()}:
            raise ValueError("A “!” stands before what must not follow. Add that, or take it out.")
        return [Ban(tuple(_part(tokens, spellings)))]
    if mark in {"...", "^", "$"}:
        return [mark]
    return _literals(mark, spellings)


def _literals(token: str, spellings: Spellings) -> list[Part]:
    """Return a word of the notation as words of a text are read: "haven't e-mailed" is four."""
    parts: list[Literal] = []
    for piece in token.rstrip("*").split("-"):
        words = spellings.written_out(fold(piece))
        written = [piece, *[""] * (len(words) - 1)]
        parts += [Literal(word, False, says) for word, says in zip(words, written, strict=True)]
    if token.endswith("*"):
        parts[-1] = parts[-1]._replace(is_prefix=True, written=f"{parts[-1].written}…")
    if not all(part.word for part in parts):
        raise ValueError(f"“{token}” is no word. Put letters before the star or the hyphen.")
    return list(parts)


def _starts(parts: Sequence[Part]) -> Iterator[Literal]:
    """Yield the words that parts can begin with."""
    for part in parts:
        if isinstance(part, Literal):
            yield part
            return
        if isinstance(part, Choice):
            for way in part.ways:
                yield from _starts(way)
            if not part.is_optional and not any(_can_be_empty(way) for way in part.ways):
                return


def _can_be_empty(parts: Iterable[Part]) -> bool:
    return not any(
        isinstance(part, Literal)
        or (
            isinstance(part, Choice)
            and not part.is_optional
            and not any(_can_be_empty(way) for way in part.ways)
        )
        for part in parts
    )


def _begins_open(parts: Sequence[Part]) -> bool:
    """Tell whether a gap stands before the first word that is needed."""
    for part in parts:
        if part == "...":
            return True
        if isinstance(part, Choice) and any(_begins_open(way) for way in part.ways):
            return True
        if not _can_be_empty([part]):
            return False
    return False
