"""What an import did to which rows, written down with them, so that it can be undone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from accounts.models import Team, User
from contacts.models import Address, Company, Contact, OptOut
from deals.models import (
    Deal,
    ImportedRow,
    OutcomeEntry,
    Pipeline,
    Stage,
    StageEntry,
    Touch,
)

MODELS: dict[str, type[Model]] = {
    "deal": Deal, "touch": Touch, "entry": StageEntry, "outcome": OutcomeEntry,
    "contact": Contact, "company": Company, "address": Address, "opt_out": OptOut, "user": User,
    "team": Team, "stage": Stage, "pipeline": Pipeline,
}  # fmt: skip
# What a person may change of a row; what a replay repeats on a deal is its history's.
FACTS: dict[str, tuple[str, ...]] = {
    "deal": (
        "title", "owner_id", "company_id", "amount", "currency", "wanted", "next_step", "link",
        "opened_at",
    ),
    "touch": (
        "deal_id", "contact_id", "user_id", "channel", "direction", "occurred_at", "turn",
        "is_heard", "is_delivered", "subject", "note", "deleted_at",
    ),
    "entry": ("deal_id", "stage_id", "occurred_at", "turn"),
    "outcome": ("deal_id", "outcome", "is_let_go", "occurred_at", "reason", "look_again_on"),
    "contact": (
        "first_name", "last_name", "kind", "company_id", "job_title", "language", "time_zone",
        "city", "country", "note", "owner_id", "erased_at",
    ),
    "company": ("name", "domain", "sector", "country", "note", "owner_id"),
    "address": ("contact_id", "channel", "value", "consent", "health", "is_preferred"),
    "opt_out": ("contact_id", "channel", "occurred_at", "lifted_at"),
    "user": ("name", "email", "role", "team_id", "is_active"),
    "team": ("name",),
    "stage": ("name", "pipeline_id", "chance"),
    "pipeline": ("name", "kind"),
}  # fmt: skip
BATCH = 1000


@dataclass
class Record:
    """What one batch does, kept until it is written beside it; without a run nothing is kept."""

    run_id: int | None = None
    rows: list[ImportedRow] = field(default_factory=list)

    def made(self, kind: str, rows: Iterable[Model]) -> None:
        """Note rows that the import made."""
        self.rows += [self._row(kind, row, None) for row in rows] if self.run_id else []

    def changed(self, kind: str, row: Model, before: Mapping[str, object]) -> None:
        """Note a row that it changed, as it is now, with what the changed fields said before."""
        if self.run_id and row.pk:
            self.rows.append(self._row(kind, row, before))

    def gone(self, kind: str, row: Model) -> None:
        """Note a row that it is about to take away, with all that it says."""
        if self.run_id:
            names = [each.attname for each in row._meta.concrete_fields]  # noqa: SLF001
            whole = {name: getattr(row, name) for name in names}
            self.rows.append(self._row(kind, row, whole))
            self.rows[-1].is_gone = True

    def _row(self, kind: str, row: Model, before: Mapping[str, object] | None) -> ImportedRow:
        said = None if before is None else {name: told(value) for name, value in before.items()}
        assert self.run_id is not None
        return ImportedRow(
            run_id=self.run_id, kind=kind, row_id=row.pk, before=said, mark=mark(kind, row)
        )

    def save(self) -> None:
        """Write it down, in the caller's transaction."""
        ImportedRow.objects.bulk_create(self.rows, batch_size=BATCH)
        self.rows = []


def mark(kind: str, row: Any) -> str:
    """Return a digest of a row's facts: another one means that somebody worked on it."""
    facts = [told(getattr(row, name)) for name in FACTS[kind]]
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=8).hexdigest()


def told(value: object) -> object:
    """Return a value as JSON has it, the same whether it was just made or read from the database."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
