"""What one message says of a meeting, and whether it counts over what is known already.

Pure but for the addresses of the two sides and who sees what. The one with the higher SEQUENCE
counts, with the same one a cancellation over an answer, an answer over the invitation, and of two
answers the later; to a meeting that they called each of us answers alone (`our_answers`).
Sources: RFC 5546, 2.1.5; decisions 090 and 133.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from contacts.models import Address, Channel, Contact
from deals.models import Deal
from outreach import our_answers
from outreach.mail.parsing.invitations import Appointment
from outreach.models import Meeting
from outreach.our_answers import Answer, rank

SOURCE = "calendar"
FEED = "feed"  # holds that only a published calendar vouches for: gone from it, they are off
State = Meeting.State
ANSWERED = {
    "accepted": State.ACCEPTED, "tentative": State.TENTATIVE, "declined": State.DECLINED,
}  # fmt: skip
ANSWERING = frozenset({"REPLY", "COUNTER"})  # methods by which others answer an organizer
OFF = frozenset({State.CANCELLED, State.DECLINED})


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells of an appointment, and where it belongs.

    `said_at` is when the mail reached us; `is_from_us` that we sent it. `user` is our side.
    """

    deal: Deal
    contact: Contact
    user: User | None
    said_at: datetime
    is_from_us: bool = False
    source: str = SOURCE


def state_of(appointment: Appointment, told: Told) -> State:
    """Return what a message says of a meeting: the other side's answer, or ours to theirs."""
    if appointment.is_cancelled:
        return State.CANCELLED
    if appointment.method == "COUNTER":
        return State.PROPOSED
    theirs = _addresses(told.contact)
    if appointment.organizer in theirs:
        answer = appointment.answer_of(our_addresses(told.user))
        if not appointment.method and not answer:
            return State.ACCEPTED  # it stands in our calendar, and nobody asked
        return ANSWERED.get(answer, State.INVITED)
    answer = appointment.answer_of(theirs)
    if not answer and appointment.method == "REPLY" and len(appointment.attendees) == 1:
        answer = appointment.attendees[0].answer  # answered from another address of theirs
    return ANSWERED.get(answer, State.INVITED)


def _addresses(contact: Contact) -> frozenset[str]:
    rows = Address.objects.filter(contact=contact, channel=Channel.EMAIL)
    return frozenset(value.lower() for value in rows.values_list("value", flat=True))


def our_addresses(user: User | None) -> frozenset[str]:
    """Return the addresses of our side: the rep's own, and their mailbox's."""
    if user is None:
        return frozenset()
    mailbox = getattr(user, "mailbox", None)
    found = {user.email or "", mailbox.address if mailbox else ""}
    return frozenset(address.lower() for address in found if address)


def is_by_us(appointment: Appointment, told: Told) -> bool:
    """Tell whether it is we who invited; where nobody knows the organizer, by who says what."""
    if appointment.organizer in _addresses(told.contact):
        return False
    if appointment.organizer and (
        told.source == FEED or appointment.organizer in our_addresses(told.user)
    ):
        return True
    return told.is_from_us == (appointment.method in ("REQUEST", "ADD", "CANCEL"))


def may_say(appointment: Appointment, told: Told, meeting: Meeting) -> bool:
    """Tell whether whoever says it may: what we organize we alone move and cancel.

    Others answer. A mail in a contact's name is easily forged, and must not end a hold by that.
    Source: RFC 5546, 3.2.5.
    """
    if told.is_from_us:
        return _is_concerned(told, meeting)
    if not meeting.is_by_us:
        return True
    return appointment.method in ANSWERING and not appointment.is_cancelled


def _is_concerned(told: Told, meeting: Meeting) -> bool:
    """Tell whether one of us may speak of a meeting: it is theirs, or on a deal that they see.

    A mail may, too, where it is on the meeting's deal.
    """
    if told.user is None or meeting.deal_id is None or told.user.pk == meeting.user_id:
        return True
    if told.source != FEED and told.deal.pk == meeting.deal_id:
        return True
    has_answered = who_of(told) in meeting.answers
    return has_answered or Deal.objects.visible_to(told.user).filter(pk=meeting.deal_id).exists()


def who_of(told: Told) -> str:
    """Return by which name `our_answers` knows our side."""
    return str(told.user.pk) if told.user else "0"


def stamp_of(appointment: Appointment, told: Told) -> datetime:
    """Return when it was said, never later than it reached us."""
    return min(appointment.stamped_at or told.said_at, told.said_at)


def take_over(meeting: Meeting, appointment: Appointment, told: Told, state: State) -> None:
    """Bring a known meeting in line with a message that is not older than what is known.

    The organizer says when it is; an answer only where nobody has said so for this sequence.
    """
    is_organizers = appointment.method not in ANSWERING
    is_newer = appointment.sequence > meeting.sequence
    if appointment.organizer:
        meeting.is_by_us = is_by_us(appointment, told)
    if not meeting.is_by_us:
        _note_ours(meeting, appointment, told, state)
    elif appointment.organizer in our_addresses(told.user):
        meeting.user = told.user  # whose calendar says that it is off, whoever told of it first
    if appointment.sequence < meeting.sequence:
        return
    says_when = is_organizers or is_newer or _is_blank(meeting)
    if says_when and appointment.method != "COUNTER" and appointment.starts_at:
        meeting.starts_at = appointment.starts_at
        meeting.ends_at = appointment.ends_at or appointment.starts_at
    meeting.summary = (
        appointment.summary if is_organizers and appointment.summary else meeting.summary
    )
    stamp = stamp_of(appointment, told)
    if meeting.is_by_us and (is_newer or _outranks(state, stamp, meeting)):
        meeting.state, meeting.updated_at = state, stamp
    meeting.sequence = appointment.sequence


def _note_ours(meeting: Meeting, appointment: Appointment, told: Told, state: State) -> None:
    """Note what one of us, or the organizer, says of a meeting that they called."""
    said = Answer(state, appointment.sequence, stamp_of(appointment, told), told.source)
    if state == State.CANCELLED:
        our_answers.note(meeting, our_answers.ORGANIZER, said)
    else:
        our_answers.note(meeting, who_of(told), said)
        if told.source != FEED:  # a calendar of one of us speaks for that one alone
            asked = said._replace(state=State.INVITED)
            our_answers.note(meeting, our_answers.ORGANIZER, asked)
    if our_answers.settle(meeting) == who_of(told) and meeting.state == State.ACCEPTED:
        meeting.user = told.user


def _is_blank(meeting: Meeting) -> bool:
    """Tell whether nobody has said yet when a meeting is."""
    return meeting.starts_at == meeting.ends_at


def _outranks(state: State, stamp: datetime, meeting: Meeting) -> bool:
    """Tell whether a message of the same sequence says more than what is known."""
    known = (rank(meeting.state), meeting.updated_at)
    return state != meeting.state and (rank(state), stamp) > known
