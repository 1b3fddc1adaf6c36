"""Spans of time as people set them: "3 weeks", "1 working day", "4 working hours"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError

UNITS = {
    "h": ("hour", False),
    "d": ("day", False),
    "w": ("week", False),
    "wh": ("working hour", True),
    "wd": ("working day", True),
}
CALENDAR_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
# Four digits are past any patience, and keep every sum inside what a datetime can hold.
SPAN = re.compile(r"\s*(\d{1,4})\s*(wh|wd|h|d|w)\s*", re.ASCII)
REMEDY = "Write a number and a unit, such as 3w, 7d or 36h, or 1wd and 4wh in working time."


@dataclass(frozen=True, slots=True)
class Span:
    """A count of hours, days or weeks, or of working hours or days.

    Calendar units are 1 h, 24 h and 7 × 24 h. A working day is the calendar's average open
    day, so a span of working days has a length only on a calendar.
    Source: SILENCE.md, "When it is dark".
    """

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read "3w", "7d", "36h", "1wd" or "4wh"; raise ValueError, naming the remedy."""
        match = SPAN.fullmatch(text)
        if not match or int(match[1]) == 0:
            raise ValueError(f"“{text}” is not a span of time. {REMEDY}")
        return cls(int(match[1]), match[2])

    @property
    def is_working(self) -> bool:
        """Whether it counts open hours only."""
        return UNITS[self.unit][1]

    @property
    def code(self) -> str:
        """The short form that `parse` reads."""
        return f"{self.count}{self.unit}"

    def length(self, open_day: timedelta) -> timedelta:
        """Return its length: elapsed time in calendar units, open time in working units."""
        if self.unit == "wd":
            return self.count * open_day
        if self.unit == "wh":
            return timedelta(hours=self.count)
        return self.count * CALENDAR_UNITS[self.unit]

    def __str__(self) -> str:
        name = UNITS[self.unit][0]
        return f"{self.count} {name}" if self.count == 1 else f"{self.count} {name}s"


def parse_spans(text: str) -> list[Span]:
    """Read a list such as "2wd, 3wd"; an empty text is an empty list. Raises ValueError."""
    return [Span.parse(part) for part in text.split(",")] if text.strip() else []


def describe_spans(spans: Sequence[Span]) -> str:
    """Say a list of spans in words: "4 working hours, 1 working day"."""
    return ", ".join(str(span) for span in spans)


def validate_span(text: str) -> None:
    """Refuse what `Span.parse` cannot read, with its remedy."""
    try:
        Span.parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_spans(text: str) -> None:
    """Refuse what `parse_spans` cannot read, with its remedy."""
    try:
        parse_spans(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error
