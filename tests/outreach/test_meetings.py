"""Meetings by calendar: holds, touches, and messages that arrive in any order."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from contacts.models import Contact
from deals import conversation
from deals.models import Deal, Direction, Hold, Touch, Turn
from outreach import meetings, notices, published
from outreach.appointments import Told
from outreach.mail.parsing.invitations import Appointment, UnreadableCalendarError, read
from outreach.models import Mail, Meeting, Notice
from tests.cast import Cast, day, make_contact, make_deal

UID = "fleet-demo@example.com"
ADDRESS = "mara@example.org"
STAMP = "%Y%m%dT%H%M%SZ"


def calendar(
    method: str = "", *, start: datetime | None = None, hours: int = 1, sequence: int = 0,
    answer: str = "NEEDS-ACTION", at: datetime | None = None, organizer: str = "ines@example.com",
    attendee: str = ADDRESS, uid: str = UID, more: str = "",
) -> str:  # fmt: skip
    """Return what a calendar sends; `at` is when it says so."""
    start = day(7, 10) if start is None else start
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", *([f"METHOD:{method}"] if method else []),
        "BEGIN:VEVENT", f"UID:{uid}", f"SEQUENCE:{sequence}", "SUMMARY:Fleet demo",
        f"DTSTAMP:{(at or day(1)).strftime(STAMP)}", f"DTSTART:{start.strftime(STAMP)}",
        f"DTEND:{(start + timedelta(hours=hours)).strftime(STAMP)}",
        f"ORGANIZER:mailto:{organizer}", f"ATTENDEE;PARTSTAT={answer}:mailto:{attendee}",
        *([more] if more else []), "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "\r\n".join(lines)


@pytest.fixture
def mara(cast: Cast) -> Contact:
    return make_contact(addresses={"email": ADDRESS})


@pytest.fixture
def deal(ines: User, mara: Contact) -> Deal:
    return make_deal(ines, contact=mara, turn=Turn.THEIRS)


def arrives(deal: Deal, text: str, now: datetime, **fields: Any) -> Meeting | None:
    """Let one message on the deal arrive."""
    [appointment] = read(text, zone="UTC", now=now)
    told = Told(deal, fields.pop("contact", deal.contact), deal.owner, now, **fields)
    return meetings.apply(appointment, told, now=now)


def we_invite(deal: Deal, now: datetime, **fields: Any) -> Meeting | None:
    return arrives(deal, calendar("REQUEST", at=now, **fields), now, is_from_us=True)


def publishes(user: User, text: str, now: datetime) -> int:
    """Let a user's published calendar say what `text` says."""
    return published.by_calendar(user, read(text, zone="UTC", now=now), now=now)


def they_answer(deal: Deal, answer: str, now: datetime, **fields: Any) -> Meeting | None:
    return arrives(deal, calendar("REPLY", at=now, answer=answer, **fields), now)


def holds() -> list[tuple[datetime, datetime | None]]:
    return list(Hold.objects.order_by("pk").values_list("starts_at", "ends_at"))


def test_an_invitation_sent_is_an_outbound_touch_and_no_hold(deal: Deal) -> None:
    we_invite(deal, day(1))
    we_invite(deal, day(1))

    told = Touch.objects.values_list("channel", "direction", "occurred_at", "contact", "subject")
    invitation = ("meeting", "outbound", day(1), deal.contact_id, "Invitation: Fleet demo")
    assert list(told) == [invitation]
    assert holds() == []


def test_an_accepted_meeting_holds_from_the_acceptance_to_its_end(deal: Deal) -> None:
    we_invite(deal, day(1))
    they_answer(deal, "ACCEPTED", day(2))
    they_answer(deal, "ACCEPTED", day(2))

    assert holds() == [(day(2), day(7, 11))]
    held = Hold.objects.get()
    assert (held.reason, held.source, held.note) == ("meeting", "calendar", "Fleet demo")


def test_a_calendars_answer_is_never_heard(deal: Deal) -> None:
    we_invite(deal, day(1))
    before = [(row.by, row.started_at) for row in deal.silences.all()]
    for at, answer in enumerate(["ACCEPTED", "TENTATIVE", "DECLINED"], 2):
        they_answer(deal, answer, day(at))

    assert list(Touch.objects.values_list("direction", flat=True)) == [Direction.OUTBOUND]
    assert [(row.by, row.started_at) for row in deal.silences.all()] == before


