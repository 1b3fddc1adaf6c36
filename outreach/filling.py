"""Fill in the fields of a text: a sentence that lacks one is left out, so there is never a hole.

Pure. Source: docs/re-engaging.md, "What to say".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from outreach.fields import FIELD, VOICEMAIL, fields_in

SENTENCE_END = re.compile(r"(?<=[.!?…])[ \t]+")
SPOKEN = re.compile(rf"^{VOICEMAIL}[ \t]*\n?", re.MULTILINE)
BRACES = str.maketrans("{}", "()")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill in the fields of a text; each sentence that lacks one is left out."""
    lines = []
    for line in text.splitlines():
        kept = " ".join(_filled(sentence, values) for sentence in _kept(line, values))
        if kept or not line.strip():
            lines.append(kept)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def used(text: str, values: Mapping[str, str]) -> set[str]:
    """Return the fields that the filled text says."""
    return fields_in(*(said for line in text.splitlines() for said in _kept(line, values)))


def parts(body: str) -> tuple[str, str]:
    """Return the words of a template and its voicemail, "" where it has none."""
    before, *spoken = SPOKEN.split(body, maxsplit=1)
    return before.strip(), "".join(spoken).strip()


def inline(value: str) -> str:
    """Return a value as a part of a sentence: on one line, without a full stop or a field."""
    return " ".join(value.translate(BRACES).split()).rstrip(". ")


def _kept(line: str, values: Mapping[str, str]) -> Iterator[str]:
    for sentence in SENTENCE_END.split(line):
        if all(values.get(name) for name in fields_in(sentence)):
            yield sentence


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    return FIELD.sub(lambda field: values[field[1]], sentence)
