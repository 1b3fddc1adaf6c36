"""By which ids rows are known again: those of other programs, and our own in an export of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from django.db.models import Q

from accounts.models import Sourced
from deals.importing.staging import StagedDeal
from deals.models import Deal, OutcomeEntry, Stage, StageEntry

HAND = Sourced.HAND
OWN = re.compile(r"[0-9a-f]{32}")  # what `accounts.models.new_external_id` makes
Pair = tuple[str, str]  # source and id in it
Row = TypeVar("Row", bound=Sourced)


def known_as(row: Sourced, *, source: str = "") -> str:
    """Return the id by which an export names a row, so that an import here finds it again.

    What came by hand has a random one of its own, and what came from `source` (where the export
    would be imported) the one of the other program; any other has its source before it.
    """
    is_plain = row.source in (HAND, source)
    return row.external_id if is_plain else f"{row.source}:{row.external_id}"


def may_be_ours(key: str) -> bool:
    """Whether a key looks like one that an export of ours gave, so that asking is worth it."""
    return ":" in key or OWN.fullmatch(key) is not None


def found(model: type[Row], keys: Iterable[str], source: str) -> dict[str, Row]:
    """Return the rows of a model that keys of a file mean: of that source first, else our own."""
    meant: dict[Pair, str] = {}
    for key in keys:
        for pair in _pairs(key, source):
            meant.setdefault(pair, key)
    by_source: dict[str, list[str]] = {}
    for said, external_id in meant:
        by_source.setdefault(said, []).append(external_id)
    asked = Q(pk__in=())
    for said, ids in by_source.items():
        asked |= Q(source=said, external_id__in=ids)
    rows = list(model._default_manager.filter(asked)) if meant else []  # noqa: SLF001
    rows.sort(key=lambda row: row.source == source)  # the last one wins
    return {meant[row.source, row.external_id]: row for row in rows}


def _pairs(key: str, source: str) -> Iterator[Pair]:
    """Yield what a key can mean."""
    yield source, key
    if OWN.fullmatch(key):
        yield HAND, key
    for place, sign in enumerate(key):
        if sign == ":" and 0 < place <= 60:
            yield key[:place], key[place + 1 :]


@dataclass
class Known:
    """What the database knows of a batch of deals already, by the ids of the files."""

    deals: dict[str, Deal]
    entries: dict[str, StageEntry]
    outcomes: dict[str, OutcomeEntry]
    last_stage: dict[int, int]
    stages: dict[int, tuple[str, str]]  # of all pipelines: name in lower case, and pipeline

    @classmethod
    def of(cls, batch: Sequence[StagedDeal], source: str) -> Self:
        deals = found(Deal, (staged.key for staged in batch), source)
        pks = [deal.pk for deal in deals.values()]
        entries = StageEntry.objects.filter(deal__in=pks).order_by("occurred_at", "pk")
        outcomes = OutcomeEntry.objects.filter(source=source, deal__in=pks)
        stages = Stage.objects.order_by().values_list("pk", "name", "pipeline__name")
        return cls(
            deals,
            {known_as(entry): entry for entry in entries}
            | {known_as(entry, source=source): entry for entry in entries},
            {entry.external_id: entry for entry in outcomes},
            {entry.deal_id: entry.stage_id for entry in entries if entry.source == source},
            {pk: (name.casefold(), pipeline) for pk, name, pipeline in stages},
        )

    def is_called(self, stage_id: int, name: str, pipeline: str = "") -> bool:
        """Whether a stage has that name, in the pipeline that is told; "" is whatever one."""
        called, where = self.stages.get(stage_id, ("", ""))
        return called == name.casefold() and pipeline in ("", where)
