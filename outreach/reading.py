"""Read a text as sentences of folded words that know where they stand in it.

What a reader wrote before (lines that begin with ">" and the line that introduces them), a signature
after "-- " and a forwarded message are nobody's words of today: they are passed over. Each step
takes one look at each character, so that the work grows with the text and no faster.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# one class and one quantifier: nothing to backtrack into; U+00AD and U+200B are invisible hyphens
RUN = re.compile(r"['’ʼ`´\w\u0300-\u036f\u00ad\u200b]+")
APOSTROPHES = "'’ʼ`´"
FOLD = str.maketrans(
    {"’": "'", "ʼ": "'", "`": "'", "´": "'", "\u00ad": "", "\u200b": ""}
    | {"ä": "ae", "ö": "oe", "ü": "ue"}
)
LONGEST_WORD = 64  # characters looked at: to put accents in order takes their number squared
HYPHENS = {"-", "‐", "‑"}  # of the keyboard and of typesetters
ENDS = frozenset(".!?…")
PAUSES = frozenset(",;:()[]–—") | ENDS
BULLETS = frozenset("-*•–—")
TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof"})
BEFORE_NUMBERS = frozenset({"nr", "no", "art", "abs", "ziff"})
AFTER_ORDINALS = frozenset(
    {"januar", "jaenner", "februar", "maerz", "april", "mai", "juni", "juli", "august"}
    | {"september", "oktober", "november", "dezember"}
)  # German writes "12. Mai"
FORWARDED = ("-----original", "-----ursprüngliche", "-----forwarded", "-----weitergeleitete")


@dataclass(frozen=True, slots=True)
class Word:
    """A word without case, umlauts and kinds of apostrophes; `start` and `end` are its place."""

    folded: str
    start: int
    end: int
    opens: bool  # the first of a clause
    joined: bool  # by a hyphen to the one before


@dataclass(slots=True)
class Sentence:
    """The words up to a full stop, a question mark or a blank line."""

    words: list[Word] = field(default_factory=list)
    is_question: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Return where its words begin and end in the text."""
        return self.words[0].start, self.words[-1].end


@dataclass(frozen=True, slots=True)
class Spellings:
    """How a language shortens: whole words, and endings after an apostrophe, written out."""

    whole: Mapping[str, str] = field(default_factory=dict)
    endings: Mapping[str, str] = field(default_factory=dict)

    def written_out(self, word: str) -> list[str]:
        """Return a folded word as the words that it stands for."""
        if word in self.whole:
            return self.whole[word].split()
        for ending, meant in self.endings.items():
            if word.endswith(ending) and word != ending:
                return [word.removesuffix(ending), meant]
        return [word.replace("'", "")]


def fold(word: str) -> str:
    """Return a word in small letters, with ae, oe, ue and ss, and with plain apostrophes."""
    word = word[:LONGEST_WORD]
    return unicodedata.normalize("NFC", word).casefold().translate(FOLD)


def sentences(text: str, spellings: Spellings) -> list[Sentence]:
    """Return the sentences of a text, without quoted lines and signature."""
    found = [Sentence()]
    text, reached = own_words(text), 0
    for start, end in _places(text):
        gap = text[reached:start]
        if gap == ". " and _shortens(text, found[-1].words[-1:], (start, end)):
            gap = " "
        if reached and _ends_sentence(gap):
            found[-1].is_question = "?" in gap
            found.append(Sentence())
        found[-1].words += _words(text, (start, end), gap, spellings, first=not found[-1].words)
        reached = end
    found[-1].is_question = "?" in text[reached:]
    return [sentence for sentence in found if sentence.words]


def own_words(text: str) -> str:
    """Return a text of the same length, with blanks where others' words and the signature are."""
    lines = text.splitlines(keepends=True)
    kept, is_over = [], False
    below = [*(_is_quoted(line) for line in lines[1:]), False]
    for line, quoted_below in zip(lines, below, strict=bool(lines)):
        is_over = is_over or line.strip() == "--" or line.casefold().startswith(FORWARDED)
        introduces = quoted_below and line.rstrip().endswith(":")
        kept.append(_blank(line) if is_over or introduces or _is_quoted(line) else line)
    return "".join(kept)


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _blank(line: str) -> str:
    return "".join(mark if mark in "\r\n" else " " for mark in line)


def _places(text: str) -> Iterator[tuple[int, int]]:
    for run in RUN.finditer(text):
        raw = run[0]
        start = run.start() + len(raw) - len(raw.lstrip(APOSTROPHES))
        end = run.end() - len(raw) + len(raw.rstrip(APOSTROPHES))
        if start < end:
            yield start, end


def _ends_sentence(gap: str) -> bool:
    if gap.count("\n") > 1:
        return True
    if "\n" in gap and gap.rpartition("\n")[2].strip() in BULLETS:
        return True
    return not ENDS.isdisjoint(gap) and any(map(str.isspace, gap))


def _shortens(text: str, before: Sequence[Word], place: tuple[int, int]) -> bool:
    """Tell whether a full stop ends no sentence: in "Dr. Berg", "Nr. 5", "on the 3. floor"."""
    if not before:
        return False
    word, after = before[0].folded, text[slice(*place)]
    if word.isdigit():
        return len(word) <= 2 and (after[0].islower() or fold(after) in AFTER_ORDINALS)
    return word in TITLES or (word in BEFORE_NUMBERS and after[0].isdigit())


def _words(
    text: str, place: tuple[int, int], gap: str, spellings: Spellings, *, first: bool
) -> list[Word]:
    joined = not first and gap in HYPHENS
    opens = first or not PAUSES.isdisjoint(gap) or gap.strip() in BULLETS
    start, end = place
    meant = spellings.written_out(fold(text[start:end]))
    return [
        Word(word, start, end, opens=(opens and not joined) and nth == 0, joined=joined)
        for nth, word in enumerate(meant)
    ]
