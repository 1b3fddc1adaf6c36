"""The figures of the report counted anew: row by row, in plain Python, by docs/figures.md alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from deals.figures import Figure
from deals.models import Deal, OutcomeEntry, Silence, StageEntry
from deals.scopes import INSTANT, Scope

Row = tuple[Any, ...]


def recounted(scope: Scope) -> dict[Figure, list[Row]]:
    """Return what each figure counts: (at, deal, stage, owner, amount, currency, kind, business)."""
    found: dict[Figure, list[Row]] = {figure: [] for figure in Figure}
    for deal in Deal.objects.all():
        for figure, at, instant, stage in _of_deal(deal, scope):
            facts = _stood(deal, instant)
            row = (at, deal.pk, stage, *facts)
            if _is_asked_for(row, scope):
                found[figure].append(row)
    return {figure: sorted(rows, key=str) for figure, rows in found.items()}


def _of_deal(deal: Deal, scope: Scope) -> Iterator[tuple[Figure, datetime, datetime, int]]:
    """Yield (figure, at, the instant of the crossing or what stands in, stage)."""
    for silence in Silence.objects.filter(deal=deal):
        spells = list(silence.spells.order_by("started_at"))
        yield from _of_a_moment(silence, spells, scope)
        crossed = [spell for spell in spells if _within(spell.started_at, scope)]
        for spell in crossed:
            if silence.by in ("them", "us"):
                figure = Figure.WENT_DARK if silence.by == "them" else Figure.WE_WENT_QUIET
                yield figure, spell.started_at, spell.started_at, spell.stage_id
        yield from _waiting(silence, spells, scope)
        if silence.by == "them":
            yield from _ending(silence, spells, scope)
    yield from _closings(deal, scope)


def _of_a_moment(silence: Silence, spells: list[Any], scope: Scope) -> Iterator[Any]:
    at = scope.as_of
    if not _lasts(silence, at):
        return
    dark = [spell for spell in spells if _lasts(spell, at)]
    instant = dark[0].started_at if dark else at
    stage = dark[0].stage_id if dark else _stage_at(silence.deal_id, at)
    yield Figure.OPEN, silence.started_at, instant, stage
    if dark and silence.by == "them":
        yield Figure.DARK_NOW, silence.started_at, instant, stage


def _waiting(silence: Silence, spells: list[Any], scope: Scope) -> Iterator[Any]:
    figures = {
        "them": (Figure.WAITED, Figure.CROSSED),
        "us": (Figure.OWED, Figure.OWED_LONG),
    }.get(silence.by)
    crossed = [spell for spell in spells if _within(spell.started_at, scope)]
    last = min(silence.ended_at or scope.until, scope.until - INSTANT)
    if figures and (crossed or _waited(silence, spells, scope)):
        instant = crossed[0].started_at if crossed else last
        stage = crossed[0].stage_id if crossed else _stage_at(silence.deal_id, last)
        for figure in figures if crossed else figures[:1]:
            yield figure, silence.started_at, instant, stage


def _ending(silence: Silence, spells: list[Any], scope: Scope) -> Iterator[Any]:
    ending = [spell for spell in spells if silence.ended_at and spell.ended_at == silence.ended_at]
    instant = ending[0].started_at if ending else silence.ended_at
    stage = ending[0].stage_id if ending else silence.stage_id
    if silence.relit_at and _within(silence.relit_at, scope):
        yield Figure.RELIT, silence.relit_at, instant, stage
    if silence.ended_at and _within(silence.ended_at, scope):
        if silence.ending == "let_go":
            yield Figure.LET_GO, silence.ended_at, instant, stage
        if ending:
            yield Figure.ENDED_DARK, silence.ended_at, instant, stage
            if silence.ending == "replied":
                yield Figure.CAME_BACK, silence.ended_at, instant, stage


def _waited(silence: Silence, spells: list[Any], scope: Scope) -> bool:
    """Whether a silence lasted at an instant of the period at which it was not dark: look at each."""
    begin = max(silence.started_at, scope.since)
    end = min(silence.ended_at or scope.until, scope.until)
    changes = {begin, *(at for spell in spells for at in (spell.started_at, spell.ended_at) if at)}
    moments = [at for at in changes if begin <= at < end]
    return any(not any(_lasts(spell, at) for spell in spells) for at in moments)


def _closings(deal: Deal, scope: Scope) -> Iterator[Any]:
    for entry in OutcomeEntry.objects.filter(deal=deal, outcome__in=["won", "lost"]):
        if not _within(entry.occurred_at, scope):
            continue
        spells = [
            spell
            for silence in Silence.objects.filter(deal=deal, by="them")
            for spell in silence.spells.all()
            if spell.started_at <= entry.occurred_at
        ]
        if spells:
            last = max(spells, key=lambda spell: spell.started_at)
            yield Figure(entry.outcome), entry.occurred_at, last.started_at, last.stage_id


def _stood(deal: Deal, at: datetime) -> Row:
    """Return whose a deal was at an instant, worth what, with whom: the last word up to it."""
    words = list(deal.particulars.order_by("pk"))
    row = [words[0], *(word for word in words[1:] if word.since <= at)][-1]
    return (row.owner_id, row.amount, row.currency, row.kind, row.is_business)


def _stage_at(deal: int, at: datetime) -> int:
    entries = list(
        StageEntry.objects.filter(deal=deal).order_by("occurred_at", "source", "external_id")
    )
    return [entries[0], *(entry for entry in entries if entry.occurred_at <= at)][-1].stage_id


def _lasts(row: Any, at: datetime) -> bool:
    return row.started_at <= at and (row.ended_at is None or at < row.ended_at)


def _within(at: datetime, scope: Scope) -> bool:
    return scope.period.since <= at < scope.period.until and at <= scope.as_of


def _is_asked_for(row: Row, scope: Scope) -> bool:
    _, _, stage, owner, _, _, kind, is_business = row
    return (
        (scope.stage is None or stage == scope.stage.pk)
        and (scope.owner is None or owner == scope.owner.pk)
        and (scope.kind or kind) == kind
        and (not scope.business or (scope.business == "b2b") == is_business)
    )
