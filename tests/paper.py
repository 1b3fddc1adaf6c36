"""Read the words out of a PDF that Chromium printed, as a selection in a reader would find them.

Only as much of the format as Chromium writes: fonts that say which letters their codes stand for,
and pages that show codes. What is not selectable has no such table, and so is not found.
Source: ISO 32000-1, sections 7.3.8 (streams), 9.4.3 (showing text) and 9.10.3 (ToUnicode).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
FONT = re.compile(rb"/(F\d+) (\d+) 0 R")
WORDS = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-F]+)>|(ET)\b")
LETTER = re.compile(rb"^<([0-9A-F]+)> <([0-9A-F]{4,})>$", re.MULTILINE)
LETTERS = re.compile(rb"^<([0-9A-F]+)> <([0-9A-F]+)> <([0-9A-F]{4,})>$", re.MULTILINE)

Letters = dict[str, str]


def words_of(pdf: bytes) -> str:
    """Return the words of all pages in order, one line for each stretch of text."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    letters: dict[int, Letters] = {}
    return "".join(
        piece
        for body in objects.values()
        if re.match(rb"<</Type /Page\n", body)
        for piece in _page(body, objects, letters)
    )


def _page(body: bytes, objects: dict[int, bytes], letters: dict[int, Letters]) -> Iterator[str]:
    fonts = {}
    for name, number in FONT.findall(body):
        font = int(number)
        if font not in letters:
            letters[font] = _letters(objects[font], objects)
        fonts[name] = letters[font]
    contents = re.search(rb"/Contents (\d+) 0 R", body)
    assert contents
    known: Letters = {}
    for font_name, codes, end in WORDS.findall(_stream(objects[int(contents[1])])):
        if font_name:
            known = fonts[font_name]
        elif codes:
            yield _said(codes.decode(), known)
        elif end:
            yield "\n"


def _said(codes: str, known: Letters) -> str:
    size = len(next(iter(known), "00"))
    return "".join(known.get(codes[at : at + size], "") for at in range(0, len(codes), size))


def _letters(font: bytes, objects: dict[int, bytes]) -> Letters:
    """Return what each code of a font stands for; nothing of one that does not say."""
    named = re.search(rb"/ToUnicode (\d+) 0 R", font)
    if named is None:
        return {}
    table = _stream(objects[int(named[1])])
    found = {code.decode(): _unicode(said) for code, said in LETTER.findall(table)}
    for first, last, said in LETTERS.findall(table):
        for place in range(int(last, 16) - int(first, 16) + 1):
            code = f"{int(first, 16) + place:0{len(first)}X}"
            found[code] = chr(int(said, 16) + place)
    return found


def _unicode(said: bytes) -> str:
    return bytes.fromhex(said.decode()).decode("utf-16-be")


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    assert found
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]
