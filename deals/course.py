"""Where a deal goes: opening, stage moves, winning, losing, letting go, reopening, undo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from deals import particulars
from deals.conversation import not_in_the_future
from deals.models import (
    Deal,
    Outcome,
    OutcomeEntry,
    Participation,
    Pipeline,
    Stage,
    StageEntry,
    Threshold,
    Turn,
)
from deals.replay import lock, replay


def turn_on_entry(stage: Stage) -> Turn:
    """Return the turn that entering a stage presets (`on_entry` of its latest threshold)."""
    latest = Threshold.objects.filter(stage=stage).order_by("-pk").first()
    return Turn(latest.on_entry) if latest else Turn.UNCHANGED


@transaction.atomic
def open_deal(
    deal: Deal, *, now: datetime, user: User | None = None, turn: Turn | None = None
) -> Deal:
    """Save a new deal with its primary contact and its first stage entry.

    `turn` is what the entry makes it; None takes the stage's preset.
    Raises ValidationError for an opening in the future.
    """
    deal.opened_at = not_in_the_future(deal.opened_at, now)
    deal.save()
    Participation.objects.create(
        deal=deal, contact=deal.contact, is_primary=True, joined_at=deal.opened_at
    )
    StageEntry.objects.create(
        deal=deal,
        stage=deal.stage,
        occurred_at=deal.opened_at,
        turn=turn_on_entry(deal.stage) if turn is None else turn,
        user=user,
    )
    particulars.note([deal.pk], now)
    replay([deal.pk], now)
    return deal


@transaction.atomic
def enter_stage(
    deal: Deal,
    stage: Stage,
    *,
    turn: Turn,
    now: datetime,
    at: datetime | None = None,
    user: User | None = None,
) -> StageEntry:
    """Move a deal to a stage; the entry gives the turn or leaves it as it was (rule 4)."""
    lock([deal.pk])
    entry = StageEntry.objects.create(
        deal=deal, stage=stage, turn=turn, user=user, occurred_at=not_in_the_future(at or now, now)
    )
    replay([deal.pk], now)
    deal.refresh_from_db()
    return entry


@transaction.atomic
def close(
    deal: Deal,
    outcome: Outcome,
    *,
    now: datetime,
    at: datetime | None = None,
    reason: str = "",
    user: User | None = None,
) -> OutcomeEntry:
    """Win, lose or archive a deal: its open silence ends as closed."""
    entry = OutcomeEntry(
        deal=deal, outcome=outcome, occurred_at=not_in_the_future(at or now, now),
        reason=reason, user=user,
    )  # fmt: skip
    return _settle(deal, entry, now)


@transaction.atomic
def let_go(
    deal: Deal,
    *,
    now: datetime,
    at: datetime | None = None,
    outcome: Outcome = Outcome.RESTING,
    look_again_on: date | None = None,
    reason: str = "",
    user: User | None = None,
) -> OutcomeEntry:
    """Stop trying, politely: rest the deal until a day to look again, or lose it for good.

    Raises ValidationError as `let_go_many` does.
    """
    [entry] = let_go_many(
        [deal], now=now, at=at, outcome=outcome, look_again_on=look_again_on, reason=reason,
        user=user,
    )  # fmt: skip
    deal.refresh_from_db()
    return entry


@transaction.atomic
def let_go_many(
    deals: Sequence[Deal],
    *,
    now: datetime,
    at: datetime | None = None,
    outcome: Outcome = Outcome.RESTING,
    look_again_on: date | None = None,
    reason: str = "",
    user: User | None = None,
) -> list[OutcomeEntry]:
    """Let several deals go at once, with one replay; the deals at hand are not read anew.

    Raises ValidationError when the day to look again is not to come where whoever says it is.
    """
    if look_again_on is not None and look_again_on <= timezone.localtime(now).date():
        raise ValidationError("Choose a day to come for the next look.", code="look_again")
    instant = not_in_the_future(at or now, now)
    entries = [
        OutcomeEntry(
            deal=deal, outcome=outcome, is_let_go=True, occurred_at=instant,
            look_again_on=look_again_on, reason=reason, user=user,
        )
        for deal in deals
    ]  # fmt: skip
    _write(entries, now)
    return entries


@transaction.atomic
def reopen(
    deal: Deal, *, now: datetime, at: datetime | None = None, user: User | None = None
) -> OutcomeEntry:
    """Work on a closed or resting deal again: ended silences stay, the turn is ours (rule 7)."""
    entry = OutcomeEntry(
        deal=deal, outcome=Outcome.OPEN, occurred_at=not_in_the_future(at or now, now), user=user
    )
    return _settle(deal, entry, now)


def _settle(deal: Deal, entry: OutcomeEntry, now: datetime) -> OutcomeEntry:
    _write([entry], now)
    deal.refresh_from_db()
    return entry


def _write(entries: Sequence[OutcomeEntry], now: datetime) -> None:
    deals = [entry.deal_id for entry in entries]
    lock(deals)
    for entry in entries:
        entry.save()
    replay(deals, now)


def undo(entry: OutcomeEntry | StageEntry, *, now: datetime) -> None:
    """Take a closing, let-go, reopening or stage move back as if it had never been (rule 7)."""
    undo_many([entry], now=now)


@transaction.atomic
def undo_many(entries: Sequence[OutcomeEntry | StageEntry], *, now: datetime) -> None:
    """Take several back at once, with one replay."""
    deals = [entry.deal_id for entry in entries]
    lock(deals)
    for entry in entries:
        if isinstance(entry, StageEntry) and entry.deal.stage_entries.count() == 1:
            raise ValidationError("A deal needs a stage: its first entry stays.", code="first")
        entry.delete()
    replay(deals, now)


def onboarding_stage() -> Stage | None:
    """Return where a won deal of new business goes on: the first stage of the customers' pipeline."""
    return (
        Stage.objects.filter(pipeline__kind=Pipeline.Kind.CUSTOMERS)
        .order_by("pipeline__position", "position")
        .first()
    )


def offers_onboarding(deal: Deal) -> bool:
    """Whether winning this deal offers an Onboarding deal. Source: SILENCE.md, "Defaults"."""
    return (
        deal.outcome == Outcome.WON
        and deal.stage.pipeline.kind == Pipeline.Kind.PROSPECTS
        and onboarding_stage() is not None
    )


@transaction.atomic
def open_onboarding(deal: Deal, *, now: datetime, user: User | None = None) -> Deal:
    """Open the Onboarding deal of a won one: same contact, company, owner and currency."""
    stage = onboarding_stage()
    if stage is None:
        raise ValidationError("There is no customers’ pipeline. Make one in the settings first.")
    lock([*deal.contact.led_deals.values_list("pk", flat=True), deal.pk])  # two at once open one
    deal.contact.kind = deal.contact.Kind.CUSTOMER
    deal.contact.save(update_fields=["kind"])
    particulars.note_led_by([deal.contact_id], now)
    onboarding = Deal(
        title=deal.title, stage=stage, contact=deal.contact, company=deal.company,
        owner=deal.owner, currency=deal.currency, wanted=deal.wanted, opened_at=now,
        source="onboarding", external_id=str(deal.pk),
    )  # fmt: skip
    known = Deal.objects.filter(source="onboarding", external_id=str(deal.pk)).first()
    return known or open_deal(onboarding, now=now, user=user)
