"""What is news to whom: what went dark, what we owe, what falls due today; each once.

A fixed number of queries for all readers of one run, and two more for each time zone among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from deals import standing
from deals.announcing import NEWS
from deals.cutoffs import Cutoffs
from deals.models import By, DarkSpell, Silence
from deals.policies import Rulebook
from outreach.digest.people import House, Reader
from outreach.models import Notice, Telling

Kind = Telling.Kind
# What crossed longer ago is no news, however long somebody was away: Today has it.
FRESH = timedelta(days=14)
# Over a long weekend and its quiet hours; later the morning digest tells it, if there is one.
AT_ONCE_WITHIN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Line:
    """One silence that is news to one reader: `at` is its crossing, foretold for what falls due."""

    reader: int
    silence: int
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Crossing:
    """A silence that crossed or will: whose deal, when, and what the deal is worth."""

    silence: int
    kind: str
    owner: int
    at: datetime
    amount: Decimal | None
    currency: str


def of_morning(
    readers: Sequence[Reader], now: datetime, house: House, *, only_news: bool = True
) -> list[Line]:
    """Return what is news to readers this morning; or all, told or not."""
    owners = frozenset().union(*(reader.owners for reader in readers))
    crossed = _crossed(owners, now)
    rulebook = Rulebook.load()
    lines = [line for reader in readers for line in _lines(reader, crossed)]
    by_end: dict[datetime, list[Reader]] = defaultdict(list)
    for reader in readers:
        by_end[reader.day_end].append(reader)
    for end, some in by_end.items():
        due = _falling_due(frozenset().union(*(each.owners for each in some)), now, end, rulebook)
        for reader in some:
            lines += _lines(
                reader, [each for each in due if not _comes_at_once(each, reader, house)]
            )
    return _untold(lines) if only_news else lines


def of_high_value(readers: Sequence[Reader], now: datetime, house: House) -> list[Line]:
    """Return which deals of high value went dark that readers are to be told of at once."""
    owners = frozenset().union(*(reader.owners for reader in readers))
    crossed = _crossed(owners, now, by=(By.THEM,))
    lines = [
        line
        for reader in readers
        for line in _lines(
            reader,
            [
                each
                for each in crossed
                if _is_high_value(each, reader, house) and not _waits(each, reader, now)
            ],
        )
    ]
    return _untold(lines)


def other_news(readers: Iterable[Reader], since: Mapping[int, datetime]) -> set[int]:
    """Return which readers were told something else in the app that the mail repeats."""
    found = notices([reader.user.pk for reader in readers], min(since.values()))
    rows = found.values_list("user_id", "created_at")
    return {user for user, created_at in rows if created_at > since[user]}


def notices(users: Sequence[int], since: datetime) -> QuerySet[Notice]:
    """Return what users were told in the app and have not read; overdue moves have their own lines."""
    rows = Notice.objects.filter(user__in=users, read_at=None, created_at__gt=since)
    return rows.exclude(kind=Notice.Kind.OVERDUE).order_by("created_at", "pk")


def _crossed(
    owners: frozenset[int], now: datetime, *, by: Sequence[By] = (By.THEM, By.US)
) -> list[Crossing]:
    """Return what is dark or overdue since not too long, unless it was recorded too late to be news.

    Source: SILENCE.md, "What the sweep does".
    """
    spells = DarkSpell.objects.open().filter(
        silence__ended_at=None, silence__by__in=by, silence__deal__owner__in=owners,
        started_at__gt=now - FRESH, recorded_at__lte=F("started_at") + NEWS,
    )  # fmt: skip
    columns = (
        "silence", "silence__by", "silence__deal__owner", "started_at", "silence__deal__amount",
        "silence__deal__currency",
    )  # fmt: skip
    rows = spells.order_by("started_at", "pk").values_list(*columns)
    return [
        Crossing(pk, Kind.DARK if by == By.THEM else Kind.OURS, owner, at, amount, currency)
        for pk, by, owner, at, amount, currency in rows
    ]


def _falling_due(
    owners: frozenset[int], now: datetime, end: datetime, rulebook: Rulebook
) -> list[Crossing]:
    """Return what goes dark or overdue before the end of a day, unless somebody moves."""
    cutoffs = Cutoffs(end, rulebook)
    waiting = Silence.objects.open().filter(dark_at=None, deal__owner__in=owners)
    due = cutoffs.due(By.THEM, among=waiting) | cutoffs.due(By.US, among=waiting)
    columns = (
        "pk", "deal_id", "by", "started_at", "stage_id", "calendar_id", "held_until",
        "promised_at", "deal__owner_id", "deal__amount", "deal__currency",
    )  # fmt: skip
    rows = list(waiting.filter(due).order_by("pk").values_list(*columns, named=True))
    stands = standing.of(rows, now, rulebook)
    found = [
        Crossing(
            row.pk, Kind.DUE, row.deal__owner_id, stands[row.pk].due_at, row.deal__amount,
            row.deal__currency,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.at, each.silence))


def _lines(reader: Reader, crossings: Iterable[Crossing]) -> list[Line]:
    return [
        Line(reader.user.pk, each.silence, each.kind, each.at)
        for each in crossings
        if each.owner in reader.owners
    ]


def _waits(crossing: Crossing, reader: Reader, now: datetime) -> bool:
    """Whether a crossing is so long ago that it is left to the reader's morning digest."""
    is_theirs = crossing.owner not in reader.of_teams
    return (
        now - crossing.at >= AT_ONCE_WITHIN and is_theirs and reader.settings.is_wanted("morning")
    )


def _is_high_value(crossing: Crossing, reader: Reader, house: House) -> bool:
    """Whether a deal is worth enough; one that no rate tells the worth of is not."""
    threshold = reader.settings.threshold(house.workspace)
    worth = house.worth.of(crossing.amount, crossing.currency, crossing.at)
    return threshold is not None and worth is not None and worth >= threshold


def _comes_at_once(crossing: Crossing, reader: Reader, house: House) -> bool:
    """Whether its crossing is told when it happens, so that it is not foretold."""
    is_wanted = reader.settings.is_wanted("at_once")
    return is_wanted and _is_high_value(crossing, reader, house)


def _untold(lines: Sequence[Line]) -> list[Line]:
    """Leave out what its reader was told already: the same, or that it would happen just then."""
    told = Telling.objects.filter(
        Q(user__in={line.reader for line in lines}), silence__in={line.silence for line in lines}
    )
    known: dict[tuple[int, int], dict[str, datetime]] = defaultdict(dict)
    for user, silence, kind, at in told.values_list("user_id", "silence_id", "kind", "at"):
        known[user, silence][kind] = at
    return [line for line in lines if _is_news(line, known[line.reader, line.silence])]


def _is_news(line: Line, told: Mapping[str, datetime]) -> bool:
    if line.kind == Kind.DUE:
        return not told
    return line.kind not in told and told.get(Kind.DUE) != line.at