@pytest.mark.parametrize("answer", ["TENTATIVE", "NEEDS-ACTION", "DECLINED", "DELEGATED"])
def test_what_is_not_accepted_holds_nothing(deal: Deal, answer: str) -> None:
    we_invite(deal, day(1))
    they_answer(deal, answer, day(2))

    assert holds() == []


def test_declining_later_ends_the_hold_and_keeps_what_it_held(deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(2))
    they_answer(deal, "DECLINED", day(4))

    assert holds() == [(day(2), day(4))]
    assert Meeting.objects.get().state == "declined"


def test_a_cancelled_meeting_ends_the_hold_and_nobody_asks_about_it(deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(2))
    arrives(deal, calendar("CANCEL", at=day(3), sequence=1), day(3), is_from_us=True)
    notices.tell(day(8))

    assert holds() == [(day(2), day(3))]
    assert not Notice.objects.exists()


def test_proposing_another_time_ends_the_hold(deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(2))
    arrives(deal, calendar("COUNTER", at=day(3), start=day(9, 10)), day(3))

    meeting = Meeting.objects.get()
    assert (meeting.state, meeting.starts_at) == ("proposed", day(7, 10))
    assert holds() == [(day(2), day(3))]


def test_a_moved_meeting_that_they_accepted_moves_the_hold(deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(2))
    moved: Any = {"start": day(9, 14), "sequence": 1}
    arrives(
        deal, calendar("REQUEST", at=day(3), answer="ACCEPTED", **moved), day(3), is_from_us=True
    )

    assert holds() == [(day(2), day(9, 15))]


def test_a_moved_meeting_waits_for_their_answer(deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(2))
    we_invite(deal, day(3), start=day(9, 14), sequence=1)
    they_answer(deal, "ACCEPTED", day(3, 12))  # to the first time
    assert holds() == [(day(2), day(3))]

    they_answer(deal, "ACCEPTED", day(4), start=day(9, 14), sequence=1)

    assert holds() == [(day(2), day(3)), (day(4), day(9, 15))]


def test_what_they_invite_us_to_holds_once_our_rep_accepts(deal: Deal) -> None:
    theirs: Any = {"organizer": ADDRESS, "attendee": "ines@example.com"}
    arrives(deal, calendar("REQUEST", at=day(1), **theirs), day(1))
    assert (holds(), Touch.objects.count()) == ([], 0)

    accepted = calendar("REPLY", at=day(2), answer="ACCEPTED", **theirs)
    arrives(deal, accepted, day(2), is_from_us=True)

    assert holds() == [(day(2), day(7, 11))]
    assert not Meeting.objects.get().is_by_us


def test_a_meeting_that_is_over_makes_no_hold(deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(8))

    assert holds() == []


def test_an_answer_without_a_time_counts_once_the_invitation_is_known(deal: Deal) -> None:
    bare = "\r\n".join(
        line
        for line in calendar("REPLY", at=day(2), answer="ACCEPTED").split("\r\n")
        if not line.startswith(("DTSTART", "DTEND"))
    )
    arrives(deal, bare, day(2))
    assert holds() == []

    arrives(deal, calendar("REQUEST", at=day(1)), day(3), is_from_us=True)

    assert holds() == [(day(2), day(7, 11))]


def test_a_hold_that_a_rep_ended_stays_ended_however_often_the_answer_comes(deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(2))
    conversation.end_hold(Hold.objects.get(), now=day(3))
    they_answer(deal, "ACCEPTED", day(2))
    publishes(deal.owner, calendar(answer="ACCEPTED"), now=day(4))

    assert holds() == [(day(2), day(3))]


def test_afterwards_the_rep_is_asked_and_one_key_answers(client: Any, deal: Deal) -> None:
    they_answer(deal, "ACCEPTED", day(2))
    notices.tell(day(7, 12))
    notices.tell(day(7, 13))
    asked = Notice.objects.values_list("kind", "user", "deal")
    assert list(asked) == [(Notice.Kind.MEETING_PAST, deal.owner_id, deal.pk)]

    client.force_login(deal.owner)
    held = Hold.objects.get()
    client.post(f"/holds/{held.pk}/meeting/", {"took_place": "yes"})

    told = Touch.objects.values_list("channel", "direction", "occurred_at")
    assert list(told) == [("meeting", Direction.TWO_WAY, day(7, 11))]


def test_a_mail_speaks_for_its_sender_alone(deal: Deal, ines: User) -> None:
    other = make_contact("Ole", "Berg", addresses={"email": "ole@example.org"})
    text = calendar("REPLY", at=day(2), answer="ACCEPTED", attendee="ole@example.org")
    mail = Mail(
        deal=deal, contact=deal.contact, user=ines, direction=Direction.INBOUND, occurred_at=day(2)
    )
    [meeting] = meetings.by_mail(mail, [text, "no calendar"], now=day(2))

    assert meeting.contact == deal.contact
    assert not Meeting.objects.filter(contact=other).exists()


