"""Read every silence by them that a stage's threshold could have judged, as arrays.

A fixed number of queries however many silences there are, but for those of deals with holds,
promises or calendars of their own, which are read by a thousand. Instants are whole microseconds
since 1970, in UTC. Nothing is read of deals that never were in the stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet

from deals import histories, segments
from deals.histories import Waiting
from deals.instants import Micros, to_micros
from deals.models import CalendarUse, Ending, Hold, Participation, Promise, Silence, StageEntry
from deals.policies import Rulebook
from deals.segments import Traits
from deals.survival import Bools

AT_ONCE = 1000  # deals whose holds and promises are read in one go
NEVER = np.iinfo(np.int64).max  # of what has not happened
CHUNK = 2000  # rows in memory at a time
Row = tuple[Any, ...]
FIELDS = (
    "pk", "deal_id", "stage_id", "started_at", "ended_at", "ending", "relit_at", *segments.FIELDS,
)  # fmt: skip


@dataclass(frozen=True)
class Entries:
    """The stages that deals entered by an instant, and when: all three (m,), deal after deal."""

    deals: Micros
    stages: Micros
    at: Micros

    def stages_at(self, deals: Micros, instants: Micros, otherwise: Micros) -> Micros:
        """Return in which stage each deal was at an instant (k,): before its first, in the first.

        A deal without entries is where `otherwise` says.
        """
        if not self.at.size:
            return otherwise
        moments = np.unique(self.at)
        known = self._key(self.deals, np.searchsorted(moments, self.at, side="right"), moments)
        asked = self._key(deals, np.searchsorted(moments, instants, side="right"), moments)
        first = np.searchsorted(self.deals, deals)
        last = np.maximum(np.searchsorted(known, asked, side="right") - 1, first)
        last = np.minimum(last, self.at.size - 1)
        return np.where(self.deals[last] == deals, self.stages[last], otherwise)

    @staticmethod
    def _key(deals: Micros, place: Micros, moments: Micros) -> Micros:
        """Return one number that orders by deal, then by instant."""
        return deals * (moments.size + 1) + place


@dataclass(frozen=True)
class Past:
    """Silences by them (n,) of the deals that ever were in a stage, in the order of their ids.

    `ended` is just after `now` where one lasts still, `heard` NEVER where nobody was heard;
    `waiting` has what moves the clock of a deal, for those deals where something does.
    """

    stage: int
    now: int
    ids: Micros
    deals: Micros
    stages: Micros
    started: Micros
    ended: Micros
    heard: Micros
    is_open: Bools
    is_turned: Bools
    traits: Traits
    entries: Entries
    waiting: Mapping[int, Waiting]
    rulebook: Rulebook


def read(stage: int, since: datetime, now: datetime) -> Past:
    """Read what was silent after `since`, as of `now`."""
    rows = sorted(_silences(stage, since, now))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(FIELDS)
    _, _, _, started, ended, ending, relit, *_ = columns
    over = [at if at is not None and at <= now else None for at in ended]
    rulebook = Rulebook.load()
    return Past(
        stage=stage,
        now=to_micros(now),
        ids=_numbers(columns[0]),
        deals=_numbers(columns[1]),
        stages=_numbers(columns[2]),
        started=_instants(started, NEVER),
        ended=_instants(over, to_micros(now) + 1),
        heard=_instants(map(_heard, over, ending, relit, [now] * len(rows)), NEVER),
        is_open=np.array([at is None for at in over], np.bool_),
        is_turned=np.array([end == Ending.TURNED for end in ending], np.bool_),
        traits=Traits.read([row[-len(segments.FIELDS) :] for row in rows]),
        entries=_entries(stage, now),
        waiting=_waiting(stage, rulebook),
        rulebook=rulebook,
    )


def _heard(
    ended_at: datetime | None, ending: str, relit_at: datetime | None, now: datetime
) -> datetime | None:
    """Return when they were heard: at the end, or after we had let go."""
    if ended_at is not None and ending == Ending.REPLIED:
        return ended_at
    return relit_at if relit_at is not None and relit_at <= now else None


def _through(stage: int) -> QuerySet[StageEntry, Any]:
    """Return the deals that are or ever were in a stage, as a subquery."""
    return StageEntry.objects.filter(stage=stage).order_by().values("deal")


def _silences(stage: int, since: datetime, now: datetime) -> Iterator[Row]:
    """Yield those that were last in the stage, then those of its deals that were last elsewhere.

    Two questions, for together they would be asked of every silence there is.
    """
    later = Q(ended_at=None) | Q(ended_at__gt=since)
    rows = Silence.objects.by_them().filter(later, started_at__lte=now).order_by()
    here = rows.filter(stage=stage)
    moved = rows.filter(deal__in=_through(stage)).exclude(stage=stage)
    for part in (here, moved):
        yield from part.values_list(*FIELDS).iterator(CHUNK)


def _entries(stage: int, now: datetime) -> Entries:
    """Read the entries of the deals that moved; all others were in the stage from the beginning."""
    elsewhere = StageEntry.objects.filter(deal=OuterRef("deal")).exclude(stage=stage)
    rows = StageEntry.objects.filter(Exists(elsewhere.order_by()), deal__in=_through(stage))
    rows = rows.order_by("deal_id", "occurred_at", "source", "external_id")
    found = list(rows.values_list("deal_id", "stage_id", "occurred_at"))
    # one that is yet to come tells where the deal was only if it is the first
    first, last = set(), []
    for deal, entered, at in found:
        if at <= now or deal not in first:
            last.append((deal, entered, at))
        first.add(deal)
    deals, stages, instants = zip(*last, strict=True) if last else ((), (), ())
    return Entries(_numbers(deals), _numbers(stages), _instants(instants, NEVER))


def _waiting(stage: int, rulebook: Rulebook) -> dict[int, Waiting]:
    """Read what moves the clocks of the stage's deals, where anything does."""
    through = _through(stage)
    used = CalendarUse.objects.filter(contact=OuterRef("contact"))
    away = Hold.objects.filter(contact=OuterRef("contact"))
    leads = Participation.objects.filter(deal__in=through, is_primary=True)
    leads = leads.filter(Exists(used) | Exists(away))
    ids: list[Any] = sorted(
        {
            *Hold.objects.filter(deal__in=through).values_list("deal_id", flat=True),
            *Promise.objects.standing().filter(deal__in=through).values_list("deal_id", flat=True),
            *leads.values_list("deal_id", flat=True),
        }
    )
    parts = (ids[place : place + AT_ONCE] for place in range(0, len(ids), AT_ONCE))
    known = (histories.waiting(part, rulebook).items() for part in parts)
    return dict(chain.from_iterable(known))


def _numbers(values: Any) -> Micros:
    return np.array(values, np.int64)


def _instants(values: Any, otherwise: int) -> Micros:
    """Return instants as microseconds, `otherwise` for those that there are not."""
    return np.array([otherwise if at is None else to_micros(at) for at in values], np.int64)
