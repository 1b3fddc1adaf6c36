"""Let a deal go: with a closing note or without, for now or for good, and take that back.

The note follows the let-go: a mail is a touch when the server has accepted it, and what was sent
by hand is dated after it too. So the note neither reopens the deal nor begins a silence, and it
is no attempt. Source: SILENCE.md, "Whose turn", rules 5 and 7; decision 082.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from contacts.models import Address, Channel, Contact
from deals import conversation, course
from deals.models import DarkSpell, Deal, Direction, Outcome, OutcomeEntry, Touch, Turn
from deals.replay import replay
from outreach import deliveries, suggest
from outreach.models import Delivery, Play, Suggestion
from outreach.models.suggestions import USABLE, opted_out

# A note asks nothing, so it is written where it can be.
WRITTEN = (
    Channel.EMAIL, Channel.SMS, Channel.CHAT, Channel.SOCIAL, Channel.LETTER, Channel.PHONE,
    Channel.MEETING, Channel.WEB, Channel.OTHER,
)  # fmt: skip
OVER = (Delivery.State.CANCELLED, Delivery.State.FAILED)
MOMENT = timedelta(
    microseconds=1
)  # by which a let-go comes before the note that was logged with it


@dataclass(frozen=True, slots=True)
class Terms:
    """How a deal is let go: to rest until a day or for ever, or lost, and why."""

    outcome: Outcome = Outcome.RESTING
    look_again_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A closing note: mailed from here, or else sent by hand and logged."""

    address: Address
    body: str
    subject: str = ""
    is_mailed: bool = False


@dataclass(frozen=True, slots=True)
class LetGo:
    """What letting go wrote."""

    entry: OutcomeEntry
    suggestion: Suggestion | None = None
    delivery: Delivery | None = None
    touch: Touch | None = None

    @property
    def traces(self) -> str:
        """Name what is to be taken back besides the entry: a suggestion, a mail, a touch."""
        rows = (self.suggestion, self.delivery, self.touch)
        return ":".join(str(row.pk) if row else "" for row in rows)


@transaction.atomic
def let_go(
    deal: Deal, terms: Terms, note: Note | None, *, user: User, now: datetime
) -> LetGo:  # fmt: skip
    """Stop trying on a deal; what was suggested counts as done where it was to let go.

    Raises ValidationError where the day to look again is not to come, or the note cannot be sent.
    """
    suggestion = suggested(deal)
    is_logged = note is not None and not note.is_mailed
    entry = course.let_go(
        deal, now=now, at=now - MOMENT if is_logged else now, outcome=terms.outcome,
        look_again_on=terms.look_again_on, reason=terms.reason, user=user,
    )  # fmt: skip
    if note is not None and note.is_mailed:
        mail = deliveries.order(
            deal, note.address.contact, note.address, note.subject, note.body,
            user=user, now=now, suggestion=suggestion,
        )  # fmt: skip
        return LetGo(entry, suggestion, mail)
    if suggestion is not None:
        suggest.done(suggestion, user=user, now=now)
    touch = _logged(deal, note, user, now) if note is not None else None
    return LetGo(entry, suggestion, touch=touch)


@transaction.atomic
def take_back(entry: OutcomeEntry, traces: str, *, now: datetime) -> str:
    """Take a let-go back, and its note if that still waits; return what to say of the note."""
    suggestion, mail, touch = (int(pk) if pk else None for pk in traces.split(":"))
    course.undo(entry, now=now)
    _resume(suggestion, entry.deal_id, now)
    if mail is None and touch is None:
        _reopen(suggestion, now)
    if touch is not None:
        return "The closing note that you logged stays in the thread."
    if mail is None:
        return ""
    return _cancelled(Delivery.objects.get(pk=mail), now)


def _cancelled(mail: Delivery, now: datetime) -> str:
    if mail.state in OVER:
        return "The closing note did not go out."
    try:
        deliveries.cancel(mail, now)
    except ValidationError:
        return "The closing note has gone out already."
    return "The closing note does not go out."


def suggested(deal: Deal) -> Suggestion | None:
    """Return the pending suggestion to let a deal go, None where there is none."""
    pending = Suggestion.objects.pending().filter(deal=deal, play=Play.LET_GO)
    known = pending.filter(silence__ended_at=None).select_related("address", "contact", "silence")
    return known.order_by("pk").first()


def ways(contact: Contact, first: Address | None) -> list[Address]:
    """Return by what a closing note may reach a contact: `first`, then what one writes, then calls."""
    usable = Address.objects.filter(USABLE, contact=contact)
    allowed = usable.exclude(opted_out("contact", "channel")).select_related("contact")
    return sorted(allowed, key=lambda way: (way != first, WRITTEN.index(way.channel)))


def as_suggestion(deal: Deal, address: Address) -> Suggestion:
    """Return a suggestion to let a deal go by an address, unsaved, for its words."""
    known = suggested(deal)
    silence = known.silence if known else deal.silences.open().first()
    reason = {"reason": known.reason} if known else {}
    return Suggestion(
        silence=silence, deal=deal, stage=deal.stage, owner=deal.owner, play=Play.LET_GO,
        contact=address.contact, channel=address.channel, address=address, **reason,
    )  # fmt: skip


def _logged(deal: Deal, note: Note, user: User, now: datetime) -> Touch:
    touch = Touch(
        channel=note.address.channel, direction=Direction.OUTBOUND, turn=Turn.THEIRS,
        occurred_at=now, contact=note.address.contact, address=note.address, user=user,
        subject=note.subject, note=note.body,
    )  # fmt: skip
    return conversation.record(deal, touch, now=now).touch


def _resume(suggestion: int | None, deal: int, now: datetime) -> None:
    """Mark the silence that goes on dark again; the suggestion rests on the spell that this opens."""
    replay([deal], now, is_sweep=True)
    if suggestion is None:
        return
    spell = DarkSpell.objects.open().filter(silence__deal=deal).first()
    Suggestion.objects.filter(pk=suggestion, silence__ended_at=None).update(spell=spell)


def _reopen(suggestion: int | None, now: datetime) -> None:
    if suggestion is None:
        return
    done = Suggestion.objects.filter(pk=suggestion, state=Suggestion.State.DONE)
    if (known := done.filter(silence__ended_at=None).first()) is not None:
        suggest.undo(known, now=now)
