"""The forms in which programs and people write an instant; None for what is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

from deals.importing.recognising import plain

SHORT_DATE = re.compile(
    r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})"
    r"(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])\.?[Mm]\.?)?)?",
    re.ASCII,
)
TIME = r"(?:,?\s+(?:at\s+|um\s+|à\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp])\.?[Mm]\.?)?)?"
WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
SPELT = (  # with the month as a word, which no order can turn round
    re.compile(rf"{WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]*(?:de\s+)?(?P<m>[^\W\d_]{{3,12}})\.?"
               rf",?[\s-]*(?:de\s+)?(?P<y>\d{{4}}|\d{{2}}){TIME}"),
    re.compile(rf"{WEEKDAY}(?P<m>[^\W\d_]{{3,12}})\.?[\s-]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]+"
               rf"(?P<y>\d{{4}}){TIME}"),
)  # fmt: skip
MONTHS = """
    january february march april may june july august september october november december
    januar februar märz mai juni juli oktober dezember mrz jänner
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
    januari februari maart april mei juni juli augustus september oktober november december mrt
    styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
"""
NUMBERS = """
    1 2 3 4 5 6 7 8 9 10 11 12
    1 2 3 5 6 7 10 12 3 1
    1 2 3 4 5 6 7 8 9 10 11 12
    1 2 3 4 5 6 7 8 9 10 11 12
    1 2 3 4 5 6 7 8 9 10 11 12
    1 2 3 4 5 6 7 8 9 10 11 12
    1 2 3 4 5 6 7 8 9 10 11 12 3
    1 2 3 4 5 6 7 8 9 10 11 12
    1 2 3 4 5 6 7 8 9 10 11 12
"""
SHORTEST = 3  # letters of a month
FIRST_DAY, LAST_DAY = 20_000, 80_000  # 1954 to 2119, as spreadsheets count days
DAY_NOUGHT = datetime(1899, 12, 30)  # noqa: DTZ001 -- the zone is set by the caller
ZONES = {  # whose names mean one thing alone
    "UTC": "+00:00", "GMT": "+00:00", "WEST": "+01:00", "CET": "+01:00", "MEZ": "+01:00",
    "CEST": "+02:00", "MESZ": "+02:00", "EET": "+02:00", "EEST": "+03:00",
}  # fmt: skip
ZONE = re.compile(rf" *\b({'|'.join(ZONES)})$")
PIVOT = 70  # of years of two digits: 69 is 2069, 70 is 1970


def iso(text: str) -> datetime | None:
    """Read ISO 8601; what begins with anything but a year of four digits is something else."""
    if not re.match(r"\d{4}-?\d{2}-?\d{2}", text, re.ASCII) or (text.isdigit() and len(text) > 8):
        return None
    try:
        return datetime.fromisoformat(ZONE.sub(lambda zone: ZONES[zone[1]], text))
    except ValueError:
        return None


def spelt(text: str) -> datetime | None:
    """Read a date with its month as a word: 4-Mar-2026, March 4, 2026 9:30 am, 4. März 2026."""
    for pattern in SPELT:
        match = pattern.fullmatch(text.strip())
        if match and (month := _months().get(plain(match["m"]))):
            hour, minute, second, half = match.groups()[-4:]
            parts = (full_year(match["y"]), month, int(match["d"]))
            times = (of_24(int(hour or 0), half), int(minute or 0), int(second or 0))
            return _made(*parts, *times)
    return None


def year_first(text: str) -> datetime | None:
    """Read 2026/3/4 and 2026-03-04 9:30 PM, which nobody means otherwise."""
    match = SHORT_DATE.fullmatch(text)
    if not match or len(match[1]) != 4:
        return None
    year, _, month, day, hour, minute, second, half = match.groups()
    times = (of_24(int(hour or 0), half), int(minute or 0), int(second or 0))
    return _made(int(year), int(month), int(day), *times)


def counted(text: str) -> datetime | None:
    """Read a number that stands for a date: days as spreadsheets count them, or Unix time."""
    if re.fullmatch(r"\d{5}(?:[.,]\d+)?", text, re.ASCII):
        days = float(text.replace(",", "."))
        if FIRST_DAY <= days <= LAST_DAY:
            return DAY_NOUGHT + timedelta(seconds=round(days * 86_400))
    if re.fullmatch(r"1\d{9}(?:\d{3})?", text, re.ASCII):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    return None


def is_instant(text: str) -> bool:
    """Whether a cell can be meant as an instant, in whatever order."""
    return bool(SHORT_DATE.fullmatch(text)) or any(read(text) for read in READINGS)


def full_year(text: str) -> int:
    """Return a year of four digits for one of two, as spreadsheets shorten it."""
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < PIVOT else 1900)


def of_24(hour: int, half: str | None) -> int:
    """Return an hour of the day: 12 AM is 0, 12 PM is 12; an hour that is none stays one."""
    if not half or not 1 <= hour <= 12:
        return hour if not half else 99
    return hour % 12 + (12 if half in "Pp" else 0)


def _made(*parts: int) -> datetime | None:
    try:
        return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 -- likewise
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    """Return the months by their names and by what shortens one of them alone."""
    found: dict[str, set[int]] = {}
    for name, number in zip(MONTHS.split(), map(int, NUMBERS.split()), strict=True):
        word = plain(name)
        for length in range(SHORTEST, len(word) + 1):
            found.setdefault(word[:length], set()).add(number)
    return {word: min(numbers) for word, numbers in found.items() if len(numbers) == 1}


READINGS: tuple[Callable[[str], datetime | None], ...] = (iso, year_first, spelt, counted)