def test_a_mail_of_ours_invites_everybody_on_the_deal_whom_it_names(deal: Deal, ines: User) -> None:
    ole = make_contact("Ole", "Berg", addresses={"email": "ole@example.org"})
    make_contact("Pia", "Dahl", addresses={"email": "pia@example.org"})  # on no deal of this kind
    deal.participations.create(contact=ole, joined_at=day(0))
    more = "ATTENDEE:mailto:ole@example.org\r\nATTENDEE:mailto:pia@example.org"
    mail = Mail(
        deal=deal, contact=deal.contact, user=ines, direction=Direction.OUTBOUND, occurred_at=day(1)
    )
    found = meetings.by_mail(mail, [calendar("REQUEST", more=more)], now=day(1))

    assert [meeting.contact for meeting in found] == [deal.contact, ole]


def test_a_file_that_somebody_attached_is_no_meeting_yet(deal: Deal) -> None:
    for text in (calendar(answer="ACCEPTED"), calendar("PUBLISH", answer="ACCEPTED")):
        assert arrives(deal, text, day(2)) is None
    assert holds() == []


# In any order


def _seen(deal: Deal, messages: list[tuple[str, datetime]]) -> tuple[object, ...]:
    """Let messages arrive, and say what is known after them all."""
    Meeting.objects.all().delete()
    Hold.objects.all().delete()
    for text, said_at in messages:
        [appointment] = read(text, zone="UTC", now=day(5))
        is_from_us = ("METHOD:RE" in text and "METHOD:REPLY" not in text) or "METHOD:CANCEL" in text
        told = Told(deal, deal.contact, deal.owner, said_at, is_from_us=is_from_us)
        meetings.apply(appointment, told, now=day(5))
    meeting = Meeting.objects.get()
    still_held = Hold.objects.filter(ends_at__gt=day(5)).values_list("ends_at", flat=True)
    return meeting.state, meeting.sequence, meeting.starts_at, meeting.ends_at, list(still_held)


STORIES = {
    "accepted": (["REQUEST 0", "ACCEPTED 0"], "accepted"),
    "declined after all": (["REQUEST 0", "ACCEPTED 0", "DECLINED 0"], "declined"),
    "moved, and accepted again": (
        ["REQUEST 0", "ACCEPTED 0", "REQUEST 1", "ACCEPTED 1"], "accepted"
    ),
    "moved, not yet answered": (["REQUEST 0", "ACCEPTED 0", "REQUEST 1"], "invited"),
    "cancelled": (["REQUEST 0", "ACCEPTED 0", "CANCEL 1"], "cancelled"),
    "cancelled without counting": (["REQUEST 0", "ACCEPTED 0", "CANCEL 0"], "cancelled"),
    "another time, and then that": (
        ["REQUEST 0", "COUNTER 0", "REQUEST 1", "ACCEPTED 1"], "accepted"
    ),
    "asked again after it was off": (["REQUEST 0", "CANCEL 1", "REQUEST 2"], "invited"),
}  # fmt: skip


def _message(word: str, at: datetime) -> tuple[str, datetime]:
    what, sequence = word.split()
    start = day(7 + int(sequence), 10)
    is_answer = what in ("ACCEPTED", "DECLINED")
    text = calendar(
        "REPLY" if is_answer else what, at=at, sequence=int(sequence), start=start,
        answer=what if is_answer else "NEEDS-ACTION",
    )  # fmt: skip
    return text, at


@pytest.mark.parametrize("story", STORIES)
def test_the_order_of_arrival_does_not_matter(deal: Deal, story: str) -> None:
    words, state = STORIES[story]
    messages = [_message(word, day(1, 9 + at)) for at, word in enumerate(words)]
    ends = {_seen(deal, list(order))[:4] for order in permutations(messages)}
    [known] = ends

    assert known[0] == state


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(choice=st.data())
def test_no_order_and_no_repetition_changes_what_is_known(
    deal: Deal, choice: st.DataObject
) -> None:
    words = choice.draw(
        st.lists(
            st.sampled_from([
                "REQUEST 0", "ACCEPTED 0", "DECLINED 0", "COUNTER 0", "CANCEL 1", "REQUEST 2",
                "ACCEPTED 2",
            ]),
            min_size=2, max_size=5, unique=True,
        )
    )  # fmt: skip
    words = ["REQUEST 0", *(word for word in words if word != "REQUEST 0")]
    messages = [_message(word, day(1, 9 + at)) for at, word in enumerate(words)]
    shuffled = choice.draw(st.permutations([*messages, messages[0], messages[-1]]))

    assert _seen(deal, list(shuffled)) == _seen(deal, messages)


