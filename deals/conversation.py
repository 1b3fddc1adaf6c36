"""Record, correct and delete what was said: the doors through which a history changes.

Every door is one transaction: lock the deals concerned, write the dated row, replay.
What arrives is compared in `deals.arrivals`; stage moves and outcomes are in `deals.course`,
people in `deals.people`, calendars in `deals.calendars`.
Source: SILENCE.md, "History" and "Whose turn"; docs/architecture.md, "The heart".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from deals.arrivals import TOLD, Recorded, affected_by, bring_promises, take_in, turn_left
from deals.models import Deal, Direction, Hold, Promise, Touch, Turn
from deals.replay import lock, replay
from deals.silence import UNDATED_ABSENCE

CLOCK_SKEW = timedelta(minutes=5)  # SILENCE.md, "Whose turn", rule 8


def not_in_the_future(at: datetime, now: datetime) -> datetime:
    """Return an instant that somebody named, or `now` if it is ahead by clock skew only.

    Raises ValidationError for what is further ahead. Source: SILENCE.md, rule 8.
    """
    if at > now + CLOCK_SKEW:
        raise ValidationError(
            "That is in the future. Touches are what has happened: for a meeting to come, "
            "pause the deal until it is over.",
            code="future",
        )
    return min(at, now)


@transaction.atomic
def record(
    deal: Deal,
    touch: Touch,
    *,
    now: datetime,
    promised_at: datetime | None = None,
    told: Collection[str] = TOLD,
) -> Recorded:
    """Record one touch on a deal, and the date they named if they promised one.

    The same `source` and `external_id` again corrects what is `told`, or changes nothing.
    Raises ValidationError for a date in the future.
    """
    touch.deal = deal
    touch.occurred_at = not_in_the_future(touch.occurred_at, now)
    [recorded] = record_many([touch], now=now, each=[told])
    return recorded if promised_at is None else _promised(recorded, promised_at, now)


def _promised(recorded: Recorded, due_at: datetime, now: datetime) -> Recorded:
    """Note the date named in a touch; of a known touch, correct the promise made in it.

    A known touch makes none anew: somebody may have taken it back.
    """
    touch = recorded.touch
    if due_at <= touch.occurred_at:
        raise ValidationError("The promised date must be after the touch itself.", code="promise")
    if recorded.fate == "created":
        promise(touch.deal, made_at=touch.occurred_at, due_at=due_at, now=now, touch=touch)
        return recorded
    made = touch.promises.exclude(due_at=due_at).first()
    if made is None:
        return recorded
    deals = {made.deal_id, touch.deal_id}
    lock(deals)
    made.deal_id, made.made_at, made.due_at = touch.deal_id, touch.occurred_at, due_at
    made.save(update_fields=["deal", "made_at", "due_at"])
    replay(deals, now)
    return replace(recorded, fate="updated")


@transaction.atomic
def record_many(
    touches: Sequence[Touch], *, now: datetime, each: Sequence[Collection[str]] = ()
) -> list[Recorded]:
    """Record touches that arrived together, in any order and with repetitions.

    The deals' silences are in line when the transaction ends. A touch that was deleted stays
    deleted, however often it arrives. `each` names what is told of each, unless all is.
    """
    recorded, affected = take_in(touches, now=now, each=each)
    replay(affected, now)
    return recorded


@transaction.atomic
def correct(touch: Touch, *, now: datetime, **changes: object) -> None:
    """Change what a touch says (its date, turn, direction, …) and replay.

    A new direction brings its own turn unless `changes` names one.
    Raises ValidationError for a date in the future.
    """
    lock([touch.deal_id])
    before = affected_by([touch])
    if changes.get("direction", touch.direction) != touch.direction:
        changes = {"turn": turn_left(str(changes["direction"])), **changes}
    for name, value in changes.items():
        setattr(touch, name, value)
    touch.occurred_at = not_in_the_future(touch.occurred_at, now)
    lock({touch.deal_id} - before)
    touch.save(update_fields=list(changes))
    bring_promises([touch])
    replay(before | affected_by([touch]), now)


def delete(touch: Touch, *, now: datetime) -> None:
    """Take a touch out of the history; `restore` takes that back."""
    correct(touch, now=now, deleted_at=now)


def restore(touch: Touch, *, now: datetime) -> None:
    """Take a deletion back."""
    correct(touch, now=now, deleted_at=None)


@transaction.atomic
def promise(
    deal: Deal,
    *,
    made_at: datetime,
    due_at: datetime,
    now: datetime,
    touch: Touch | None = None,
    **fields: object,
) -> Promise:
    """Note that they will come back on a date: it replaces the threshold from `made_at` on."""
    if due_at <= made_at:
        raise ValidationError("The promised date must be in the future.", code="promise")
    lock([deal.pk])
    made = Promise.objects.create(deal=deal, touch=touch, made_at=made_at, due_at=due_at, **fields)
    replay([deal.pk], now)
    return made


def hold(held: Hold, *, now: datetime) -> Hold:
    """Stop the clock of one deal, or of all deals that a contact leads while they are away."""
    hold_many([held], now=now)
    return held


@transaction.atomic
def hold_many(holds: Sequence[Hold], *, now: datetime) -> None:
    """Stop several clocks at once, with one replay."""
    if any(held.ends_at is not None and held.ends_at <= held.starts_at for held in holds):
        raise ValidationError("The pause must end after it starts.", code="hold")
    deals = {deal for held in holds for deal in deals_of_hold(held)}
    lock(deals)
    for held in holds:
        held.save()
    replay(deals, now)


def release(held: Hold | Promise, *, now: datetime) -> None:
    """Take a hold or a promise back as if it had never been made."""
    release_many([held], now=now)


@transaction.atomic
def release_many(holds: Sequence[Hold | Promise], *, now: datetime) -> None:
    """Take several back at once, with one replay."""
    deals: set[int] = set()
    for held in holds:
        deals.update(deals_of_hold(held) if isinstance(held, Hold) else [held.deal_id])
    lock(deals)
    for held in holds:
        held.delete()
    replay(deals, now)


@transaction.atomic
def end_hold(held: Hold, *, now: datetime) -> None:
    """End a hold now; what it held so far stays held, and one that is over stays as it was."""
    if (held.ends_at or held.starts_at + UNDATED_ABSENCE) <= now:
        return
    deals = deals_of_hold(held)
    lock(deals)
    if held.starts_at >= now:
        held.delete()
    else:
        held.ends_at = now
        held.save(update_fields=["ends_at"])
    replay(deals, now)


def deals_of_hold(held: Hold) -> list[int]:
    """Return the deals whose clock a hold stops."""
    if held.deal_id is not None:
        return [held.deal_id]
    led = Deal.objects.filter(
        participations__is_primary=True, participations__contact=held.contact_id
    )
    return list(led.values_list("pk", flat=True).distinct())


@transaction.atomic
def meeting_took_place(held: Hold, *, now: datetime, user_id: int | None = None) -> Touch:
    """Say that a meeting whose time is over took place: it becomes a two-way touch at its end."""
    assert held.deal is not None
    assert held.ends_at is not None
    held.took_place = True
    held.save(update_fields=["took_place"])
    touch = Touch(
        channel="meeting", direction=Direction.TWO_WAY, occurred_at=held.ends_at,
        turn=Turn.OURS, user_id=user_id, note=held.note,
        source="meeting", external_id=str(held.pk),
    )  # fmt: skip
    told = record(held.deal, touch, now=now).touch
    if told.deleted_at is not None:  # taken back, and now said again by a person
        restore(told, now=now)
    return told


def meeting_failed(held: Hold) -> None:
    """Say that a meeting did not take place: nobody was heard, and what it held stays held."""
    held.took_place = False
    held.save(update_fields=["took_place"])
