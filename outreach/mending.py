"""Mend what the tone check found: leave the sentence out, or put a question in its place.

Pure. A whole sentence goes at a time, so that what stays is grammatical; a greeting before it and
a name below it stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from outreach import tone
from outreach.phrasebook import phrasebooks
from outreach.reading import Spellings, fold, sentences
from outreach.tone import Finding

CLOSING = re.compile(r"[^\S\n]?[.!?…,;:)\]”\"»’']*")  # what ends a sentence, with a smile perhaps
FIRST_WORD = re.compile(r"\s*(\w+)")
ENDS = (".", "!", "?", "…", ":")
LONGEST_GREETING = 8  # words: "Sehr geehrte Frau Dr. Muster-Beispiel,"
LONGEST_NAME = 4  # words of a line under a text
AROUND = 60  # characters shown before and after a phrase


class How(StrEnum):
    """How a place is mended."""

    OUT = "out"
    SAY = "say"


@dataclass(frozen=True, slots=True)
class Spot:
    """A finding as it is shown: its phrase in its sentence, and how it can be mended."""

    finding: Finding
    before: str
    after: str
    say: str
    can_go: bool

    @property
    def is_new(self) -> bool:
        """Whether what to say comes in addition and takes the place of nothing."""
        return self.finding.kind == "no_question"


def spots(text: str, found: Sequence[Finding], *, language: str | None = None) -> list[Spot]:
    """Return findings as they are shown, each with its sentence and the ways to mend it."""
    said = [sentence.place for sentence in sentences(text, Spellings())]
    asked = tone.questions(text, language)
    return [_spot(text, finding, said, asked) for finding in found]


def mend(text: str, finding: Finding, how: How) -> str:
    """Return a text with a finding mended: its sentence left out, or its `say` in its place."""
    said = [sentence.place for sentence in sentences(text, Spellings())]
    start, end = _span(text, finding, said)
    if how == How.OUT:
        return _joined(text[:start], text[end:])
    if finding.kind == "no_question":
        return _joined(_ended(text[:end]) + " " + finding.say, text[end:])
    say = _small(finding.say) if _greets(text[:start]) else finding.say
    return _joined(text[:start] + say, text[end:])


def _spot(
    text: str,
    finding: Finding,
    said: Sequence[tuple[int, int]],
    asked: Sequence[tuple[int, int]],
) -> Spot:
    start, end = _span(text, finding, said)
    asks_elsewhere = any(not start <= place[0] < end for place in (*asked[:1], *asked[-1:]))
    before, after = text[start : finding.start], text[finding.end : end]
    return Spot(
        finding=finding,
        before=before if len(before) <= AROUND else f"…{before[-AROUND:]}",
        after=after if len(after) <= AROUND else f"{after[:AROUND]}…",
        say="" if asks_elsewhere else finding.say,
        can_go=finding.kind not in {"no_question", "too_long"},
    )


def _span(text: str, finding: Finding, said: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the place of a finding's sentence with its marks, without greeting and name."""
    start = max((first for first, _ in said if first <= finding.start), default=finding.start)
    end = min((last for _, last in said if last >= finding.end), default=finding.end)
    start = _after_greeting(text, start, finding.start)
    end = _before_name(text, finding.end, end)
    marks = CLOSING.match(text, end)
    return start, marks.end() if marks else end


def _after_greeting(text: str, start: int, until: int) -> int:
    """Return where a sentence goes on after "Hello Tom,"; its start where nobody is greeted."""
    first = FIRST_WORD.match(text, start)
    for mark in (",", "!", "\n"):
        head, found, _ = text[start:until].partition(mark)
        is_short = len(head.split()) <= LONGEST_GREETING
        if found and first and is_short and fold(first[1]) in _words("greetings"):
            rest = start + len(head) + 1
            return rest + len(text[rest:until]) - len(text[rest:until].lstrip())
    return start


def _before_name(text: str, start: int, end: int) -> int:
    """Return where a sentence ends before a line of few words, which is a good-bye or a name."""
    head, found, tail = text[start:end].partition("\n")
    return start + len(head) if found and len(tail.split()) <= LONGEST_NAME else end


def _joined(before: str, after: str) -> str:
    """Return two parts of a text with the space between them that belongs there."""
    before, after = before.rstrip(" \t"), after.lstrip(" \t")
    if not before.strip() or not after.strip():
        return before.rstrip() or after.lstrip()
    if before.endswith("\n") and after.startswith("\n"):
        return f"{before.rstrip()}\n\n{after.lstrip()}"
    if before.endswith("\n") or after.startswith("\n"):
        return before + after
    return f"{before} {_small(after) if _greets(before) else after}"


def _ended(text: str) -> str:
    text = text.rstrip().rstrip(",;")
    return text if text.endswith(ENDS) else f"{text}."


def _greets(text: str) -> bool:
    """Tell whether a text ends with a greeting's comma on the line that goes on."""
    return text.rstrip(" \t").endswith(",")


def _small(text: str) -> str:
    """Return a text that goes on in a sentence, if it begins with a word that may be small."""
    first = FIRST_WORD.match(text)
    is_name = first is None or fold(first[1]) not in _words("small")
    return text if is_name else text[:1].lower() + text[1:]


def _words(name: str) -> frozenset[str]:
    """Return words of all languages: `greetings`, or those that are `small` within a sentence."""
    return frozenset().union(*(getattr(book, name) for book in phrasebooks().values()))
