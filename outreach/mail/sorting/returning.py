"""When they will be back: the last day of an absence, read from what a note says.

"Until", "bis", "jusqu'au" and the like name the last day away; "back on", "ab", "de retour le" and
the like the first day here, so that the day before it is the last one away. A day without a year
is the next one of its name after the mail.
"""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from outreach.mail.sorting.words import fold, own_words

PATH = Path(__file__).parent.parent.parent / "data" / "absence_words.toml"
# At once: the process that reads mail opens no file later.
TABLES: dict[str, Any] = tomllib.loads(PATH.read_text(encoding="utf-8"))
LONGEST_NOTE, LONGEST_SUBJECT = 3_000, 200
MOST_DAYS = 30  # that a note names
LONGEST_ABSENCE = timedelta(days=366)
STALE = timedelta(days=300)  # a day without a year that lies further ahead was in the past
DAY = timedelta(days=1)
BEFORE, AFTER = 70, 80  # letters around a date in which it is said what it is
ENGLISH = re.compile(r"\b(?:the|i|i'm|am|is|will|be|out|of|until|back|return\w*|on|from|to|away)\b")
MONTH_FIRST = re.compile(r"(?<![\d/])\d\d?/(?:1[3-9]|2\d|3[01])(?![\d])")
DAY_FIRST = re.compile(r"(?<![\d/])(?:1[3-9]|2\d|3[01])/\d\d?(?![\d])")
BROKEN_LINE = re.compile(r"(?<!\n)\n(?!\n)")
ORDINAL = r"(?:st|nd|rd|th|er|e|de|ste|\.|-?(?:go|ego))?"


@dataclass(frozen=True, slots=True)
class Named:
    """A day that a note names: where, and what it can be; a weekday or a bare day has no month."""

    start: int
    end: int
    days: tuple[date, ...]  # the more likely one first
    closes: bool = False  # "August 3-14"


def last_day_away(
    subject: str, text: str, written_on: date, *, is_american: bool = False
) -> date | None:
    """Return the last day on which a note says they are away; None where it names none.

    `written_on` is the mail's own date. Never a day before it, nor more than a year after it.
    `is_american` settles whether 3/4 is the fourth of March where nothing else does.
    """
    words_of_theirs = own_words(fold(text[:LONGEST_NOTE]))
    note = f"{fold(subject[:LONGEST_SUBJECT])}\n\n{BROKEN_LINE.sub(' ', words_of_theirs)}"
    found = sorted(_named(note, written_on, is_american), key=lambda day: day.start)
    found = [day for at, day in enumerate(found) if at == 0 or day.start >= found[at - 1].end]
    said = [(_meaning(note, day, found), day) for day in found]
    for wanted in ("until", "back"):
        for meaning, day in said:
            if meaning == wanted and (last := _last(meaning, day.days, written_on)):
                return last
    return None


def _last(meaning: str, days: tuple[date, ...], written_on: date) -> date | None:
    for day in days:
        last = day - DAY if meaning == "back" else day
        if written_on <= last <= written_on + LONGEST_ABSENCE:
            return last
    return None


def _meaning(note: str, day: Named, found: list[Named]) -> str:
    """Return whether a date is the last one away ("until"), the first one here ("back"), or ""."""
    before = re.split(r"[.!?](?=\s+[a-z]{3})|\n\n", note[max(0, day.start - BEFORE) : day.start])[
        -1
    ]
    after = re.split(r"[.!?](?:\s|$)|\n\n", note[day.end : day.end + AFTER], maxsplit=1)[0]
    if _cue("not_before").search(before):
        return "back"
    if _cue("until_before").search(before):
        return "until"
    if _cue("back_before").search(before) and not _cue("range").match(after):
        return "back"
    if _closes_range(note, day, found):
        return "until"
    if _cue("from_before").search(before):
        return "back" if _cue("back_after").search(after) else ""
    return "back" if _cue("back_after").match(after) else ""


def _closes_range(note: str, day: Named, found: list[Named]) -> bool:
    """Tell whether a date stands right behind another one and a dash or a word like "to"."""
    if day.closes or _half_named().search(note[max(0, day.start - BEFORE) : day.start]):
        return True
    earlier = [other for other in found if other.end <= day.start]
    return bool(earlier and _cue("range").fullmatch(note[earlier[-1].end : day.start]))


@cache
def _half_named() -> re.Pattern[str]:
    """Return "3 to" of "3 to 14 August": the month of a stretch is often named once."""
    return re.compile(rf"(?<![\d/.-])\d\d?{ORDINAL}(?:{_cue('range').pattern})$")


def _named(note: str, written_on: date, is_american: bool) -> Iterator[Named]:
    """Yield the days that a note names, in no order; the surer ways of writing come first."""
    taken: list[tuple[int, int]] = []
    for pattern, read in _ways():
        for match in islice(pattern.finditer(note), MOST_DAYS):
            start, end = match.span("day") if "day" in match.groupdict() else match.span()
            if any(start < there_end and there < end for there, there_end in taken):
                continue
            days = read(match, written_on, is_american)
            if days:
                taken.append((start, end))
                yield Named(start, end, days, bool(match.groupdict().get("range")))


