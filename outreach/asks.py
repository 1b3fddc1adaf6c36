"""What a text asks for: its questions, and its requests without a question mark."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from outreach.phrasebook import Phrasebook
from outreach.phrases import Index
from outreach.reading import Sentence


def asks(said: Sequence[Sentence], book: Phrasebook) -> list[Sentence]:
    """Return the sentences that ask for something.

    An invitation to answer ("Let me know.") counts only where nothing else asks: beside a
    question it asks for the same.
    """
    invited = (sentence for sentence in said if _says(sentence, book.invitations))
    return questions(said, book) or list(islice(invited, 1))


def questions(said: Sequence[Sentence], book: Phrasebook) -> list[Sentence]:
    """Return the sentences that ask, with a question mark or without.

    One that goes on with the question before ("Or …?") is a part of it.
    """
    return [
        sentence
        for before, sentence in zip([None, *said], said, strict=False)
        if (sentence.is_question or _says(sentence, book.requests))
        and not _goes_on(before, sentence, book)
    ]


def _goes_on(before: Sentence | None, sentence: Sentence, book: Phrasebook) -> bool:
    is_second = before is not None and before.is_question and sentence.is_question
    return is_second and sentence.words[0].folded in book.continues


def _says(sentence: Sentence, index: Index) -> bool:
    return next(index.find(sentence.words), None) is not None
