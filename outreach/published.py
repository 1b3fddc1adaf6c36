"""The meetings of a calendar that a rep publishes: taken in, and given up where they are gone from it.

Sources: decisions 106 and 133.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from contacts.models import Contact
from deals.models import By, Deal, Silence
from deals.replay import lock
from outreach import meeting_holds, meetings, our_answers
from outreach.appointments import FEED, State, Told, our_addresses
from outreach.mail.parsing.invitations import Appointment
from outreach.models import Meeting


def by_calendar(user: User, appointments: Iterable[Appointment], *, now: datetime) -> int:
    """Take in all appointments of a rep's calendar; return how many meetings with contacts they are.

    Meetings that are over are left alone. One that only the calendar told of and that is gone from
    it will not be.
    """
    ours = our_addresses(user)
    seen: set[int] = set()
    for appointment in appointments:
        if appointment.ends_at is None or appointment.ends_at <= now:
            continue
        for contact in _invited_contacts(appointment, ours):
            deal = _deal_of(appointment, contact, user)
            if deal is None:
                continue
            told = Told(deal, contact, user, now, is_from_us=True, source=FEED)
            meeting = meetings.apply(appointment, told, now=now)
            seen |= {meeting.pk} if meeting else set()
    _drop_missing(user, seen, now)
    return len(seen)


def _invited_contacts(appointment: Appointment, ours: frozenset[str]) -> list[Contact]:
    named = {who.address for who in appointment.attendees} | {appointment.organizer}
    people = Contact.objects.filter(pk__in=meetings.known_by(named - ours - {""}), erased_at=None)
    return list(people.order_by("pk"))


def _deal_of(appointment: Appointment, contact: Contact, user: User) -> Deal | None:
    """Return the deal that a meeting is known on, else the contact's open one that waits longest.

    Only deals that the rep may see: their calendar must not move the rest. Whether it may speak
    of the known one, `appointments.may_say` tells.
    """
    known = Meeting.objects.filter(
        uid=appointment.uid, recurrence=appointment.recurrence, contact=contact
    ).first()
    if known is not None:
        return known.deal
    deals = Deal.objects.visible_to(user).open().filter(participations__contact=contact)
    waiting = Silence.objects.open().filter(deal__in=deals, by=By.THEM).order_by("clock_from", "pk")
    first = waiting.select_related("deal").first()
    return first.deal if first else deals.order_by("opened_at", "pk").first()


def _drop_missing(user: User, seen: Iterable[int], now: datetime) -> None:
    is_theirs = Q(user=user, is_by_us=True) | Q(answers__has_key=str(user.pk), is_by_us=False)
    standing = Meeting.objects.filter(
        is_theirs, hold__source=FEED, ends_at__gt=now, state=State.ACCEPTED
    ).exclude(pk__in=list(seen))
    for pk, deal in standing.values_list("pk", "deal"):
        _drop(pk, deal, user, now)


@transaction.atomic
def _drop(pk: int, deal_id: int | None, user: User, now: datetime) -> None:
    """Let a user's calendar vouch for a meeting no more; where nobody of us goes, it is off."""
    lock([deal_id] if deal_id else [])
    meeting = Meeting.objects.select_for_update(of=("self",)).select_related("hold").get(pk=pk)
    who = str(user.pk)
    said = our_answers.read(meeting).get(who)
    if said is not None and said.source != FEED:
        return  # a mail vouches for it
    our_answers.forget(meeting, who)
    if our_answers.is_accepted_beside(meeting, who):
        our_answers.settle(meeting)
    else:
        meeting.state, meeting.updated_at = State.CANCELLED, now
        meeting_holds.let_go(meeting, now)
    meeting.save()
