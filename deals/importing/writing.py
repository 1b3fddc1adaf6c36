"""Write what a batch of an import changes, and what was done to which rows."""

from __future__ import annotations

from collections.abc import Sequence

from deals import arrivals, particulars
from deals.arrivals import Recorded
from deals.importing.changes import DEAL_FIELDS, ENTRY_FIELDS, OUTCOME_FIELDS, Changes
from deals.importing.record import Record
from deals.models import Deal, OutcomeEntry, StageEntry
from deals.replay import replay

BATCH = 500


def write(changes: Changes, record: Record) -> list[Recorded]:
    """Write it all and replay each deal once; return what became of the touches."""
    changes.meet_own_touches()
    for entry in changes.gone_entries.values():
        record.gone("entry", entry)
    Deal.objects.bulk_update(changes.deals, DEAL_FIELDS, batch_size=BATCH)
    StageEntry.objects.filter(pk__in=list(changes.gone_entries)).delete()
    StageEntry.objects.bulk_create(changes.new_entries, batch_size=BATCH)
    StageEntry.objects.bulk_update(changes.entries, ENTRY_FIELDS, batch_size=BATCH)
    OutcomeEntry.objects.bulk_create(changes.new_outcomes, batch_size=BATCH)
    OutcomeEntry.objects.bulk_update(changes.outcomes, OUTCOME_FIELDS, batch_size=BATCH)
    recorded, affected = arrivals.take_in(changes.touches, now=changes.now, told=changes.told)
    _tell(changes, record, recorded)
    particulars.note((deal.pk for deal in changes.known.deals.values()), changes.now)
    replay(changes.moved | affected, changes.now)
    return recorded


def _tell(changes: Changes, record: Record, recorded: Sequence[Recorded]) -> None:
    """Write down what was done to which rows."""
    for deal in changes.deals:
        record.changed("deal", deal, changes.before[deal.pk])
    record.made("entry", changes.new_entries)
    record.made("outcome", changes.new_outcomes)
    for kind, rows in (("entry", changes.entries), ("outcome", changes.outcomes)):
        for row in rows:
            record.changed(kind, row, changes.entry_before[kind, row.pk])
    record.made("touch", [each.touch for each in recorded if each.fate == "created"])
    for each in recorded:
        if each.fate == "updated":
            record.changed("touch", each.touch, each.was)
