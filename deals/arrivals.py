"""Touches as they arrive: new ones are written, known ones corrected, and nothing comes twice.

A touch is known by its `source` and `external_id`. Source: SILENCE.md, "History".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.db.models import Q

from deals.models import Deal, Direction, Hold, Promise, Touch, Turn
from deals.replay import lock

TOLD = (
    "deal_id", "contact_id", "user_id", "channel", "direction", "occurred_at", "turn",
    "is_heard", "is_delivered", "subject", "note",
)  # fmt: skip
FILLED_IN = ("contact_id", "turn")  # where a touch does not say them, a known one keeps its own
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a touch that arrived, and the row that stands for it.

    `was` is what the row said until then in the fields that were corrected.
    """

    touch: Touch
    fate: Literal["created", "updated", "unchanged"]
    was: dict[str, object] = field(default_factory=dict)


def turn_left(direction: str, *, needs_answer: bool = True) -> Turn:
    """Return the turn that a touch leaves unless somebody says otherwise (rule 1)."""
    if not needs_answer:
        return Turn.UNCHANGED
    return Turn.THEIRS if direction == Direction.OUTBOUND else Turn.OURS


def take_in(
    touches: Sequence[Touch],
    *,
    now: datetime,
    told: Collection[str] = TOLD,
    each: Sequence[Collection[str]] = (),
) -> tuple[list[Recorded], set[int]]:
    """Record touches and leave the replay of the deals returned to the caller's transaction.

    `told` names what the source says, or `each` what it says of each touch: in the rest a known
    one stays as it is; with nothing told, known ones stay wholly.
    """
    known = _locked(touches)
    arrivals = list(_arrivals(touches, known, now, each or [told] * len(touches)))
    new = [recorded.touch for recorded, _ in arrivals if recorded.fate == "created"]
    corrected = [(recorded.touch, changed) for recorded, changed in arrivals if changed]
    return [recorded for recorded, _ in arrivals], _write(new, corrected)


def _locked(touches: Sequence[Touch]) -> dict[tuple[str, str], Touch]:
    """Lock the deals of touches, and those where they stand now; return the rows that stand.

    Read again after each lock: while we waited for it, somebody may have moved one elsewhere.
    """
    held = {touch.deal_id for touch in touches}
    lock(held)
    known = _known(touches)
    while elsewhere := {row.deal_id for row in known.values()} - held:
        lock(elsewhere)
        held |= elsewhere
        known = _known(touches)
    return known


def foresee(
    touches: Sequence[Touch], *, now: datetime, told: Collection[str] = TOLD
) -> list[Recorded]:
    """Return what would become of touches that arrived, writing nothing."""
    each = [told] * len(touches)
    return [recorded for recorded, _ in _arrivals(touches, _known(touches), now, each)]


def _arrivals(
    touches: Iterable[Touch],
    known: dict[tuple[str, str], Touch],
    now: datetime,
    each: Iterable[Collection[str]],
) -> Iterator[tuple[Recorded, dict[str, object]]]:
    """Yield each touch's fate, with what it says otherwise than the row that stands for it."""
    for touch, told in zip(touches, each, strict=True):
        said = set(told) - {name for name in FILLED_IN if not getattr(touch, name)}
        _complete(touch, now)
        key = (touch.source, touch.external_id)
        if key not in known:
            known[key] = touch
            yield Recorded(touch, "created"), {}
        elif changed := _correction(known[key], touch, said):
            was = {name: getattr(known[key], name) for name in changed}
            yield Recorded(known[key], "updated", was), changed
        else:
            yield Recorded(known[key], "unchanged"), {}


def _known(touches: Sequence[Touch]) -> dict[tuple[str, str], Touch]:
    """Return the rows that stand already for touches of these sources and ids."""
    by_source: dict[str, list[str]] = {}
    for touch in touches:
        by_source.setdefault(touch.source, []).append(touch.external_id)
    known = {}
    for source, ids in by_source.items():
        for start in range(0, len(ids), BATCH):  # databases take only so many values at once
            rows = Touch.objects.filter(source=source, external_id__in=ids[start : start + BATCH])
            known.update({(source, row.external_id): row for row in rows})
    return known


def _complete(touch: Touch, now: datetime) -> None:
    """Fill in what follows from the rest: the person heard, the turn left, the moment recorded."""
    touch.recorded_at = now
    if touch.contact_id is None:
        touch.contact_id = touch.deal.contact_id
    if not touch.turn:
        touch.turn = turn_left(touch.direction)


def _correction(row: Touch, touch: Touch, told: Collection[str]) -> dict[str, object]:
    """Return what a repeated arrival says otherwise than the row.

    Another direction brings its own turn, another deal its own person, said or not.
    """
    names = set(told)
    if told and row.direction != touch.direction:
        names.add("turn")
    if told and row.deal_id != touch.deal_id:
        names.add("contact_id")
    return {
        name: getattr(touch, name)
        for name in names
        if row is not touch and getattr(row, name) != getattr(touch, name)
    }


def _write(new: Sequence[Touch], corrected: Sequence[tuple[Touch, dict[str, object]]]) -> set[int]:
    """Write touches and return the deals whose silences they may change."""
    before = affected_by(known for known, _ in corrected) if corrected else set()
    for known, changed in corrected:
        for name, value in changed.items():
            setattr(known, name, value)
    unsaved = [known for known, _ in corrected if known.pk]
    Touch.objects.bulk_create(new, batch_size=BATCH)
    Touch.objects.bulk_update(unsaved, TOLD, batch_size=200)
    bring_promises(unsaved)
    return before | affected_by([*new, *(known for known, _ in corrected)])


def bring_promises(touches: Sequence[Touch]) -> None:
    """Let the promises that were made in corrected touches go where and when those went."""
    for made in Promise.objects.filter(touch__in=touches).select_related("touch"):
        if made.touch is not None and made.touch.occurred_at < made.due_at:
            made.deal_id, made.made_at = made.touch.deal_id, made.touch.occurred_at
            made.save(update_fields=["deal", "made_at"])


def affected_by(touches: Iterable[Touch]) -> set[int]:
    """Return the deals whose silences depend on touches: their own, and where one ends an absence."""
    touches = list(touches)
    deals = {touch.deal_id for touch in touches}
    people = {touch.contact_id for touch in touches if touch.direction != Direction.OUTBOUND}
    away = Hold.objects.filter(contact__in=people).values("contact")
    led = Q(participations__is_primary=True, participations__contact__in=away)
    others = set(Deal.objects.filter(led).values_list("pk", flat=True)) - deals
    lock(others)
    return deals | others
