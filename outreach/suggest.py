"""Queue suggestions for dark silences, and what a rep does with one.

A sweep looks only at what is due or has changed (decision 135). Queuing happens in the caller's
transaction, in a number of queries that does not grow with the silences; whoever acts locks the
silence first, as the sweep does.
Source: SILENCE.md, "What the sweep does".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from contacts.models import Contact, Fact
from deals.models import By, DarkSpell, Silence
from outreach import drafts, plays, settling, situations
from outreach.filing import file_stale
from outreach.lines import line_up
from outreach.models import Play, Suggestion
from outreach.people import Way
from outreach.plays import Choice
from outreach.situation import Situation
from outreach.situations import Known
from outreach.steps import Step, Steps, next_steps
from outreach.telling import tell_new

State = Suggestion.State
SPENT = (
    "All attempts of this stage are spent: choose to let go. If you want to write all the same, "
    "log the touch."
)
GONE = "This suggestion is no longer open. Look at the deal again: something has happened since."
ONLY_DRAFT = "There is no other draft for it. An admin can add one under Settings, Templates."


def for_silences(silences: Iterable[int], now: datetime, steps: Steps | None = None) -> int:
    """File what no longer holds; queue one for each dark silence by them that has no live one.

    Returns how many were queued. In the caller's transaction. Silences that somebody else holds
    are left to the next sweep; those whose next step is not due yet wait for it. `steps` spares
    reading the thresholds anew.
    """
    wanted = Silence.objects.filter(pk__in=list(silences)).order_by("pk")
    rows = list(wanted.select_for_update(skip_locked=True, no_key=True))
    if not rows:
        return 0
    filed = file_stale((row.pk for row in rows), now)
    spells = {row.silence_id: row for row in DarkSpell.objects.open().filter(silence__in=rows)}
    pending = Suggestion.objects.pending().filter(silence__in=rows)
    taken = set(pending.values_list("silence", flat=True))
    dark = {row.pk: row for row in rows if row.is_dark and row.by == By.THEM}
    idle = {pk: row for pk, row in dark.items() if pk not in taken and pk in spells}
    waits: dict[int, Step] = {}
    queued: list[Suggestion] = []
    if idle:
        steps = steps or Steps.at(now)
        waits = next_steps(idle.values())
        due = {pk: step for pk, step in waits.items() if steps.is_due(idle[pk], step)}
        waits = {pk: step for pk, step in waits.items() if pk not in due}
        queued = _queue([idle[pk] for pk in due], due, spells, steps)
    line_up(filed | {suggestion.contact_id for suggestion in queued})
    known = taken | {suggestion.silence_id for suggestion in queued} | set(waits)
    settling.settle([row for row in rows if row.pk not in dark or row.pk in known], waits)
    return len(queued)


def due(steps: Steps) -> Iterator[int]:
    """Yield the silences to look at: what changed on or around them, or their next step is due."""
    yield from Silence.objects.unsettled().order_by("pk").values_list("pk", flat=True)
    yield from steps.over()


def wake(now: datetime) -> None:
    """Bring back what was snoozed until now or earlier."""
    rested = Suggestion.objects.filter(state=State.SNOOZED, snoozed_until__lte=now)
    contacts = dict(rested.values_list("pk", "contact"))
    with transaction.atomic():
        rested.filter(pk__in=contacts).update(state=State.QUEUED, snoozed_until=None)
        line_up(contacts.values())


def done(suggestion: Suggestion, *, user: User | None, now: datetime, text: str = "") -> None:
    """Note that the rep did it: the next step waits for the stage's spacing.

    The personal fact that the draft names counts as used, unless it is not in the `text` that was
    sent, where that is known. Raises ValidationError where it is no longer open.
    """
    with transaction.atomic():
        _settle(suggestion, State.DONE, user=user, now=now)
        fact = drafts.fact_of(suggestion, text)
        if fact is not None:
            fact.last_used_at = now
            fact.save(update_fields=["last_used_at"])


def attempted(silence: Silence, *, user: User | None, now: datetime) -> None:
    """Count the pending suggestion of a silence as done, after an attempt was recorded on it."""
    pending = Suggestion.objects.pending().filter(silence=silence).order_by("pk")
    known = pending.select_related("deal__owner", "deal__company", "contact__company").first()
    if known is not None:
        done(known, user=user, now=now)


def redraft(suggestion: Suggestion) -> None:
    """Take the next of the drafts that there are for it, round and round.

    Raises ValidationError where there is no other, or it is no longer open.
    """
    with transaction.atomic():
        _lock(suggestion)
        if not Suggestion.objects.pending().filter(pk=suggestion.pk).exists():
            raise ValidationError(GONE, code="gone")
        others = drafts.render(suggestion).others
        if not others:
            raise ValidationError(ONLY_DRAFT, code="only")
        suggestion.variant = (suggestion.variant + 1) % (others + 1)
        suggestion.save(update_fields=["variant"])


def dismiss(suggestion: Suggestion, *, user: User, now: datetime) -> None:
    """Note that the rep does not want it: the step does not come back, the next one will.

    Raises ValidationError where it is no longer open.
    """
    _settle(suggestion, State.DISMISSED, user=user, now=now)


def snooze(suggestion: Suggestion, *, until: datetime, user: User, now: datetime) -> None:
    """Put a suggestion off until an instant to come.

    Raises ValidationError for a past one, and where the suggestion is no longer open.
    """
    if until <= now:
        raise ValidationError("Choose a time to come to be reminded at.", code="snooze")
    _settle(suggestion, State.SNOOZED, user=user, now=now, until=until)


@transaction.atomic
def undo(suggestion: Suggestion, *, now: datetime) -> None:
    """Take back that it was done, dismissed or snoozed; what was queued instead is withdrawn.

    Raises ValidationError where it was none of these.
    """
    _lock(suggestion)
    suggestion.refresh_from_db()
    if suggestion.state not in (State.DONE, State.DISMISSED, State.SNOOZED):
        raise ValidationError("There is nothing to take back on this suggestion.", code="undo")
    others = Suggestion.objects.pending().filter(silence=suggestion.silence_id)
    instead = others.exclude(pk=suggestion.pk)
    instead.update(state=State.WITHDRAWN, acted_at=now, after=None)
    used = Fact.objects.filter(contact=suggestion.contact_id, last_used_at=suggestion.acted_at)
    used.exclude(last_used_at=None).update(last_used_at=None)
    _move(suggestion, State.QUEUED, user=None, at=None)
    line_up([suggestion.contact_id])


@transaction.atomic
def replace(
    suggestion: Suggestion, *, play: str, contact: Contact, channel: str, user: User, now: datetime
) -> Suggestion:
    """Queue what the rep chose instead, for the same step; return the new suggestion.

    Raises ValidationError for a channel that the rules leave out (no usable address, opted out,
    a third attempt in a row), for anything but letting go where the attempts are spent, and where
    the suggestion is no longer open.
    """
    _settle(suggestion, State.REPLACED, user=user, now=now)
    situation = _situation(suggestion, now)
    if play != Play.LET_GO and situation.step > situation.attempts_allowed:
        raise ValidationError(SPENT, code="spent")
    way = _allowed(situation, contact, channel) if channel else None
    if way is None and play != Play.LET_GO:
        raise ValidationError("Choose a channel for it.", code="channel")
    chosen = Suggestion.objects.create(
        silence_id=suggestion.silence_id, spell_id=suggestion.spell_id, step=suggestion.step,
        deal_id=suggestion.deal_id, stage_id=suggestion.stage_id, owner_id=suggestion.owner_id,
        rank=suggestion.rank, rank_parts=suggestion.rank_parts,
        play=play, contact=contact, channel=channel,
        address_id=way.address if way else None, evidence=suggestion.evidence,
        reason=suggestion.reason, confidence=suggestion.confidence,
        reason_evidence=suggestion.reason_evidence, created_at=now,
    )  # fmt: skip
    tell_new([chosen], now)
    line_up([suggestion.contact_id, contact.pk])
    return chosen


def ways(suggestion: Suggestion, now: datetime) -> dict[int, list[Way]]:
    """Return by whom and how the rules let a rep go on instead: ways by contact, likeliest first."""
    return _ways(_situation(suggestion, now))


def _ways(situation: Situation) -> dict[int, list[Way]]:
    people = (situation.primary, *situation.others)
    return {person.contact: open_ for person in people if (open_ := situation.ways_to(person))}


def _queue(
    rows: list[Silence], due: Mapping[int, Step], spells: Mapping[int, DarkSpell], steps: Steps
) -> list[Suggestion]:
    """Choose a play for each silence whose next step is due and insert them together."""
    if not rows:
        return []
    known = situations.load(rows, due, steps)
    chosen = [(row, plays.choose(known[row.pk].situation)) for row in rows]
    queued = [
        _new(row, choice, known[row.pk], spells[row.pk], steps.now)
        for row, choice in chosen
        if choice is not None
    ]
    written = Suggestion.objects.bulk_create(queued, batch_size=500)
    tell_new(written, steps.now)
    return written


def _new(
    silence: Silence, choice: Choice, known: Known, spell: DarkSpell, now: datetime
) -> Suggestion:
    guess = known.situation.diagnosis
    return Suggestion(
        silence=silence, spell=spell, step=known.situation.step,
        deal_id=silence.deal_id,
        stage_id=silence.stage_id, owner_id=known.owner, rank=known.rank.value,
        rank_parts=known.rank.parts, play=choice.play,
        contact_id=choice.contact, channel=choice.channel, address_id=choice.address,
        lacks=choice.lacks, evidence=list(choice.evidence), reason=guess.reason,
        confidence=guess.confidence, reason_evidence=list(guess.evidence), created_at=now,
    )  # fmt: skip


def _lock(suggestion: Suggestion) -> None:
    """Lock the silence, as whoever writes what a suggestion depends on does: by a write."""
    Silence.objects.filter(pk=suggestion.silence_id).update(is_settled=False)


@transaction.atomic
def _settle(
    suggestion: Suggestion,
    state: Suggestion.State,
    *,
    user: User | None,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Move a pending suggestion to a state, once; raise ValidationError where it is not pending."""
    _lock(suggestion)
    if not Suggestion.objects.pending().filter(pk=suggestion.pk).exists():
        raise ValidationError(GONE, code="gone")
    _move(suggestion, state, user=user, at=now, until=until)
    line_up([suggestion.contact_id])


def _move(
    suggestion: Suggestion,
    state: Suggestion.State,
    *,
    user: User | None,
    at: datetime | None,
    until: datetime | None = None,
) -> None:
    suggestion.state, suggestion.acted_at, suggestion.acted_by = state, at, user
    suggestion.snoozed_until, suggestion.after = until, None
    suggestion.save(update_fields=["state", "acted_at", "acted_by", "snoozed_until", "after"])


def _allowed(situation: Situation, contact: Contact, channel: str) -> Way:
    """Return the way that a rep may take to a contact; raise ValidationError where there is none."""
    for way in _ways(situation).get(contact.pk, ()):
        if way.channel == channel:
            return way
    raise ValidationError(
        "They cannot be reached that way: there is no address that works and may be used, or the "
        "last two attempts already went there. Choose another channel, or add an address.",
        code="channel",
    )


def _situation(suggestion: Suggestion, now: datetime) -> Situation:
    silence, step = suggestion.silence, Step(suggestion.step)
    return situations.load([silence], {silence.pk: step}, Steps.at(now))[silence.pk].situation
