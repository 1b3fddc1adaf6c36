"""Taking an import back: what it made goes, what it corrected says again what it said before.

Unless somebody worked on it since: then it stays, and the run tells so with the reason. A deal
is one thing: where it stays, all that came with it stays. Batch by batch, each a transaction
that also forgets what it has undone, so that a worker that dies costs one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from contacts.models import Address, OptOut
from deals import particulars
from deals.arrivals import affected_by
from deals.importing.importer import breathe
from deals.importing.record import MODELS, mark
from deals.importing.worked import worked_on
from deals.models import Deal, ImportedRow, ImportRun, OutcomeEntry, StageEntry, Touch
from deals.people import deals_around, deals_with
from deals.replay import lock, replay

UNDO_DAYS = 30  # afterwards too much has grown on top of it
BATCH = 200
FORGOTTEN_AT_ONCE = 500
MOST_TOLD = 100  # rows that stayed, named one by one
State = ImportRun.State
# First what hangs on deals, then the deals, then what deals hang on.
HISTORY: dict[str, type[Touch | OutcomeEntry | StageEntry]] = {
    "touch": Touch,
    "outcome": OutcomeEntry,
    "entry": StageEntry,
}
ORDER = (
    "deal", "entry", "outcome", "touch", "opt_out", "address", "contact", "company", "stage",
    "pipeline", "user", "team",
)  # fmt: skip


def may_undo(run: ImportRun, now: datetime) -> bool:
    """Whether an import can be taken back: it wrote something, and not too long ago."""
    is_over = run.state in (State.DONE, State.CANCELLED, State.FAILED)
    is_recent = run.finished_at is not None and now - run.finished_at <= timedelta(days=UNDO_DAYS)
    return is_over and is_recent and run.imported.exists()


def begin(run: ImportRun, now: datetime) -> bool:
    """Let the worker take an import back; False if it cannot be, or somebody else said so already."""
    if not may_undo(run, now):
        return False
    waiting = ImportRun.objects.filter(pk=run.pk, state=run.state)
    total = run.imported.count()
    return bool(
        waiting.update(state=State.UNDO, deals_done=0, deals_total=total, kept=[], finished_at=None)
    )


def forget(now: datetime) -> int:
    """Forget what old imports did to which rows, some at a time: they are not undone any more."""
    old = ImportRun.objects.filter(finished_at__lt=now - timedelta(days=UNDO_DAYS))
    rows = ImportedRow.objects.filter(run__in=old).order_by("pk").values_list("pk", flat=True)
    return ImportedRow.objects.filter(pk__in=list(rows[:FORGOTTEN_AT_ONCE])).delete()[0]


@dataclass
class Undo:
    """One worker at an undo."""

    run_id: int
    now: datetime
    kept: list[dict[str, str]] = field(default_factory=list)

    def step(self) -> bool:
        """Take the next batch back; return whether there may be more."""
        with transaction.atomic():
            rows = ImportRun.objects.select_for_update(no_key=True, of=("self",))
            run = rows.filter(pk=self.run_id, state=State.UNDO).first()
            if run is None:
                return False
            batch = self._next(run)
            if not batch:
                run.state, run.finished_at = State.UNDONE, self.now
                run.save(update_fields=["state", "finished_at"])
                return False
            self.kept = []
            done = self._take_back(run, batch)
            ImportedRow.objects.filter(run=run, pk__in=done).delete()
            run.deals_done = run.deals_total - run.imported.count()
            run.kept = _told([*run.kept, *self.kept])
            run.save(update_fields=["deals_done", "kept"])
        breathe(writes=True)
        return True

    def _next(self, run: ImportRun) -> list[ImportedRow]:
        """Return the next rows of one kind and one fate: rows of deals made here come first."""
        for kind in ORDER:
            rows = run.imported.filter(kind=kind).order_by("pk")
            fates = (
                rows.filter(is_gone=True),  # back first: a deal is never without a stage entry
                rows.filter(before__isnull=True),
                rows.filter(is_gone=False, before__isnull=False),
            )
            for fate in fates:
                if batch := list(fate[:BATCH]):
                    return batch
        return []

    def _take_back(self, run: ImportRun, batch: Sequence[ImportedRow]) -> list[int]:
        """Undo rows of one kind and fate; return which records are done with."""
        kind, first = batch[0].kind, batch[0]
        model = MODELS[kind]
        ids = [row.row_id for row in batch]
        done = [row.pk for row in batch]
        if kind in ("deal", *HISTORY):
            lock(_deals_of(kind, ids, batch))
        elif kind in ("contact", "address", "opt_out"):
            lock(_deals_around(kind, ids))
        here: dict[int, Any] = model._default_manager.in_bulk(ids)  # noqa: SLF001
        if first.is_gone:
            self._bring_back(model, batch, here)
        elif first.before is not None:
            self._restore(kind, batch, here)
        elif kind == "deal":
            done += self._remove_deals(run, batch, here)
        else:
            self._remove(kind, batch, here)
        return done

    def _bring_back(
        self, model: Any, batch: Sequence[ImportedRow], here: Mapping[int, Any]
    ) -> None:
        back = [_as_it_was(model, row.before or {}) for row in batch if row.row_id not in here]
        deals = set(
            Deal.objects.filter(pk__in=[row.deal_id for row in back]).values_list("pk", flat=True)
        )
        model.objects.bulk_create(row for row in back if row.deal_id in deals)
        replay(deals, self.now)

    def _restore(self, kind: str, batch: Sequence[ImportedRow], here: Mapping[int, Any]) -> None:
        """Let corrected rows say again what they said; who changed since stays."""
        deals: set[int] = set()
        for row in batch:
            known = here.get(row.row_id)
            if known is None:
                continue
            if mark(kind, known) != row.mark:
                self._keep(kind, known, "it was changed since")
                continue
            deals |= _concerned(kind, known)
            for name, value in (row.before or {}).items():
                setattr(known, name, _python(known, name, value))
            known.save(update_fields=list(row.before or {}))
            deals |= _concerned(kind, known)
            if kind == "touch":
                deals |= affected_by([known])
        if kind == "contact":
            particulars.note_led_by(here, self.now)
        self._replay(deals)

    def _remove_deals(
        self, run: ImportRun, batch: Sequence[ImportedRow], here: Mapping[int, Any]
    ) -> list[int]:
        """Remove whole deals; return the records of all that came with them, removed or kept."""
        marks = {row.row_id: row.mark for row in batch}
        deals = list(here.values())
        with_them = {
            kind: list(model.objects.filter(deal__in=deals).values_list("pk", flat=True))
            for kind, model in HISTORY.items()
        }
        records = _records(run, with_them)
        why = worked_on(Deal, deals)
        why |= {
            deal.pk: "it was edited since" for deal in deals if mark("deal", deal) != marks[deal.pk]
        }
        why |= _histories_touched(deals, records)
        for deal in deals:
            if deal.pk in why:
                self._keep("deal", deal, why[deal.pk])
        gone = [deal.pk for deal in deals if deal.pk not in why]
        elsewhere = affected_by(Touch.objects.filter(deal__in=gone)) - set(gone)
        Deal.objects.filter(pk__in=gone).delete()
        self._replay(elsewhere)
        return [row.pk for row in records]

    def _remove(self, kind: str, batch: Sequence[ImportedRow], here: Mapping[int, Any]) -> None:
        """Remove rows that nobody touched and nothing rests on."""
        model: Any = MODELS[kind]
        marks = {row.row_id: row.mark for row in batch}
        rows = list(here.values())
        why = {row.pk: "it was changed since" for row in rows if mark(kind, row) != marks[row.pk]}
        why |= worked_on(model, rows)
        deals: set[int] = set()
        gone = []
        for row in rows:
            if row.pk in why:
                self._keep(kind, row, why[row.pk])
            else:
                gone.append(row)
        for row in gone:
            deals |= _concerned(kind, row)
        if kind == "touch":
            deals |= affected_by(gone)
        model._default_manager.filter(pk__in=[row.pk for row in gone]).delete()  # noqa: SLF001
        self._replay(deals)

    def _replay(self, deals: Iterable[int]) -> None:
        known = set(Deal.objects.filter(pk__in=list(deals)).values_list("pk", flat=True))
        if known:
            lock(known)
            particulars.note(known, self.now)
            replay(known, self.now)

    def _keep(self, kind: str, row: Any, why: str) -> None:
        """Tell that something stayed. What only rests on a kept deal needs no line of its own."""
        if kind in TOLD and why:
            self.kept.append({"kind": TOLD[kind], "name": str(row), "why": why})


TOLD = {
    "deal": "Deal", "touch": "Touch", "entry": "Stage entry", "outcome": "Outcome",
    "contact": "Contact", "company": "Company", "user": "User", "pipeline": "Pipeline",
}  # fmt: skip


def _told(kept: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the first of those that stayed, and how many more there are."""
    more = sum(int(line.get("more", 0)) for line in kept)
    lines = [line for line in kept if "more" not in line]
    more += len(lines[MOST_TOLD:])
    return [*lines[:MOST_TOLD], *([{"more": str(more)}] if more else [])]


