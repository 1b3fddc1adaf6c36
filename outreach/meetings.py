"""Meetings with contacts: an accepted one that is to come is a hold to its end, one that we only
proposed an outbound touch. What a calendar says is never "heard".

Messages arrive in any order: the one with the higher SEQUENCE counts, with the same one a
cancellation over an answer, an answer over the invitation, and of two answers the later.
Sources: SILENCE.md, "Whose turn", rule 8; RFC 5546, 2.1.5; decisions 090 and 133.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower

from accounts.models import User, Workspace
from contacts.models import Address, Channel, Contact
from deals import conversation
from deals.models import Direction, Touch
from deals.replay import lock
from outreach import meeting_holds, our_answers, series
from outreach.appointments import (
    ANSWERING,
    FEED,
    OFF,
    SOURCE,
    State,
    Told,
    is_by_us,
    may_say,
    stamp_of,
    state_of,
    take_over,
    who_of,
)
from outreach.mail.parsing import calendar_reader
from outreach.mail.parsing.invitations import Appointment, UnreadableCalendarError, read
from outreach.models import Mail, Meeting

LONGEST_HERE = 100_000  # letters; an invitation has a few thousand
SECONDS_OF_A_MAIL = 5
TELLING = frozenset({"", "REQUEST", "ADD", "REPLY", "COUNTER", "CANCEL"})


def by_mail(mail: Mail, calendars: Iterable[str], *, now: datetime) -> list[Meeting]:
    """Take in what the iCalendar parts of a mail on a deal say; return the meetings concerned.

    In the caller's transaction, which has locked the deal or lets this lock it first. Mail whose
    sender is in doubt must not come here. What is no calendar says nothing.
    """
    if mail.deal is None:
        return []
    found: list[Meeting] = []
    for text in calendars:
        for one in _readable(text, mail.user, now):
            for contact in _contacts(mail, one):
                told = Told(
                    mail.deal, contact, mail.user or mail.deal.owner, mail.occurred_at,
                    is_from_us=mail.direction == Direction.OUTBOUND,
                )  # fmt: skip
                found += filter(None, [apply(one, told, now=now)])
    return found


def _readable(text: str, user: User | None, now: datetime) -> list[Appointment]:
    """Return the appointments of a mail; what may take long is read apart, for a little while."""
    zone = zone_of(user)
    try:
        if "RRULE" in text.upper() or len(text) > LONGEST_HERE:
            return calendar_reader.appointments(text, zone=zone, now=now, seconds=SECONDS_OF_A_MAIL)
        return read(text, zone=zone, now=now)
    except UnreadableCalendarError:
        return []


def zone_of(user: User | None) -> str:
    """Return the time zone in which a user means times without one."""
    return (user.time_zone if user else "") or Workspace.current().time_zone


def _contacts(mail: Mail, appointment: Appointment) -> list[Contact]:
    """Return whom of the deal an appointment is with: those it names, else the mail's contact.

    A mail from a contact speaks for that contact alone.
    """
    assert mail.deal is not None
    if mail.direction == Direction.INBOUND:
        return [mail.contact] if mail.contact else []
    named = {who.address for who in appointment.attendees} | {appointment.organizer}
    people = Contact.objects.filter(participations__deal=mail.deal, participations__left_at=None)
    found = people.filter(pk__in=known_by(named))
    return list(found.distinct().order_by("pk")) or ([mail.contact] if mail.contact else [])


@transaction.atomic
def apply(appointment: Appointment, told: Told, *, now: datetime) -> Meeting | None:
    """Take in what one message says of one appointment with one contact; return the meeting.

    The same again changes nothing, and older messages nothing either. None where it says nothing
    of a meeting, or not enough of one that nobody knows.
    """
    if appointment.method not in TELLING or (not appointment.method and told.source != FEED):
        return None  # a file that somebody attached stands in nobody's calendar yet
    meeting = _known(appointment, told)
    if meeting is not None and not may_say(appointment, told, meeting):
        return meeting
    if meeting is not None and appointment.recurrence and not meeting.recurrence:
        return _change_one(meeting, appointment, told, now)
    before, ended_at = _standing(meeting), meeting.ends_at if meeting else now
    meeting = _brought(meeting, appointment, told, now)
    if _is_invitation(appointment, told) and meeting.is_by_us:
        meeting.touch = _invited(meeting, appointment, told, now)
    if _standing(meeting) != before:  # read again, a hold that a rep ended stays ended
        since = ended_at if meeting.series and ended_at < now else None
        meeting_holds.bring(meeting, told.source, now, since=since)
    meeting.save()
    return meeting


def _known(appointment: Appointment, told: Told) -> Meeting | None:
    """Lock and return the row that stands for an appointment: of a series that we know, its own."""
    rows = Meeting.objects.filter(uid=appointment.uid, contact=told.contact)
    rows = rows.filter(recurrence__in=["", appointment.recurrence])
    lock({told.deal.pk, *rows.exclude(deal=None).values_list("deal", flat=True)})
    locked = rows.select_for_update(of=("self",)).select_related("hold", "deal")
    found = {row.recurrence: row for row in locked}
    series = found.get("")
    accepts = appointment.recurrence and state_of(appointment, told) == State.ACCEPTED
    if series and series.series and not (accepts and series.state != State.ACCEPTED):
        return series
    return found.get(appointment.recurrence)


def _brought(
    meeting: Meeting | None, appointment: Appointment, told: Told, now: datetime
) -> Meeting:  # fmt: skip
    """Return the meeting as it stands once a message counts; not saved."""
    left = series.to_come(appointment, lambda one: _is_off(one, told, meeting), now)
    if left:
        appointment = replace(appointment, starts_at=left[0].starts_at, ends_at=left[0].ends_at)
    state = state_of(appointment, told)
    if meeting is None:
        made = Meeting(
            uid=appointment.uid, recurrence=appointment.recurrence, contact=told.contact,
            state=state, deal=told.deal, user=told.user, sequence=appointment.sequence,
            starts_at=appointment.starts_at or told.said_at,
            ends_at=appointment.ends_at or told.said_at, series=series.written(left),
            summary=appointment.summary, is_by_us=is_by_us(appointment, told),
            updated_at=stamp_of(appointment, told),
        )  # fmt: skip
        take_over(made, appointment, told, state)
        return made
    meeting.deal = meeting.deal or told.deal
    if meeting.series and not _says_series(appointment, told, meeting):
        appointment = replace(appointment, starts_at=None, ends_at=None)
    elif left or appointment.method not in ANSWERING:
        if left and meeting.ends_at <= now:
            meeting.hold = None  # what is over is asked about, not moved
        meeting.series = series.written(left)
    take_over(meeting, appointment, told, state)
    return meeting


def _says_series(appointment: Appointment, told: Told, meeting: Meeting) -> bool:
    """Whether a message says anew which appointments a series has: single ones may have changed."""
    if appointment.method in ANSWERING:
        return False
    return told.source == FEED or appointment.sequence > meeting.sequence


def _change_one(
    meeting: Meeting, appointment: Appointment, told: Told, now: datetime
) -> Meeting:  # fmt: skip
    """Let one appointment of a series be moved or left out; the series goes on without it."""
    if appointment.sequence < meeting.sequence:
        return meeting
    before, is_off = _standing(meeting), _is_off(appointment, told, meeting)
    left = series.changed(
        series.read(meeting.series), appointment, is_off=is_off,
        says_when=appointment.method not in ANSWERING,
    )  # fmt: skip
    if not meeting_holds.stand_for(meeting, left, now):
        meeting.state = State.CANCELLED
    if _standing(meeting) != before:
        meeting_holds.bring(meeting, told.source, now)
    meeting.save()
    return meeting


def _is_off(one: Appointment, told: Told, meeting: Meeting | None) -> bool:
    """Tell whether one of a series will not be: who stays away leaves the others of us in it."""
    state = state_of(one, told)
    if state == State.DECLINED and meeting is not None and not meeting.is_by_us:
        return not our_answers.is_accepted_beside(meeting, who_of(told))
    return state in OFF


def _standing(meeting: Meeting | None) -> tuple[object, ...]:
    """Return what the hold of a meeting follows from."""
    return (meeting.state, meeting.starts_at, meeting.ends_at) if meeting else ()


def _is_invitation(appointment: Appointment, told: Told) -> bool:
    """Tell whether it is we who ask somebody to meet, by a mail or in a calendar that we publish."""
    if appointment.is_cancelled or is_by_us(appointment, told) is False:
        return False
    return (appointment.method == "REQUEST" and told.is_from_us) or told.source == FEED


def _invited(meeting: Meeting, appointment: Appointment, told: Told, now: datetime) -> Touch | None:
    """Record once that we asked somebody to meet, when we first did."""
    at = told.said_at if appointment.method else stamp_of(appointment, told)
    known = Touch.objects.filter(source=SOURCE, external_id=meeting_holds.id_of(meeting)).first()
    if known is not None:
        if at < known.occurred_at and known.deleted_at is None:
            conversation.correct(known, now=now, occurred_at=at)
        return known
    touch = Touch(
        channel=Channel.MEETING, direction=Direction.OUTBOUND, occurred_at=at,
        contact=meeting.contact, user=told.user, subject=f"Invitation: {meeting.summary}"[:200],
        source=SOURCE, external_id=meeting_holds.id_of(meeting),
    )  # fmt: skip
    return conversation.record(told.deal, touch, now=now).touch


def known_by(named: Iterable[str]) -> QuerySet[Address, int]:
    """Return the contacts that addresses (in lower case) belong to, however those were written."""
    rows = Address.objects.annotate(lower=Lower("value")).filter(channel=Channel.EMAIL)
    return rows.filter(lower__in=list(named)).values_list("contact", flat=True)
