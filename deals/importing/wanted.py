"""Which stages the rows of an import need: those that rows name which will be written."""

from __future__ import annotations

from collections.abc import Iterator

from deals.importing.known import Known
from deals.importing.place import Place
from deals.importing.staging import StagedDeal, Staging

BATCH = 500
Named = tuple[str, str]  # a pipeline, "" for the import's own, and a stage, "" for its first


def stages(staging: Staging, place: Place, *, skips_known: bool) -> set[Named]:
    """Return the named stages that are missing and needed.

    The deals are gone through only where a stage is missing, and until each of those is needed.
    """
    missing = {
        (pipeline, stage)
        for pipeline, stage in [*staging.stages(), *staging.stages_of_deals()]
        if not place.of(pipeline).has(stage)
    }
    found: set[Named] = set()
    after = 0
    while missing - found and (batch := staging.batch(after, BATCH, with_touches=False)):
        known = Known.of(batch, place.source)
        for staged in batch:
            found |= missing & set(_needed(staged, known, skips_known=skips_known))
        after = batch[-1].id
    return found


def _needed(staged: StagedDeal, known: Known, *, skips_known: bool) -> Iterator[Named]:
    """Yield the stages that a deal's rows would enter; a known one stays where it is called so."""
    deal = known.deals.get(staged.key)
    if deal is None and staged.row is None:
        return  # its rows are set aside
    for entry in staged.entries:
        old = known.entries.get(entry.row.key)
        stays = old and known.is_called(old.stage_id, entry.row.stage, entry.row.pipeline)
        if not (old and (stays or skips_known)):
            yield staged.pipeline_of(entry), entry.row.stage
    row = staged.row
    if row is None or staged.entries:
        return  # entries tell better where it stands
    if deal is None or not (
        skips_known or not row.stage or known.is_called(deal.stage_id, row.stage, row.pipeline)
    ):
        yield row.pipeline, row.stage
