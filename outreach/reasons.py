"""What a rep says of why somebody is silent: it wins over the guess, and the suggestion follows.

Everything happens under the lock of the silence, as for whoever writes what a suggestion rests on.
Source: SILENCE.md, "Why they are silent (diagnosis)".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from deals.models import Silence
from outreach import plays, situations
from outreach.lines import line_up
from outreach.models import Reason, ReasonEntry, Suggestion
from outreach.plays import Choice
from outreach.steps import Step, Steps
from outreach.suggest import GONE

REASON_FIELDS = ("reason", "confidence", "reason_evidence")
PLAY_FIELDS = ("play", "contact_id", "channel", "address_id", "lacks", "evidence")


@transaction.atomic
def say(suggestion: Suggestion, reason: Reason, *, user: User, now: datetime) -> str:
    """Note the reason of a suggestion's silence, beside what was guessed; return what was said before.

    Raises ValidationError where the suggestion is no longer open.
    """
    [silence] = _locked([suggestion.silence_id])
    pending = Suggestion.objects.pending().filter(pk=suggestion.pk).first()
    if pending is None:
        raise ValidationError(GONE, code="gone")
    known = ReasonEntry.objects.filter(silence=silence).first()
    before = known.said if known else ""
    entry = known or ReasonEntry(
        silence=silence, guessed=pending.reason, confidence=pending.confidence
    )
    entry.said, entry.user, entry.said_at = reason, user, now
    entry.save()
    renew([silence], now)
    return before


@transaction.atomic
def take_back(silence: Silence, before: str, *, now: datetime) -> bool:
    """Let a rep have said what they said before, or nothing where that is ""; tell if it changed."""
    rows = _locked([silence.pk])
    entries = ReasonEntry.objects.filter(silence=silence).exclude(said=before)
    changed = entries.update(said=before) if before else entries.delete()[0]
    renew(rows, now)
    return bool(changed)


@transaction.atomic
def observed(deal: int, now: datetime) -> None:
    """Let the suggestion of a deal follow what was just noted about it."""
    open_ones = Silence.objects.open().filter(deal=deal)
    renew(_locked(open_ones.values_list("pk", flat=True)), now)


def renew(silences: Iterable[Silence], now: datetime) -> None:
    """Choose anew for the pending suggestions of locked silences, in the caller's transaction.

    A play that a rep chose stays; only its reason follows.
    """
    rows = {silence.pk: silence for silence in silences if silence.is_dark}
    pending = list(Suggestion.objects.pending().filter(silence__in=rows).order_by("pk"))
    if not pending:
        return
    steps = Steps.at(now)
    due = {row.silence_id: Step(row.step) for row in pending}
    known = situations.load([rows[pk] for pk in due], due, steps)
    before = {row.contact_id for row in pending}
    chosen_by_hand = _chosen_by_hand(pending)
    for row in pending:
        situation = known[row.silence_id].situation
        row.reason, row.confidence, evidence = situation.diagnosis
        row.reason_evidence = list(evidence)
        choice = None if row.pk in chosen_by_hand else plays.choose(situation)
        row.save(update_fields=[*REASON_FIELDS, *(_follow(row, choice) if choice else ())])
    line_up(before | {row.contact_id for row in pending})


def _follow(row: Suggestion, choice: Choice) -> tuple[str, ...]:
    """Take over a choice; return the columns that it is about."""
    row.play, row.channel, row.lacks = choice.play, choice.channel, choice.lacks
    row.contact_id, row.address_id = choice.contact, choice.address
    row.evidence = list(choice.evidence)
    return PLAY_FIELDS


def _chosen_by_hand(pending: Iterable[Suggestion]) -> set[int]:
    """Return those in whose place something else was suggested for the same step."""
    rows = list(pending)
    replaced = Suggestion.objects.filter(
        silence__in=[row.silence_id for row in rows], state=Suggestion.State.REPLACED
    )
    taken = set(replaced.values_list("silence_id", "step"))
    return {row.pk for row in rows if (row.silence_id, row.step) in taken}


def _locked(silences: Iterable[int]) -> list[Silence]:
    rows = Silence.objects.filter(pk__in=list(silences)).order_by("pk")
    return list(rows.select_for_update(no_key=True))
