"""All that a stage's threshold is set from: its curve, its segments, an advice, and what-ifs.

Read once for a page; whatever threshold is then tried costs no query. What is shown of silences
is of all deals, as the threshold is everybody's. Source: docs/thresholds.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from accounts.models import Workspace
from deals import comparing, curves, segments
from deals.advice import FEW, Advice, advise
from deals.curves import Waits
from deals.models import Silence, Stage
from deals.reply_times import Watched
from deals.segments import PARTINGS, Segment
from deals.spans import Span
from deals.stops import stops
from deals.survival import Bools, Table
from deals.whatif import MONTH, WhatIf, Would

MONTHS = 12  # a year: every season counts once
EVER = 600  # fifty years: all there is, for a history that was brought in from long ago


@dataclass(frozen=True)
class Part:
    """The silences of one segment."""

    segment: Segment
    waits: Waits


@dataclass(frozen=True)
class Parting:
    """One way to part a stage's silences, and whether the parts answer differently for certain.

    `chance` is how likely they would differ as much if they all answered alike, corrected for
    the partings that were asked at once; None where a part is too small to ask.
    """

    name: str
    parts: Sequence[Part]
    chance: float | None

    @property
    def differs(self) -> bool:
        """Whether it is to be shown: no chance find, and the bands part somewhere."""
        if self.chance is None or self.chance >= comparing.SURE:
            return False
        return comparing.bands_part([part.waits.table for part in self.parts])


@dataclass(frozen=True)
class Studio:
    """One stage's last months: `waits` of all its silences, `partings` of them, `whatif`.

    `share` is what waiting as long again must win to be worth it, from 0 to 1.
    """

    stage: Stage
    waits: Waits
    partings: Sequence[Parting]
    whatif: WhatIf
    share: float

    @property
    def current(self) -> Span:
        """The threshold in force."""
        return self.waits.span

    @property
    def telling(self) -> list[Parting]:
        """The partings that are to be shown."""
        return [parting for parting in self.partings if parting.differs]

    @cached_property
    def stops(self) -> list[tuple[Span, timedelta]]:
        """Where the threshold can be dragged to, on the clock in force, with the lengths."""
        return stops(is_working=self.current.is_working, day=self.waits.day)

    @cached_property
    def advice(self) -> Advice:
        """Which threshold the history of all silences speaks for."""
        return self.advice_of(self.waits)

    def advice_of(self, waits: Waits) -> Advice:
        """Return which threshold the history of some silences speaks for."""
        seconds = [(span, length.total_seconds()) for span, length in self.stops]
        return advise(waits.table, seconds, self.share)

    def would(self, span: Span, segment: Segment | None = None) -> Would:
        """Return what a threshold would have done, to all or to a segment."""
        return self.whatif.within(segment).would(span, self.current)


def customary_months(stage: Stage, now: datetime) -> int:
    """Return over how many months to look unless told: a year, or ever where all is older."""
    every = Silence.objects.by_them().filter(stage=stage)
    is_told = every.filter(started_at__gte=now - MONTHS * MONTH).exists()
    return MONTHS if is_told or not every.exists() else EVER


def read(stage: Stage, now: datetime, months: int = MONTHS) -> Studio:
    """Read a stage that has a threshold, as of `now`: a fixed number of queries, but for holds."""
    began = Silence.objects.filter(stage=stage, started_at__gte=now - months * MONTH)
    every = [segment for parting in PARTINGS.values() for segment in parting]

    def part(found: Watched) -> list[Bools]:
        traits = segments.of_deals(began.by_them(), found.deals)
        return [traits.among(segment) for segment in every]

    waits, *others = curves.of_parts(stage, began, now, part)
    known = dict(zip(every, others, strict=True))
    return Studio(
        stage, waits, _partings(known), WhatIf.of(stage.pk, now, months),
        Workspace.current().worth_waiting / 100,
    )  # fmt: skip


def _partings(known: dict[Segment, Waits]) -> list[Parting]:
    """Ask which partings tell something, correcting for how many could be asked."""
    tables = {name: [known[each].table for each in parts] for name, parts in PARTINGS.items()}
    asked = [name for name, parts in tables.items() if all(map(_is_enough, parts))]
    chances = comparing.holm([comparing.log_rank(tables[name]) for name in asked])
    corrected = dict(zip(asked, chances, strict=True))
    return [
        Parting(name, [Part(each, known[each]) for each in parts], corrected.get(name))
        for name, parts in PARTINGS.items()
    ]


def _is_enough(table: Table) -> bool:
    return bool(table.times.size) and int(table.at_risk[0]) >= FEW