@cache
def _ways() -> tuple[tuple[re.Pattern[str], Any], ...]:
    month, weekday = _alternatives("months"), _alternatives("weekdays")
    of = r"\s?(?:of |de |d')?\s?"
    th = r"(?:st|nd|rd|th)?"
    year = (
        r"(?:(?:,|\.)?\s?(?:de |del |of |r\. |gada )?(?P<year>20\d\d)(?!\d)"
        r"(?:\.? ?(?:gada|r\.|g\.))?)?"
    )
    short_year = r"(?P<year>(?:20)?\d\d)"
    no_hour = r"(?![\d/:.-]\d|\d| ?(?:uhr|h\b|am\b|pm\b|eur|%|jahr|year|day|tage|hours|floor))"
    no_date = rf"(?!,? ?\(?(?:the |den |dem |le |el |dia |dnia |on )?(?:\d|{month}))"
    ways = (
        (
            r"(?<![\d.])(?P<year>20\d\d)(?P<sep>[-/.])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?!\d)",
            _numbers,
        ),
        (
            rf"(?<!\d)(?P<year>20\d\d)\.? ?(?:gada|g\.|m\.)?\s(?P<d>\d\d?)\.?\s?(?P<name>{month})",
            _spelt,
        ),
        (rf"(?<![\d.:])(?P<d>\d\d?){ORDINAL}{of}-?(?P<name>{month})\.?-?{year}", _spelt),
        (
            (
                rf"\b(?P<name>{month})\.?\s(?:the )?(?:\d\d?{th}\s?(?P<range>-|to|through)\s?)?"
                rf"(?P<d>\d\d?){th}(?![\d:.]\d){year}"
            ),
            _spelt,
        ),
        (rf"(?<![\d.])(?P<d>\d\d?)\.\s?(?P<m>\d\d?)\.(?:\s?{short_year}(?!\d|:|\.\d))?", _numbers),
        (rf"(?<![\d.])(?P<d>\d\d?)\.(?P<m>\d\d)(?![\d.:]){no_hour}", _numbers),
        (rf"(?<![\d/])(?P<a>\d\d?)/(?P<b>\d\d?)(?:/{short_year})?(?![\d/])", _slashes),
        (rf"(?<![\d-])(?P<a>\d\d?)-(?P<b>\d\d?)-{short_year}(?![\d-])", _slashes),
        (
            rf"\b(?:end of|ende|fin(?: de)?|finales de|eind|konca|beigam)\s(?P<end>{month})",
            _end_of_month,
        ),
        (
            (
                r"\b(?:the |am |zum |den |le |el |dia |op |de |dnia )"
                rf"(?P<day>(?P<d>\d\d?)(?:st|nd|rd|th|er|e|de|ste|\.)?){no_hour}"
            ),
            _bare,
        ),
        (rf"\b(?P<weekday>{weekday}){no_date}", _weekday),
        (rf"\b(?P<tomorrow>{_alternatives('tomorrow')})\b", _tomorrow),
    )
    return tuple((re.compile(pattern), read) for pattern, read in ways)


def _numbers(match: re.Match[str], written_on: date, is_american: bool) -> tuple[date, ...]:
    said = match.groupdict()
    return _days(int(said["d"]), int(said["m"]), said.get("year"), written_on)


def _spelt(match: re.Match[str], written_on: date, is_american: bool) -> tuple[date, ...]:
    month = _number("months", match["name"])
    return _days(int(match["d"]), month, match["year"], written_on)


def _slashes(match: re.Match[str], written_on: date, is_american: bool) -> tuple[date, ...]:
    """Return both readings of 3/4, the likelier first.

    In English it is either: the reading that an American server or another day of the note
    ("7/28") suggests, else whichever is sooner. Other languages name the day first.
    """
    a, b, year = int(match["a"]), int(match["b"]), match["year"]
    day_first, month_first = _days(a, b, year, written_on), _days(b, a, year, written_on)
    if len(ENGLISH.findall(match.string)) < 2:
        return day_first + month_first
    if is_american or MONTH_FIRST.search(match.string):
        return month_first + day_first
    if DAY_FIRST.search(match.string):
        return day_first + month_first
    both = sorted(set(day_first + month_first))
    return tuple(sorted(both, key=lambda day: day < written_on))


def _bare(match: re.Match[str], written_on: date, is_american: bool) -> tuple[date, ...]:
    """Return the next day of a number."""
    number, first = int(match["d"]), written_on.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    found = (_day(month.year, month.month, number) for month in (first, following))
    return tuple(day for day in found if day is not None and day >= written_on)[:1]


def _weekday(match: re.Match[str], written_on: date, is_american: bool) -> tuple[date, ...]:
    """Return the next day of a name; a mail of the same day means the one in a week."""
    wanted = _number("weekdays", match["weekday"]) - 1
    ahead = (wanted - written_on.weekday()) % 7 or 7
    return (written_on + timedelta(days=ahead),)


def _tomorrow(match: re.Match[str], written_on: date, is_american: bool) -> tuple[date, ...]:
    return (written_on + DAY,)


def _end_of_month(match: re.Match[str], written_on: date, is_american: bool) -> tuple[date, ...]:
    month = _number("months", match["end"])
    year = written_on.year + (month < written_on.month)
    return (date(year, month, calendar.monthrange(year, month)[1]),)


def _days(day: int, month: int, year: str | None, written_on: date) -> tuple[date, ...]:
    """Return a date as written; one without a year is the next of its kind that is near."""
    if year:
        found = _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
        return (found,) if found else ()
    years = (written_on.year, written_on.year + 1)
    dates = [found for number in years if (found := _day(number, month, day))]
    ahead = [found for found in dates if written_on <= found <= written_on + STALE]
    return tuple(ahead[:1]) or tuple(dates[:1])


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _cue(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in TABLES["cues"][name]))


@cache
def _alternatives(table: str) -> str:
    """Return all names of months or weekdays as one pattern, the longest first."""
    found = TABLES[table]
    names = [name for group in found for name in group] if table != "tomorrow" else found
    return "(?:" + "|".join(sorted(names, key=len, reverse=True)) + r")(?![a-z])"


@cache
def _number(table: str, name: str) -> int:
    return next(at for at, group in enumerate(TABLES[table], 1) if name in group)
