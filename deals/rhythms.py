"""When people reply: weekday by hour, on the clock where they are.

Source: docs/figures.md, "When people reply"; decision 113.
"""

from __future__ import annotations

from calendar import day_name
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from deals import cohorts
from deals.basis import Basis
from deals.instants import Micros, to_micros
from deals.models import Direction, Touch
from deals.open_hours import offsets, zone_named
from deals.plots import week
from deals.plots.caption import Caption
from deals.scopes import Scope
from deals.spreadsheets import Value
from deals.survival import Counts

CHUNK = 2000
HOUR, DAY = 3_600_000_000, 86_400_000_000  # microseconds
THURSDAY = 3  # the weekday of the first of January 1970
DAYS, HOURS = 7, 24


@dataclass(frozen=True)
class Replies:
    """Answers to silences by them (n,): to which, and at which weekday and hour, theirs."""

    silences: Micros
    weekdays: Micros
    hours: Micros

    @property
    def counts(self) -> Counts:
        """How many fell on each hour of the week (7, 24): Monday first, hours from midnight."""
        cells = np.bincount(self.weekdays * HOURS + self.hours, minlength=DAYS * HOURS)
        return cells.reshape(DAYS, HOURS).astype(np.int64)

    def silences_at(self, weekday: int, hour: int) -> list[int]:
        """Return the silences that were answered on an hour of the week: as many as it counts."""
        here = (self.weekdays == weekday) & (self.hours == hour)
        found: list[int] = self.silences[here].tolist()
        return found


def read(reader: User, scope: Scope, basis: Basis | None = None) -> Replies:
    """Read when silences of the scope were answered in its days: one query, and the basis.

    By the clock of whoever answered; where their zone is not known, by that of the deal's primary
    contact, then of the calendar that judged the silence.
    """
    rulebook = (basis or Basis(scope.as_of)).rulebook

    @cache
    def zone(theirs: str | None, lead: str, calendar: int) -> str:
        work = rulebook.calendars[calendar].at(scope.as_of).time_zone
        return next((name for name in (theirs, lead, work) if name and _is_zone(name)), "UTC")

    silences, instants, zones = [], [], []
    for silence, at, *known in _answers(reader, scope).iterator(CHUNK):
        silences.append(silence)
        instants.append(to_micros(at))
        zones.append(zone(*known))
    wall = _wall(np.array(instants, np.int64), zones)
    return Replies(
        np.array(silences, np.int64), (wall // DAY + THURSDAY) % DAYS, wall % DAY // HOUR
    )


def _answers(
    reader: User, scope: Scope
) -> QuerySet[Any, tuple[int, datetime, str | None, str, int]]:
    """Return silence, instant, zone of who was heard, zone of the primary contact, calendar."""
    said = Touch.objects.standing().filter(
        Q(is_heard=True) & ~Q(direction=Direction.OUTBOUND),
        deal=OuterRef("deal"), occurred_at=OuterRef("heard_at"),
    )  # fmt: skip
    by = Subquery(said.order_by("pk").values("contact__time_zone")[:1])
    rows = cohorts.heard(reader, scope)
    return rows.values_list("pk", "heard_at", by, "deal__contact__time_zone", "calendar_id")


def _is_zone(name: str) -> bool:
    try:
        zone_named(name)
    except ValueError:
        return False
    return True


def _wall(instants: Micros, zones: Sequence[str]) -> Micros:
    """Return what clocks on the wall showed (n,), as microseconds since 1970 there."""
    wall = instants.copy()
    if not instants.size:
        return wall
    names, place = np.unique(np.array(zones), return_inverse=True)
    for number, name in enumerate(names.tolist()):
        own = place == number
        wall[own] += _offsets(instants[own], ZoneInfo(name))
    return wall


def _offsets(instants: Micros, zone: ZoneInfo) -> Micros:
    """Return how far ahead of UTC a zone was at each instant (n,)."""
    parts = list(offsets(zone, int(instants.min()), int(instants.max()) + 1))
    begins = np.array([since for since, _, _ in parts], np.int64)
    ahead = np.array([offset for _, _, offset in parts], np.int64)
    return ahead[np.searchsorted(begins, instants, side="right") - 1]


def written(replies: Replies) -> Iterator[Sequence[Value]]:
    """Yield the table of a file: a row for each hour of the day, a column for each weekday."""
    yield ["Hour", *day_name]
    for hour, row in enumerate(replies.counts.T.tolist()):
        yield [f"{hour}:00", *row]


def say(replies: Replies) -> str:
    """Say when most people reply, in a sentence: the text alternative of the plot."""
    counts = replies.counts
    total = int(counts.sum())
    if not total:
        return "Nobody replied in these days."
    weekday, hour = divmod(int(counts.argmax()), HOURS)
    busiest = day_name[int(counts.sum(axis=1).argmax())]
    return (
        f"The liveliest hour is {day_name[weekday]}, {hour}:00 to {hour + 1}:00 where they are, with"
        f" {counts[weekday, hour]:,} of {total:,} replies; the liveliest day is {busiest}."
    )


def plot(
    replies: Replies, caption: Caption, link: Callable[[int, int], str] = lambda weekday, hour: ""
) -> week.Week:
    """Lay out when people reply; `link` opens the deals answered on a weekday at an hour."""
    return week.draw(caption, replies.counts, link)
