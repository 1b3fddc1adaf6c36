"""Read iCalendar: appointments with their answers, from invitations in mail and published feeds.

Pure: no database, no network. Instants are UTC; all-day and floating times are read in the zone
given. Sources: RFC 5545 (iCalendar), RFC 5546 (invitations and answers).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rruleset, rrulestr  # type: ignore[import-untyped]
from icalendar import Calendar

LONGEST_CALENDAR = 5 * 1024 * 1024  # letters; a rep's busy years
MOST_APPOINTMENTS = 10_000
MOST_ATTENDEES = 200
MOST_OCCURRENCES = 5_000  # of one series that are looked through for the next
MOST_AHEAD = 100  # of one series that are told: two years of a weekly one
LONGEST_UID, LONGEST_SUMMARY = 300, 200
DAY = timedelta(days=1)
ANSWERS = frozenset({"needs-action", "accepted", "declined", "tentative", "delegated"})


class UnreadableCalendarError(ValueError):
    """It is no calendar, or too large a one; its words say which."""


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited, and what they answered: a PARTSTAT in lower case. Source: RFC 5545, 3.2.12."""

    address: str
    answer: str = "needs-action"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One appointment of a series: `place` names the one that the rule gives, wherever it went."""

    place: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment as one message or feed tells it; a series as its next one that is not over.

    `method` is "" in a feed. `recurrence` names the one of a series that a message is about, ""
    where it is about all or there is but one. `starts_at` is None where an answer repeats no time.
    `stamped_at` is when it was said: of two with one `sequence` the later counts. `occurrences` are
    those of a series to come, as its rule gives them, and `changes` what is told beside of some.
    """

    method: str
    uid: str
    recurrence: str
    sequence: int
    stamped_at: datetime | None
    summary: str
    starts_at: datetime | None
    ends_at: datetime | None
    organizer: str
    attendees: tuple[Attendee, ...]
    is_cancelled: bool
    occurrences: tuple[Occurrence, ...] = ()
    changes: tuple[Appointment, ...] = ()

    def answer_of(self, addresses: frozenset[str]) -> str:
        """Return what somebody with these addresses answered, "" where they are not invited."""
        return next((who.answer for who in self.attendees if who.address in addresses), "")


def read(text: str, *, zone: str, now: datetime) -> list[Appointment]:
    """Return the appointments of an iCalendar text; of a series, the next one that is not over.

    `zone` is where all-day and floating times are meant. What is broken in one appointment leaves
    that one out. Raises UnreadableCalendarError with a sentence for what is no calendar at all.
    """
    if len(text) > LONGEST_CALENDAR:
        raise UnreadableCalendarError(
            "The calendar is larger than 5 MB. Publish fewer months of it."
        )
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise UnreadableCalendarError(
            "It is no calendar in the format iCalendar (.ics)."
        ) from error
    events = (
        (_text(calendar.get("METHOD")).upper()[:20], event)
        for calendar in calendars
        for event in calendar.walk("VEVENT")
    )
    found = [
        one
        for method, event in islice(events, MOST_APPOINTMENTS)
        if (one := _read(method, event, zone, now))
    ]
    return _put_together(found)


def _read(method: str, event: Any, zone: str, now: datetime) -> Appointment | None:
    """Return one appointment; None for one without a UID or with times that nobody can read."""
    uid = _text(event.get("UID"))[:LONGEST_UID]
    if not uid:
        return None
    try:
        told = _told(method, uid, event, ZoneInfo(zone))
        return (
            _next_of_series(told, event, now)
            if event.get("RRULE") and not told.recurrence
            else told
        )
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError, IndexError):
        return None


def _told(method: str, uid: str, event: Any, zone: ZoneInfo) -> Appointment:
    starts_at, ends_at = _times(event, zone)
    stamp = "DTSTAMP" if method else "LAST-MODIFIED"  # a feed stamps what it was asked, not told
    said = event.get(stamp) or event.get("CREATED") or event.get("DTSTAMP")
    return Appointment(
        method=method, uid=uid, recurrence=_recurrence(event, zone),
        sequence=_number(event.get("SEQUENCE")),
        stamped_at=_instant(said.dt, UTC) if said is not None and hasattr(said, "dt") else None,
        summary=" ".join(_text(event.get("SUMMARY")).split())[:LONGEST_SUMMARY],
        starts_at=starts_at, ends_at=ends_at,
        organizer=_address(event.get("ORGANIZER")),
        attendees=tuple(islice(_attendees(event), MOST_ATTENDEES)),
        is_cancelled=method == "CANCEL" or _text(event.get("STATUS")).upper() == "CANCELLED",
    )  # fmt: skip


