"""The mails of a deal as people read them: what to send, what is on its way, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.numbers import row_number
from contacts.models import Address, Channel
from deals.models import Deal
from outreach import drafts
from outreach.deliveries import UNDO_WINDOW
from outreach.drafts import Draft
from outreach.models import Delivery, Suggestion

State = Delivery.State
SHOWN = 20  # mails on a deal's page
ASKS = (State.QUEUED, State.SENDING, State.UNKNOWN)
GIVEN_BACK = (State.CANCELLED, State.FAILED)
WRONG = (State.FAILED, State.BOUNCED)


@dataclass(frozen=True, slots=True)
class Letter:
    """What to send for a suggestion, and to which address."""

    to: Address
    subject: str
    body: str


def letter(
    suggestion: Suggestion | None, draft: Draft | None, mails: Sequence[Delivery]
) -> Letter | None:
    """Return the mail that a suggestion asks for, in the rep's own words where it was written before."""
    if suggestion is None or draft is None or suggestion.channel != Channel.EMAIL:
        return None
    if suggestion.address is None:
        return None
    for latest in mails[:1]:
        if latest.suggestion_id == suggestion.pk and latest.state in GIVEN_BACK:
            return Letter(suggestion.address, latest.subject, latest.body)
    return Letter(suggestion.address, draft.subject, draft.body)


def recent(deal: Deal) -> list[Delivery]:
    """Return the latest mails of a deal, the newest first, in one query."""
    rows = Delivery.objects.filter(deal=deal).select_related("contact", "user")
    return list(rows[:SHOWN])


def news(mails: Sequence[Delivery]) -> list[Delivery]:
    """Keep what a rep should see beside the thread: under way, unknown, or the last one that failed.

    A sent mail is a touch, and stands in the thread.
    """
    last = [mail for mail in mails[:1] if mail.state in WRONG or _was_called_off(mail)]
    return [mail for mail in mails if mail.state in ASKS] + last


def is_under_way(mails: Sequence[Delivery]) -> bool:
    """Whether one of them is about to go out, or may have."""
    return any(mail.state in ASKS for mail in mails)


def of_deal(deal: Deal) -> list[Delivery]:
    """Return the mails of a deal that are more than touches: what waits, failed or is unknown."""
    return [mail for mail in recent(deal) if mail.state != State.SENT]


def offered(deal: Deal, user: User, *, now: datetime, again: str = "") -> dict[str, Any]:
    """Return what an empty form offers: a mail that is to be tried again, else a draft."""
    rows = Delivery.objects.visible_to(user).filter(deal=deal)
    number = row_number(again)
    former = rows.filter(pk=number).first() if number is not None else None
    if former is not None:
        return {"to": former.address_id, "subject": former.subject, "note": former.body}
    suggestion = Suggestion.objects.visible_to(user).live().filter(deal=deal).first()
    if suggestion is None or suggestion.channel != Channel.EMAIL:
        return {"subject": deal.title}
    draft = drafts.render(suggestion, now=now)
    return {"to": suggestion.address_id, "subject": draft.subject, "note": draft.body}


def say_ordered(delivery: Delivery) -> str:
    """Say when a mail goes out that was just ordered."""
    if delivery.send_at - delivery.created_at <= UNDO_WINDOW:
        return f"The mail to {delivery.contact} goes out in {UNDO_WINDOW.seconds} seconds."
    return f"The mail to {delivery.contact} goes out on {say_time(delivery.send_at)}."


def say_time(at: datetime) -> str:
    """Say an instant to come in the reader's zone."""
    here = timezone.localtime(at)
    return f"{here:%A} {here.day} {here:%B} at {here:%H:%M}"


def _was_called_off(mail: Delivery) -> bool:
    return mail.state == State.CANCELLED and bool(mail.problem)
