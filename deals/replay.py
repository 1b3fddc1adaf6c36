"""Replay histories through the pure rules and write only what differs.

The one place that writes `Silence` and `DarkSpell` rows and what `Deal` repeats of its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from django.db import transaction

from deals import announcing, histories, particulars, silence
from deals.announcing import News, Watch
from deals.events import History, Replayed, Spell, Stretch
from deals.models import DarkSpell, Deal, Silence
from deals.particulars import Facts
from deals.policies import Rulebook

SILENCE_FIELDS = (
    "by", "opening", "started_at", "stage_id", "calendar_id", "clock_from", "held_until",
    "promised_at", "dark_at", "ended_at", "ending", "relit_at", "attempts", "dark_attempts",
    "attempted_at",
)  # fmt: skip
SPELL_FIELDS = ("started_at", "ended_at", "stage_id")
DEAL_FIELDS = ("stage_id", "outcome", "closed_at")
FOR_EVER = datetime.max.replace(tzinfo=UTC)
Row = TypeVar("Row", Silence, DarkSpell)


@dataclass
class Changes:
    """What a replay found that the rows do not say yet."""

    deals: list[Deal] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    silence_fields: set[str] = field(default_factory=set)
    new_silences: list[Silence] = field(default_factory=list)
    gone_silences: list[int] = field(default_factory=list)
    spells: list[DarkSpell] = field(default_factory=list)
    crossings: list[tuple[Deal, DarkSpell]] = field(default_factory=list)  # new, or moved
    new_spells: list[DarkSpell] = field(default_factory=list)
    gone_spells: list[int] = field(default_factory=list)
    differing: set[int] = field(default_factory=set)
    news: list[News] = field(default_factory=list)


def lock(deal_ids: Iterable[int]) -> None:
    """Lock deals, then their open silences, both in order of id, for the caller's transaction.

    Whoever writes what a silence or a suggestion depends on calls this first, so that writers
    queue up, the sweep passes them by, and the next one looks at what changed.
    Source: SILENCE.md, "What the sweep does".
    """
    ids = sorted(set(deal_ids))
    deals = Deal.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    list(deals.values_list("pk"))
    Silence.objects.open().filter(deal__in=ids).lock()


@transaction.atomic
def replay(
    deal_ids: Iterable[int], now: datetime, *, is_sweep: bool = False, is_news: bool = True
) -> set[int]:
    """Bring the rows of deals in line with their histories; return the deals that changed.

    Only a sweep first marks an open silence dark; a replay corrects or clears the mark. What is
    new is announced, unless that `is_news` to nobody.
    The caller holds the locks (`lock`). Source: SILENCE.md, "History" and "When it is dark".
    """
    changes = compare(deal_ids, now, is_sweep=is_sweep)
    write(changes)
    if is_news:
        announcing.announce(changes.news, now)
    return changes.differing


def compare(
    deal_ids: Iterable[int],
    now: datetime,
    *,
    is_sweep: bool = False,
    until: datetime | None = None,
) -> Changes:
    """Return how the rows of deals differ from a replay from nothing, writing nothing.

    A deal is judged as of `now`, or of the latest that is written of it up to `until` (None: as
    far ahead as `now` may be behind), so that nobody takes back what others recorded meanwhile.
    """
    ids = list(deal_ids)
    loaded = histories.load(ids, Rulebook.load())
    stored: dict[int, list[Silence]] = {pk: [] for pk in ids}
    for row in Silence.objects.filter(deal__in=ids).order_by("pk"):
        stored[row.deal_id].append(row)
    spells: dict[int, list[DarkSpell]] = {}
    for spell in DarkSpell.objects.filter(silence__deal__in=ids).order_by("started_at"):
        spells.setdefault(spell.silence_id, []).append(spell)
    changes = Changes()
    for deal in Deal.objects.filter(pk__in=ids):
        history = loaded[deal.pk]
        crossed = (spell for row in stored[deal.pk] for spell in spells.get(row.pk, ()))
        at = silence.as_of((*history.instants, *_ends_of(crossed)), now, until)
        truth = silence.replay(history, at)
        watch = Watch(deal, stored[deal.pk], at)
        changes.news += watch.outcome(truth, history)
        _compare_deal(deal, truth, changes)
        comparison = _Comparison(deal, history, at, is_sweep, spells, changes, watch)
        comparison.run(stored[deal.pk], truth.silences)
    particulars.recall(changes.crossings)
    return changes


def write(changes: Changes) -> None:
    """Write a comparison: first what frees a unique place, then what takes one."""
    DarkSpell.objects.filter(pk__in=changes.gone_spells).delete()
    Silence.objects.filter(pk__in=changes.gone_silences).delete()
    for rows in _ended_first(changes.silences):
        # a column costs as much as any other, and a sweep changes one of these fifteen
        fields = [name for name in SILENCE_FIELDS if name in changes.silence_fields]
        Silence.objects.bulk_update(rows, fields, batch_size=200)
    Silence.objects.bulk_create(changes.new_silences, batch_size=500)
    for spells in _ended_first(changes.spells):
        fields = [*SPELL_FIELDS, *(Facts._fields if changes.crossings else ())]
        DarkSpell.objects.bulk_update(spells, fields, batch_size=500)
    DarkSpell.objects.bulk_create(changes.new_spells, batch_size=500)
    Deal.objects.bulk_update(changes.deals, DEAL_FIELDS, batch_size=500)


def _ends_of(spells: Iterable[DarkSpell]) -> Iterator[datetime]:
    """Yield the instants at which a sweep or a replay saw silences turn dark, or cease to be."""
    for spell in spells:
        yield spell.started_at
        if spell.ended_at:
            yield spell.ended_at


def _ended_first(rows: Sequence[Row]) -> list[list[Row]]:
    ended = [row for row in rows if row.ended_at]
    return [part for part in (ended, [row for row in rows if not row.ended_at]) if part]


def _compare_deal(deal: Deal, truth: Replayed, changes: Changes) -> None:
    said = (truth.stage, truth.outcome, truth.closed_at)
    if said != (deal.stage_id, deal.outcome, deal.closed_at):
        deal.stage_id, deal.outcome, deal.closed_at = said
        changes.deals.append(deal)
        changes.differing.add(deal.pk)


@dataclass
class _Comparison:
    """One deal's stored silences held against the true ones."""

    deal: Deal
    history: History
    now: datetime
    is_sweep: bool
    spells: dict[int, list[DarkSpell]]
    changes: Changes
    watch: Watch

    def run(self, stored: list[Silence], true: list[Stretch]) -> None:
        rows = _continued(stored, true)
        kept = {row.pk for row in rows if row is not None}
        self.differs(gone := [row.pk for row in stored if row.pk not in kept])
        self.changes.gone_silences.extend(gone)
        for row, stretch in zip(rows, true, strict=True):
            self.compare(row, stretch)

    def compare(self, row: Silence | None, stretch: Stretch) -> None:
        spells = list(stretch.spells)
        if spells and spells[-1].to is None and not (self.is_sweep or (row and row.dark_at)):
            spells.pop()  # due, but left to the sweep, so that no suggestion is missed
        said = self.values(stretch, spells)
        if row is None:
            row = Silence(deal_id=self.deal.pk, **said)
            self.changes.new_silences.append(row)
            self.differs([row])
        elif changed := {name for name, value in said.items() if getattr(row, name) != value}:
            for name in changed:
                setattr(row, name, said[name])
            self.changes.silences.append(row)
            self.changes.silence_fields |= changed
            self.differs([row])
        self.changes.news += self.watch.silence(row, stretch)
        self.compare_spells(row, stretch, spells)

    def values(self, stretch: Stretch, spells: Sequence[Spell]) -> dict[str, object]:
        """Return what the row of a silence says."""
        is_dark_now = bool(spells) and spells[-1].to is None
        return {
            "by": stretch.by,
            "opening": stretch.opening,
            "started_at": stretch.started_at,
            "stage_id": stretch.stage,
            "calendar_id": self.history.calendar(stretch.by, stretch.ended_at or self.now),
            "clock_from": stretch.clock_from,
            "held_until": stretch.held_until,
            "promised_at": stretch.promised_at,
            "dark_at": spells[-1].since if is_dark_now else None,
            "ended_at": stretch.ended_at,
            "ending": stretch.ending,
            "relit_at": stretch.relit_at,
            "attempts": len(stretch.attempts),
            "dark_attempts": len(stretch.dark_attempts),
            "attempted_at": stretch.attempts[-1] if stretch.attempts else None,
        }

    def compare_spells(self, row: Silence, stretch: Stretch, spells: Sequence[Spell]) -> None:
        """Bring the spells in line; one whose crossing stays keeps its particulars."""
        left = list(self.spells.get(row.pk, ())) if row.pk else []
        for spell in spells:
            known = next((old for old in left if _overlap(old, spell.since, spell.to)), None)
            stage = stretch.stage_at(spell.since)
            if known is None:
                known = self.new_spell(row, spell, stage)
                self.changes.new_spells.append(known)
                self.changes.crossings.append((self.deal, known))
                self.differs([spell])
                continue
            left.remove(known)
            if known.started_at != spell.since:
                self.changes.crossings.append((self.deal, known))
            if (known.started_at, known.ended_at, known.stage_id) != (spell.since, spell.to, stage):
                known.started_at, known.ended_at, known.stage_id = spell.since, spell.to, stage
                self.changes.spells.append(known)
                self.differs([spell])
        self.differs(left)
        self.changes.gone_spells.extend(old.pk for old in left)

    def new_spell(self, row: Silence, spell: Spell, stage: int) -> DarkSpell:
        return DarkSpell(
            silence=row,
            started_at=spell.since,
            ended_at=spell.to,
            stage_id=stage,
            recorded_at=self.now,
        )

    def differs(self, found: Sequence[object]) -> None:
        if found:
            self.changes.differing.add(self.deal.pk)


def _continued(stored: Sequence[Silence], true: Sequence[Stretch]) -> list[Silence | None]:
    """Return for each true silence the row that goes on as it, or None for a new one.

    The one with the same opening event, else the one it overlaps most.
    Source: SILENCE.md, "History".
    """
    left = {row.opening: row for row in stored}
    rows = [left.pop(stretch.opening, None) for stretch in true]
    shared = [
        (common, row.opening, place)
        for place, stretch in enumerate(true)
        if rows[place] is None
        for row in left.values()
        if row.by == stretch.by
        and (common := _common(row, stretch.started_at, stretch.ended_at)) > 0
    ]
    for _, opening, place in sorted(shared, reverse=True):
        if rows[place] is None and opening in left:
            rows[place] = left.pop(opening)
    return rows


def _common(row: Silence | DarkSpell, since: datetime, to: datetime | None) -> float:
    """Return how many seconds a row shares with a stretch of time."""
    shared = min(row.ended_at or FOR_EVER, to or FOR_EVER) - max(row.started_at, since)
    return shared.total_seconds()


def _overlap(row: DarkSpell, since: datetime, to: datetime | None) -> bool:
    return row.started_at == since or _common(row, since, to) > 0
