"""Opening hours as people write them: "9:00–12:00, 13:00–17:30", and days with hours of their own."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

Spans = list[list[str]]

TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
SPAN = re.compile(rf"\s*{TIME}\s*(?:-|–|—|to)\s*{TIME}\s*", re.ASCII)
REMEDY = "Write hours such as 9:00-12:00, 13:00-17:30, or leave the day empty when it is closed."
DAY = re.compile(r"\s*(\d{4}-\d{2}-\d{2})\s*:?\s*(.*?)\s*", re.ASCII)
DAY_REMEDY = "Write one day a line, such as “2026-12-24: 9:00-12:00” or “2026-12-27: closed”."
CLOSED = ("", "closed")
END_OF_DAY = 24 * 60  # minutes


def read_hours(text: str) -> Spans:
    """Read the hours of one day as ["09:00", "12:00"] pairs in order; none for an empty text.

    Raises ValueError, naming the remedy, for what is none, ends before it begins, or overlaps.
    """
    if text.strip().lower() in CLOSED:
        return []
    spans = sorted(_span(part) for part in text.split(","))
    for (_, until), (since, _) in pairwise(spans):
        if since < until:
            raise ValueError(f"“{text.strip()}” overlaps itself. {REMEDY}")
    return [[_clock(since), _clock(until)] for since, until in spans]


def _span(text: str) -> tuple[int, int]:
    match = SPAN.fullmatch(text)
    if not match:
        raise ValueError(f"“{text.strip()}” is not a span of hours. {REMEDY}")
    since, until = _minutes(match[1], match[2]), _minutes(match[3], match[4])
    if not since < until <= END_OF_DAY:
        raise ValueError(
            f"“{text.strip()}” ends before it begins or after midnight. {REMEDY} 24:00 ends a day."
        )
    return since, until


def _minutes(hours: str, minutes: str | None) -> int:
    if int(minutes or 0) > 59:
        raise ValueError(f"There is no {hours}:{minutes}. {REMEDY}")
    return int(hours) * 60 + int(minutes or 0)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def say_hours(spans: Spans) -> str:
    """Say the hours of one day as `read_hours` reads them; an empty text for a closed day."""
    return ", ".join(f"{since}–{until}" for since, until in spans)


def read_days(text: str) -> dict[str, Spans]:
    """Read lines such as "2026-12-24: 9:00-12:00" or "2026-12-27: closed" as ISO day → hours."""
    return dict(_day(line) for line in text.splitlines() if line.strip())


def _day(line: str) -> tuple[str, Spans]:
    match = DAY.fullmatch(line)
    if not match:
        raise ValueError(f"“{line.strip()}” is not a day. {DAY_REMEDY}")
    try:
        day = date.fromisoformat(match[1])
    except ValueError:
        raise ValueError(f"There is no {match[1]}. {DAY_REMEDY}") from None
    return day.isoformat(), read_hours(match[2])


def say_days(days: dict[str, Spans]) -> str:
    """Say days with hours of their own as `read_days` reads them."""
    return "\n".join(
        f"{day}: {say_hours(spans) or 'closed'}" for day, spans in sorted(days.items())
    )
