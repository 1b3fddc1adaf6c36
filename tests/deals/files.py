"""Files as people hand them in, and how tests import them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from deals.importing.importer import Clock, Import, Order
from deals.importing.staging import Staging
from tests.cast import day

DEALS = ("deal", "owner", "amount", "currency", "opened_at", "outcome", "closed_at")
TOUCHES = ("deal", "touch", "occurred_at", "direction", "channel", "by", "note")
STAGES = ("deal", "stage", "entered_at")
LATER = day(30)


def write_csv(path: Path, headings: Sequence[str], *rows: Sequence[object]) -> Path:
    """Write a CSV file; instants as ISO 8601."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        for row in rows:
            writer.writerow([c.isoformat() if isinstance(c, datetime) else c for c in row])
    return path


def loan_folder(folder: Path) -> Path:
    """Write two loans: one that waits since day 1, one that was won on day 6 after a reply."""
    write_csv(
        folder / "deals.csv", DEALS,
        ("L1", "Otto", "5000", "EUR", day(0), "open", ""),
        ("L2", "Ines", "1200.50", "EUR", day(0), "won", day(6)),
    )  # fmt: skip
    write_csv(
        folder / "touches.csv", TOUCHES,
        ("L1", "L1-1", day(0), "inbound", "web", "", "applied"),
        ("L1", "L1-2", day(1), "outbound", "letter", "Otto", "sent an offer"),
        ("L2", "L2-1", day(1), "outbound", "phone", "Ines", "called"),
        ("L2", "L2-2", day(5), "inbound", "email", "", "sent it back"),
    )  # fmt: skip
    write_csv(
        folder / "stages.csv", STAGES,
        ("L1", "Application", day(0)),
        ("L1", "Offer", day(1)),
        ("L2", "Application", day(0)),
    )  # fmt: skip
    return folder


def bring(
    path: Path,
    *,
    now: datetime = LATER,
    writes: bool = True,
    clock: Clock | None = None,
    **said: str,
) -> Import:
    """Import a file or folder as of `now`; its counts are in `counts`."""
    work = Import(Order.of(path, **{"mapping": "native", **said}), Staging(), now)
    work.lay_out()
    work.counts = work.run(writes=writes, clock=clock)
    return work


def counts(
    created: int = 0, updated: int = 0, unchanged: int = 0, rejected: int = 0
) -> dict[str, int]:
    return {
        "created": created, "updated": updated, "unchanged": unchanged, "rejected": rejected,
    }  # fmt: skip


def reasons(work: Import) -> list[tuple[str, int, str]]:
    """Return file, line and reason of each row that was set aside."""
    return [(row.file, row.line, row.reason) for row in work.staging.rejected()]