def _records(run: ImportRun, ids: Mapping[str, Sequence[int]]) -> list[ImportedRow]:
    found: list[ImportedRow] = []
    for kind, rows in ids.items():
        for start in range(0, len(rows), 500):  # databases take only so many values at once
            found += run.imported.filter(kind=kind, row_id__in=rows[start : start + 500])
    return found


def _histories_touched(deals: Sequence[Deal], records: Sequence[ImportedRow]) -> dict[int, str]:
    """Return the deals whose history somebody added to or corrected since, with what."""
    marks = {(row.kind, row.row_id): row.mark for row in records}
    says = {"touch": "a touch", "entry": "a stage entry", "outcome": "an outcome"}
    why: dict[int, str] = {}
    for kind, model in HISTORY.items():
        rows: Iterable[Any] = model.objects.filter(deal__in=deals)
        for row in rows:
            if (kind, row.pk) not in marks:
                why[row.deal_id] = f"{says[kind]} was recorded on it since"
            elif marks[kind, row.pk] != mark(kind, row):
                why.setdefault(row.deal_id, f"{says[kind]} of it was corrected since")
    return why


def _deals_of(kind: str, ids: Sequence[int], batch: Sequence[ImportedRow]) -> set[int]:
    if kind == "deal":
        return set(ids)
    model: Any = HISTORY[kind]
    before = {int(row.before["deal_id"]) for row in batch if row.before and "deal_id" in row.before}
    return before | set(model.objects.filter(pk__in=ids).values_list("deal_id", flat=True))


def _deals_around(kind: str, ids: Sequence[int]) -> set[int]:
    """Return the deals whose suggestion may rest on contacts, or on what is known of them."""
    if kind == "contact":
        return deals_around(ids)
    known: dict[str, type[Address | OptOut]] = {"address": Address, "opt_out": OptOut}
    return deals_around(known[kind].objects.filter(pk__in=ids).values_list("contact", flat=True))


def _concerned(kind: str, row: Any) -> set[int]:
    """Return the deals whose silences follow from a row."""
    if kind in HISTORY:
        return {row.deal_id}
    if kind == "deal":
        return {row.pk}
    return set(deals_with(row.contact)) if isinstance(row, OptOut) else set()


def _as_it_was(model: Any, said: Mapping[str, Any]) -> Any:
    row = model()
    for name, value in said.items():
        setattr(row, name, _python(row, name, value))
    return row


def _python(row: models.Model, name: str, value: Any) -> Any:
    """Return a value as the column has it."""
    columns = {each.attname: each for each in row._meta.concrete_fields}  # noqa: SLF001
    column = columns[name]
    return value if column.is_relation else column.to_python(value)  # an id is a number
