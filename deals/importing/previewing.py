"""The first rows of a file as they would come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from deals.importing.importer import READERS
from deals.importing.plans import Plan
from deals.importing.translating import Translator
from deals.importing.values import Reader, RefusalError

SHOWN = 5  # rows
LONGEST = 60  # characters of a cell


@dataclass(frozen=True)
class Previewed:
    """One row: what it would say in each field of the plan, or why it would be set aside."""

    line: int
    values: list[str]
    refusal: str = ""


def preview(plan: Plan, folder: Path, *, zone: ZoneInfo, now: datetime) -> list[Previewed]:
    """Return the first rows as a plan reads them. Raises ValueError for a file that it cannot read."""
    meaning = plan.meaning()
    translator = Translator(meaning.tables[0], meaning, folder / plan.file)
    reader = Reader(meaning.dates, zone, now, meaning.decimal, meaning.currency)
    found = []
    for row in islice(translator.rows(), SHOWN):
        if row.refusal:
            found.append(Previewed(row.line, [], row.refusal))
            continue
        try:
            said = translator.said(row.fields)
            if plan.kind == "touches":
                said["deal"] = said.get("deal") or said.get("deal_title") or said.get("email", "")
            read = READERS[plan.kind](said, reader)
        except RefusalError as refusal:
            found.append(Previewed(row.line, [], str(refusal)))
        else:
            values = [_shown(read, name, said.get(name, ""), zone) for name in plan.columns]
            found.append(Previewed(row.line, values))
    return found


def _shown(read: object, name: str, said: str, zone: ZoneInfo) -> str:
    """Return what a field would say; dates so that nobody can take the day for the month."""
    value = getattr(read, name, said)
    if name == "amount" and value is not None:
        return f"{value} {getattr(read, 'currency', '')}".strip()
    if isinstance(value, datetime):
        at = value.astimezone(zone)
        return f"{at.day} {at:%B %Y}" + (f" {at:%H:%M}" if (at.hour, at.minute) != (0, 0) else "")
    if name == "stage" and not value and (outcome := getattr(read, "outcome", "")):
        return f"{outcome}: the stage stays as it was"  # told by the stage
    text = str(value) if value not in (None, "") else ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
