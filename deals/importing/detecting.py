"""What a file gives away about how it was written: shown to a person, who has the last word."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from charset_normalizer import from_bytes

from deals.importing import recognising
from deals.importing.instants import SHORT_DATE
from deals.importing.reading import SEPARATORS

SAMPLE = 256 * 1024  # bytes that are looked at
CODE_PAGES = ("cp1252", "cp1250", "cp1257")
ANY = "mac_roman"  # has a letter for every byte
# letters that people write in the languages of a code page, and what is rarely seen beside them
LETTERS = {
    "cp1252": "äöüßÄÖÜéèêëàâçîïôûùñáíóúåæøÅÆØœÉÈÇÑãõ€",
    "cp1250": "ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽáéíóúýőűŐŰäöüßăâîșţ€",
    "cp1257": "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽąęėįųĄĘĖĮŲõäöüÕÄÖÜ€",
}
POINT_LAST = re.compile(r"\d\.\d{1,2}$|\d,\d{3}(?:,\d{3})*(?:\.\d+)?$|\d\.\d{4,}$")
COMMA_LAST = re.compile(r"\d,\d{1,2}$|\d\.\d{3}(?:\.\d{3})*,\d+$|\d,\d{4,}$|\d\.\d{3}\.\d{3}$")


@dataclass(frozen=True)
class Dates:
    """How the dates of some columns are written; `is_asked` where nobody can tell from them.

    `example` is one that could be read either way, or that settled it.
    """

    order: str = ""
    example: str = ""
    is_asked: bool = False


def encoding(path: Path) -> str:
    """Return the encoding that a CSV file seems to have, by name.

    A byte order mark and valid UTF-8 are certain; the rest is a guess by the letters it makes.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            return name
    if sample.count(0) > len(sample) // 5:
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _code_page(sample)
    return "utf-8-sig"  # with or without its mark


def _code_page(sample: bytes) -> str:
    """Guess a code page: the one that makes most letters of its own languages, and most plausibly."""
    scores = {name: _plausible(sample, name) for name in CODE_PAGES if _can_be(sample, name)}
    best = max(scores, key=lambda name: scores[name], default=ANY)
    if scores.get(best, 0) < 0 < _plausible(sample, ANY):
        return ANY
    letters = [byte for byte in sample if byte > 127 or chr(byte).isalpha()]
    is_latin = sum(byte > 127 for byte in letters) * 2 < len(letters)
    found = None if is_latin and scores.get(best, 0) > 0 else from_bytes(sample).best()
    return str(found.encoding) if found else best


def _can_be(sample: bytes, name: str) -> bool:
    try:
        sample.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _plausible(sample: bytes, name: str) -> int:
    counts = Counter(sign for sign in sample.decode(name, "replace") if ord(sign) > 127)
    own = sum(counts[letter] for letter in set(LETTERS.get(name, LETTERS["cp1252"])))
    usual = sum(counts[sign] for sign in "„“”’–—…«»°·•\u00a0")
    return 2 * own + usual - sum(counts.values())


def strange(path: Path) -> str:
    """Return what a file is that is no table whatever it is called, "" for one that can be."""
    with path.open("rb") as file:
        start = file.read(512).lstrip(codecs.BOM_UTF8).lstrip()
    kinds = (
        (b"\xd0\xcf\x11\xe0", "an old workbook (XLS)"), (b"PK\x03\x04", "a workbook or a zip file"),
        (b"%PDF", "a PDF"), (b"{\\rtf", "a text document"),
    )  # fmt: skip
    found = next((kind for mark, kind in kinds if start.startswith(mark)), "")
    if re.match(rb"<(?:!doctype|html|\?xml|table|head|body|meta)\b", start, re.IGNORECASE):
        found = "a web page or XML"
    elif re.match(rb"\[?\s*\{\s*\"", start):
        found = "JSON"
    return found


def separator(path: Path, encoding: str) -> str:
    """Return the separator that cuts most of the first rows into equally many cells.

    Titles above the headings and remarks below them have other widths.
    """
    with path.open(encoding=encoding, newline="", errors="replace") as text:
        sample = text.read(SAMPLE)
    named = re.match(r'"?sep=([,;|\t])"?\s*$', sample.removeprefix("\ufeff"), re.MULTILINE)
    if named:
        return named[1]
    best = (0.0, 0, SEPARATORS[0])
    for sign in SEPARATORS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=sign)
        try:
            widths = [len(cells) for cells in islice(reader, 50) if cells]
        except csv.Error:
            continue
        if len(sample) == SAMPLE and len(widths) < 50:
            widths = widths[:-1] or widths  # the last row is cut in two
        usual, times = max(
            Counter(widths).items(), key=lambda found: (found[1], found[0]), default=(0, 0)
        )
        if usual < 2 and widths:  # a few rows below many lines of titles
            usual = max(widths)
            times = widths.count(usual)
        if usual > 1 and (round(times / len(widths), 1), usual) > best[:2]:
            best = (round(times / len(widths), 1), usual, sign)
    return best[2]


def headings_line(lines: Sequence[tuple[int, list[str]]]) -> tuple[int, int]:
    """Return the line on which the headings seem to stand, and how many of them are known.

    It is the first line that says something, unless another has more headings that are known,
    or the first is a title: much narrower than what is below.
    """
    if not lines:
        return 0, 0
    known = [recognising.known_among(cells) for _, cells in lines]
    best = known.index(max(known))
    if known[best] > max(known[0], 1):
        return lines[best][0], known[best]
    filled = [sum(bool(cell.strip()) for cell in cells) for _, cells in lines]
    widest = max(filled)
    if not known[best] and widest > 2 and filled[0] < 2:
        best = next(place for place, count in enumerate(filled) if 2 * count > widest)
        return lines[best][0], known[best]
    return lines[0][0], known[0]


def dates(texts: Iterable[str]) -> Dates:
    """Tell the order of day and month from dates as they stand; asked for where it cannot be told."""
    seen: dict[str, str] = {}
    for text in texts:
        if reading := _reading(text):
            seen.setdefault(reading, text)
    day_first, month_first = seen.get("day"), seen.get("month")
    if day_first and not month_first:
        return Dates("day.month.year" if "." in day_first else "day/month/year", day_first)
    if month_first and not day_first:
        return Dates("month/day/year", month_first)
    if "either" in seen or day_first:
        return Dates("", seen.get("either") or day_first or "", is_asked=True)
    if "dotted" in seen:
        return Dates("day.month.year", seen["dotted"])
    return Dates("year/month/day", seen["year"]) if "year" in seen else Dates()


def _reading(text: str) -> str:
    """Return what a date gives away: which number stands first, or that it can be read either way."""
    match = SHORT_DATE.match(text)
    if not match:
        return ""
    first, sign, second = match.groups()[:3]
    if len(first) == 4:
        return "" if sign == "-" else "year"  # ISO 8601 needs no telling
    if int(first) > 12 or int(second) > 12:
        return "day" if int(first) > 12 else "month"
    if sign == ".":
        return "dotted"  # a point is never written after a month
    return "either" if first != second else ""


def decimal(texts: Sequence[str]) -> str:
    """Return "," or "." as the amounts have it, "" where nobody can tell."""
    bare = [re.sub(r"[^\d.,]", "", text) for text in texts]  # without € and spaces
    commas = sum(bool(COMMA_LAST.search(text)) for text in bare)
    points = sum(bool(POINT_LAST.search(text)) for text in bare)
    if commas == points:
        return ""
    return "," if commas > points else "."
