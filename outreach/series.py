"""A series of appointments: those to come, in order, as they stand on a meeting's row.

Pure: what came of a rule, less what is over, with single ones moved or left out. Of a series only
the next appointment counts. Source: decision 131.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from outreach.mail.parsing.invitations import Appointment, Occurrence


def to_come(
    appointment: Appointment, is_off: Callable[[Appointment], bool], now: datetime
) -> list[Occurrence]:
    """Return the appointments of a series that are not over, the next one first.

    `is_off` says of what is told beside of a single one that it will not be.
    """
    found = {one.place: one for one in appointment.occurrences}
    for change in appointment.changes:
        found.pop(change.recurrence, None)
        if not is_off(change) and change.starts_at and change.ends_at:
            moved = Occurrence(change.recurrence, change.starts_at, change.ends_at)
            found[change.recurrence] = moved
    return not_over(found.values(), now)


def not_over(found: Iterable[Occurrence], now: datetime) -> list[Occurrence]:
    """Return those that end after now, in order."""
    return sorted((one for one in found if one.ends_at > now), key=_order)


def changed(
    found: Sequence[Occurrence], change: Appointment, *, is_off: bool, says_when: bool
) -> list[Occurrence]:
    """Return a series with one appointment left out or moved; one that it does not hold is nothing."""
    if not any(one.place == change.recurrence for one in found):
        return list(found)
    rest = [one for one in found if one.place != change.recurrence]
    if is_off:
        return rest
    if not says_when or change.starts_at is None or change.ends_at is None:
        return list(found)
    return sorted(
        [*rest, Occurrence(change.recurrence, change.starts_at, change.ends_at)], key=_order
    )


def written(found: Iterable[Occurrence]) -> list[list[str]]:
    """Return appointments as a row keeps them: [place, start, end] in ISO 8601."""
    return [[one.place, one.starts_at.isoformat(), one.ends_at.isoformat()] for one in found]


def read(rows: Iterable[Sequence[str]]) -> list[Occurrence]:
    """Return the appointments that a row keeps."""
    return [
        Occurrence(place, datetime.fromisoformat(start), datetime.fromisoformat(end))
        for place, start, end in rows
    ]


def _order(one: Occurrence) -> tuple[datetime, str]:
    return one.starts_at, one.place