# Published calendars


def test_a_published_calendar_gives_the_same_hold_as_the_mail(deal: Deal) -> None:
    publishes(deal.owner, calendar(answer="ACCEPTED"), now=day(2))
    they_answer(deal, "ACCEPTED", day(2))
    publishes(deal.owner, calendar(answer="ACCEPTED"), now=day(3))

    assert holds() == [(day(1), day(7, 11))]
    assert Touch.objects.count() == 1


def test_what_is_gone_from_a_published_calendar_holds_no_longer(deal: Deal) -> None:
    publishes(deal.owner, calendar(answer="ACCEPTED"), now=day(2))
    publishes(deal.owner, calendar(uid="other", attendee="x@example.net"), now=day(3))

    assert holds() == [(day(1), day(3))]


def test_a_published_calendar_moves_no_deal_that_its_rep_may_not_see(
    cast: Cast, deal: Deal
) -> None:
    assert publishes(cast.noor, calendar(answer="ACCEPTED"), now=day(2)) == 0
    assert holds() == []


def test_a_meeting_of_a_contact_with_two_deals_is_on_the_one_that_waits_longest(
    deal: Deal, ines: User
) -> None:
    make_deal(ines, contact=deal.contact, title="Younger", opened_at=day(1), turn=Turn.THEIRS)
    publishes(ines, calendar(answer="ACCEPTED"), now=day(2))

    assert Hold.objects.get().deal == deal


def test_what_is_no_calendar_is_told_in_a_sentence() -> None:
    with pytest.raises(UnreadableCalendarError, match=r"^It is no calendar"):
        read("<html>Sign in</html>", zone="UTC", now=day(2))


# Reading


def _times(*lines: str, zone: str = "Europe/Riga") -> tuple[datetime | None, datetime | None]:
    text = "\r\n".join(
        ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", "END:VCALENDAR"]
    )
    [one] = read(text, zone=zone, now=day(0))
    return one.starts_at, one.ends_at


def test_times_are_read_in_the_zone_that_they_name() -> None:
    floating = _times("DTSTART:20260803T090000", "DURATION:PT90M")
    assert [at and at.strftime("%H:%M") for at in floating] == ["06:00", "07:30"]
    windows = _times("DTSTART;TZID=W. Europe Standard Time:20260803T090000")
    assert [at and at.strftime("%H:%M") for at in windows] == ["07:00", "07:00"]
    a_day = _times("DTSTART;VALUE=DATE:20260803")
    assert [at and at.strftime("%d %H:%M") for at in a_day] == ["02 21:00", "03 21:00"]


def test_a_series_is_told_by_its_next_appointment_and_keeps_its_hour() -> None:
    weekly = [
        "BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Europe/Berlin:20260302T090000",
        "DTEND;TZID=Europe/Berlin:20260302T100000", "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=Europe/Berlin:20260330T090000", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip

    def next_at(now: datetime) -> Appointment:
        [one] = read("\r\n".join(weekly), zone="UTC", now=now)
        return one

    assert next_at(day(0, 8, 30)).occurrences[0].place == "20260302T080000Z"
    assert next_at(day(22)).occurrences[0].place == "20260406T070000Z"  # summer time, one left out


@pytest.mark.parametrize(
    "broken",
    ["DTSTART:yesterday", "DTSTART:20261345T990000", "DTSTART;TZID=No/Where:20260803T090000",
     "DTSTART:20260803T090000Z\r\nRRULE:FREQ=SOMETIMES", "SEQUENCE:x\r\nDTSTART:20260803"],
)  # fmt: skip
def test_what_is_broken_in_one_appointment_leaves_the_others_alone(broken: str) -> None:
    good = "BEGIN:VEVENT\r\nUID:good\r\nDTSTART:20260803T090000Z\r\nEND:VEVENT"
    bad = f"BEGIN:VEVENT\r\nUID:broken\r\n{broken}\r\nEND:VEVENT"
    text = f"BEGIN:VCALENDAR\r\n{bad}\r\n{good}\r\nEND:VCALENDAR"

    assert "good" in [one.uid for one in read(text, zone="UTC", now=day(0))]
