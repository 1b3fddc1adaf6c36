"""Find what a re-engaging text had better not say, and say what to write instead.

Pure: a text in, findings out. The phrases are data (outreach/data/tone/); how they are
measured is told in docs/tone.md. Source: SILENCE.md, "What to do (plays)".
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from outreach import asks as asking
from outreach.phrasebook import Advice, Phrasebook, phrasebooks
from outreach.phrases import Index, Phrase
from outreach.reading import Sentence, Spellings, sentences

LONGEST = 120  # words of an e-mail: what is read in under a minute
SPOKEN = frozenset({"phone"})  # talking points are no text that somebody receives
SHORTEST_STATEMENT = 5  # words; greetings and good-byes have fewer
FINE = "fine"  # the kind of phrases that look like blame and are none
SHAPE = frozenset({"no_question", "many_asks", "too_long"})
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Finding:
    """What to mend: `phrase` is `text[start:end]`, on one line.

    `instead` is advice; `say` a sentence that can stand in its place, or "".
    """

    start: int
    end: int
    phrase: str
    why: str
    instead: str
    kind: str = ""
    say: str = ""

    @property
    def is_blame(self) -> bool:
        """Tell whether it reproaches, reminds, counts or presses; else it is about the shape."""
        return self.kind not in SHAPE


def check(
    text: str,
    *,
    channel: str = "email",
    language: str | None = None,
    expects_answer: bool = True,
    extra: Iterable[Phrase] = (),
    without: Container[str] = frozenset(),
) -> list[Finding]:
    """Return what to mend in a text, in the order of the text.

    `language` None: the one that its words are of, or all where that is not clear. A closing note
    expects no answer and needs no question. `extra` phrases are looked for in any language;
    `without` are notations of shipped phrases that are not. Quoted lines and what comes after
    "-- " are not looked at.
    """
    books = _books(text, language)
    findings = _blame(text, books, Index(extra), without)
    if channel not in SPOKEN:
        findings += _shape(text, _shape_book(books), channel, expects_answer=expects_answer)
    return sorted(findings, key=lambda finding: (finding.start, finding.end))


def language_of(text: str) -> str | None:
    """Return the language whose common words a text has most of; None where that is not clear."""
    said = [word.folded for sentence in sentences(text, Spellings()) for word in sentence.words]
    counts = {
        book.language: sum(word in book.common for word in said) for book in phrasebooks().values()
    }
    best, *others = sorted(counts, key=lambda name: -counts[name])
    is_clear = all(counts[best] > 2 * counts[other] for other in others)
    return best if is_clear else None


def questions(text: str, language: str | None = None) -> list[tuple[int, int]]:
    """Return where in a text something is asked, in its order."""
    book = _shape_book(_books(text, language))
    return [sentence.place for sentence in asking.questions(sentences(text, book.spellings), book)]


def _books(text: str, language: str | None) -> list[Phrasebook]:
    """Return the phrasebooks to check by; none for a language without one."""
    spoken = (language or language_of(text) or "").lower().partition("-")[0]
    return [book for name, book in phrasebooks().items() if spoken in {name, ""}]


def _shape_book(books: Sequence[Phrasebook]) -> Phrasebook:
    """Return the phrasebook by which the shape is judged: English unless the language is known."""
    return books[0] if len(books) == 1 else phrasebooks()[ENGLISH]


def _blame(
    text: str, books: Sequence[Phrasebook], extra: Index, without: Container[str]
) -> list[Finding]:
    found = list(_found(sentences(text, Spellings()), extra))
    for book in books:
        said = sentences(text, book.spellings)
        shipped = (hit for hit in _found(said, book.blame) if hit[0].notation not in without)
        found += [*shipped, *_found(said, extra)]
    return list(_longest(text, found))


def _found(said: Iterable[Sentence], index: Index) -> Iterator[tuple[Phrase, int, int]]:
    for sentence in said:
        for phrase, first, after in index.find(sentence.words):
            yield phrase, sentence.words[first].start, sentence.words[after - 1].end


def _longest(text: str, found: Iterable[tuple[Phrase, int, int]]) -> Iterator[Finding]:
    """Yield one finding for each place: the first, and of several there the longest."""
    reached = 0
    for phrase, start, end in sorted(found, key=lambda hit: (hit[1], -hit[2])):
        if start >= reached:
            reached = end
            if phrase.kind != FINE:
                advice = Advice(phrase.why, phrase.instead, phrase.say)
                yield _finding(text, (start, end), phrase.kind, advice)


def _shape(text: str, book: Phrasebook, channel: str, *, expects_answer: bool) -> Iterator[Finding]:
    """Yield what is wrong about the number of questions and, on e-mail, of words."""
    said = sentences(text, book.spellings)
    if not said:
        return
    asked = asking.asks(said, book)
    if not asked and expects_answer:
        yield _finding(text, _statement(said), "no_question", book.shape["no_question"])
    for ask in asked[1:]:
        yield _finding(text, ask.place, "many_asks", book.shape["many_asks"])
    words = [word for sentence in said for word in sentence.words]
    starts = sorted({word.start for word in words if not word.joined})
    if channel == "email" and len(starts) > LONGEST:
        rest = (starts[LONGEST], words[-1].end)
        yield _finding(text, rest, "too_long", book.shape["too_long"])


def _statement(said: Sequence[Sentence]) -> tuple[int, int]:
    """Return the place of the last sentence that says something, where a question could follow."""
    whole = [sentence for sentence in said if len(sentence.words) >= SHORTEST_STATEMENT]
    return (whole or said)[-1].place


def _finding(text: str, place: tuple[int, int], kind: str, advice: Advice) -> Finding:
    start, end = place
    words = " ".join(text[start:end].split())
    return Finding(start, end, words, advice.why, advice.instead, kind, advice.say)
