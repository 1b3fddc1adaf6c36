"""Keep of a calendar in a mail what tells of times and people, and none of its words.

For mail that waits for somebody's decision: what it says of a meeting is read once they have made
it. Pure. Source: RFC 5545, 3.1 (lines and how they are folded).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = (
    50_000  # letters of one calendar; with ten people and its time zones it has some two thousand
)
KEPT = frozenset({
    "BEGIN", "END", "VERSION", "PRODID", "METHOD", "UID", "RECURRENCE-ID", "SEQUENCE", "STATUS",
    "DTSTAMP", "CREATED", "LAST-MODIFIED", "DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE",
    "SUMMARY", "ORGANIZER", "ATTENDEE", "TZID", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME",
})  # fmt: skip
NAME = re.compile(r"[A-Za-z0-9-]+")
FOLD = re.compile(r"\r?\n[ \t]")


def trimmed(calendars: Iterable[str]) -> list[str]:
    """Return calendars with nothing but what a meeting follows from; what is too long is left out."""
    found = ("\r\n".join(filter(_is_kept, FOLD.sub("", text).splitlines())) for text in calendars)
    return [text for text in found if text and len(text) <= LONGEST]


def _is_kept(line: str) -> bool:
    name = NAME.match(line)
    return name is not None and name[0].upper() in KEPT