def _times(event: Any, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Return when it starts and ends. Without an end: a day, or nothing. Source: RFC 5545, 3.6.1."""
    start = event.get("DTSTART")
    if start is None:
        return None, None
    starts_at = _instant(start.dt, zone)
    end, duration = event.get("DTEND"), event.get("DURATION")
    if end is not None:
        ends_at = _instant(end.dt, zone)
    elif duration is not None:
        ends_at = starts_at + duration.dt
    elif isinstance(start.dt, datetime):
        ends_at = starts_at
    else:
        ends_at = _instant(start.dt + DAY, zone)
    return starts_at, max(starts_at, ends_at)


def _instant(said: Any, zone: Any) -> datetime:
    """Return an instant in UTC; a day is its first moment, a time without a zone is meant in `zone`."""
    if not isinstance(said, date):
        raise TypeError("It is no date.")
    if not isinstance(said, datetime):
        said = datetime(said.year, said.month, said.day)  # noqa: DTZ001  # its zone follows
    instant: datetime = said if said.tzinfo else said.replace(tzinfo=zone)
    return instant.astimezone(UTC)


def _recurrence(event: Any, zone: ZoneInfo) -> str:
    said = event.get("RECURRENCE-ID")
    return _name_of(_instant(said.dt, zone)) if said is not None else ""


def _name_of(starts_at: datetime) -> str:
    return starts_at.strftime("%Y%m%dT%H%M%SZ")


def _next_of_series(told: Appointment, event: Any, now: datetime) -> Appointment:
    """Return a series as its next appointment that is not over, or its last one.

    Counted in the series' own zone, so that it stays at nine o'clock when the clocks change.
    """
    if told.starts_at is None or told.ends_at is None:
        return told
    first = event["DTSTART"].dt
    if not isinstance(first, datetime):
        first = datetime(first.year, first.month, first.day)  # noqa: DTZ001  # floats, as days do
    lasts = told.ends_at - told.starts_at
    zone = first.tzinfo or UTC
    shift = told.starts_at - first.replace(tzinfo=zone).astimezone(UTC)
    left_out = {_instant(out.dt, zone) for out in _exceptions(event)}
    found: list[Occurrence] = []
    latest = told.starts_at
    for wall in islice(_walls(event, first), MOST_OCCURRENCES):
        latest = wall.replace(tzinfo=zone).astimezone(UTC) + shift
        if latest + lasts > now and latest not in left_out:
            found.append(Occurrence(_name_of(latest), latest, latest + lasts))
            if len(found) == MOST_AHEAD:
                break
    starts_at = found[0].starts_at if found else latest
    return replace(told, starts_at=starts_at, ends_at=starts_at + lasts, occurrences=tuple(found))


def _walls(event: Any, first: datetime) -> Iterator[datetime]:
    """Yield the local times of a series."""
    wall = first.replace(tzinfo=None)
    rules = event["RRULE"]
    dates = rruleset()
    for rule in rules if isinstance(rules, list) else [rules]:
        written = re.sub(r"(UNTIL=\d{8})(?:T\d{6})?Z?", r"\1T235959", rule.to_ical().decode())
        dates.rrule(rrulestr(written, dtstart=wall))
    yield from dates


def _exceptions(event: Any) -> Iterator[Any]:
    said = event.get("EXDATE") or []
    for one in said if isinstance(said, list) else [said]:
        yield from one.dts


def _put_together(found: list[Appointment]) -> list[Appointment]:
    """Put what is told of single appointments to their series; of the same told twice, the later."""
    seen: dict[tuple[str, str], Appointment] = {}
    for one in found:
        key = (one.uid, one.recurrence)
        if key not in seen or one.sequence >= seen[key].sequence:
            seen[key] = one
    series = {one.uid: one for one in seen.values() if one.occurrences}
    changes: dict[str, list[Appointment]] = {}
    for one in seen.values():
        if one.recurrence and one.uid in series:
            changes.setdefault(one.uid, []).append(one)
    return [
        replace(one, changes=tuple(changes.get(one.uid, ()))) if one.occurrences else one
        for one in seen.values()
        if not (one.recurrence and one.uid in series)
    ]


def _attendees(event: Any) -> Iterator[Attendee]:
    said = event.get("ATTENDEE") or []
    for one in said if isinstance(said, list) else [said]:
        answer = _text(getattr(one, "params", {}).get("PARTSTAT")).lower()
        if address := _address(one):
            yield Attendee(address, answer if answer in ANSWERS else "needs-action")


def _address(said: Any) -> str:
    """Return the address of a person in lower case; calendars of rooms have none."""
    said = said[0] if isinstance(said, list) and said else said
    words = re.sub(r"^\s*mailto:\s*", "", _text(said), flags=re.IGNORECASE).strip().lower()
    if "@" not in words:
        words = _text(getattr(said, "params", {}).get("EMAIL")).strip().lower()
    return words[:320] if "@" in words else ""


def _text(said: Any) -> str:
    """Return a value as text without what no database keeps."""
    if isinstance(said, list):
        said = said[0] if said else None
    return "" if said is None else str(said).replace("\x00", "").encode("utf-8", "ignore").decode()


def _number(said: Any) -> int:
    found = re.fullmatch(r"\s*(\d{1,9})\s*", _text(said))
    return int(found[1]) if found else 0
