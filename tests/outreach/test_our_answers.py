"""A meeting that they called with several of us: it holds while any of us accepts it."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from itertools import permutations
from typing import Any

import pytest
from django.apps import apps

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal, Turn
from outreach import meetings
from outreach.appointments import Told
from outreach.mail.parsing.invitations import read
from outreach.models import Meeting
from tests.cast import Cast, day, make_contact, make_deal
from tests.outreach.test_meetings import ADDRESS, STAMP, calendar, holds, publishes

HELD = [(day(1), day(7, 11))]
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"  # on days 7, 14, 21 and 28, ten to eleven


@pytest.fixture
def mara(cast: Cast) -> Contact:
    return make_contact(addresses={"email": ADDRESS})


@pytest.fixture
def deal(ines: User, mara: Contact) -> Deal:
    return make_deal(ines, contact=mara, turn=Turn.THEIRS)


def theirs(user: User, answer: str, at: datetime, method: str = "", **told: Any) -> str:
    """Return what a calendar says of a meeting that Mara called, and what one of us answered."""
    return calendar(
        method, organizer=ADDRESS, attendee=user.email, answer=answer, at=at, **told
    )  # fmt: skip


def published_by(user: User, answer: str, at: datetime, **told: Any) -> None:
    """Let a user's published calendar be read: they said it at an instant, an hour before."""
    text = theirs(user, answer, at, **told)
    publishes(user, text, now=at.replace(hour=at.hour + 1))


def nothing_of_it(user: User, now: datetime) -> None:
    publishes(user, calendar(uid="other", attendee="x@example.net"), now=now)


def mailed(deal: Deal, text: str, at: datetime, user: User, *, is_from_us: bool = False) -> None:
    """Let a mail on the deal arrive."""
    [appointment] = read(text, zone="UTC", now=at)
    told = Told(deal, deal.contact, user, at, is_from_us=is_from_us)
    meetings.apply(appointment, told, now=at)


@pytest.mark.parametrize("answer", ["TENTATIVE", "DECLINED", "NEEDS-ACTION"])
def test_what_a_colleague_answers_ends_no_hold(deal: Deal, cast: Cast, answer: str) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    published_by(cast.maud, answer, day(2))
    published_by(cast.ines, "ACCEPTED", day(1))

    assert holds() == HELD
    meeting = Meeting.objects.get()
    assert (meeting.state, meeting.user) == ("accepted", cast.ines)


def test_a_colleague_who_answered_first_keeps_nobody_from_accepting(deal: Deal, cast: Cast) -> None:
    published_by(cast.maud, "DECLINED", day(2))
    published_by(cast.ines, "ACCEPTED", day(1))

    assert holds() == HELD
    assert Meeting.objects.get().user == cast.ines


def test_it_is_held_until_the_last_of_us_declines(deal: Deal, cast: Cast) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    published_by(cast.maud, "ACCEPTED", day(2))
    published_by(cast.ines, "DECLINED", day(3))
    assert holds() == HELD

    published_by(cast.maud, "DECLINED", day(4))

    assert holds() == [(day(1), day(4, 10))]


def test_it_is_held_until_it_is_gone_from_the_last_calendar(deal: Deal, cast: Cast) -> None:
    published_by(cast.maud, "ACCEPTED", day(1))
    published_by(cast.ines, "ACCEPTED", day(2))
    nothing_of_it(cast.maud, day(3))
    assert holds() == HELD

    nothing_of_it(cast.ines, day(4))

    assert holds() == [(day(1), day(4))]
    assert Meeting.objects.get().state == "cancelled"


def test_what_a_colleague_put_out_of_their_calendar_ends_no_hold(deal: Deal, cast: Cast) -> None:
    published_by(cast.maud, "TENTATIVE", day(1))
    published_by(cast.ines, "ACCEPTED", day(1))
    nothing_of_it(cast.maud, day(3))

    assert holds() == HELD


def test_the_organizers_cancellation_ends_it_for_all(deal: Deal, cast: Cast) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    published_by(cast.maud, "ACCEPTED", day(2))
    mailed(deal, theirs(cast.maud, "ACCEPTED", day(3), "CANCEL"), day(3), cast.maud)
    published_by(cast.ines, "ACCEPTED", day(4))

    assert holds() == [(day(1), day(3))]
    assert Meeting.objects.get().state == "cancelled"


def test_a_cancellation_that_stands_in_one_calendar_counts(deal: Deal, cast: Cast) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    published_by(cast.maud, "TENTATIVE", day(3), more="STATUS:CANCELLED", sequence=1)

    assert holds() == [(day(1), day(3, 10))]


def test_what_the_organizer_moves_by_mail_waits_for_new_answers(deal: Deal, cast: Cast) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    moved: Any = {"start": day(9, 14), "sequence": 1}
    mailed(deal, theirs(cast.maud, "NEEDS-ACTION", day(3), "REQUEST", **moved), day(3), cast.maud)
    assert holds() == [(day(1), day(3))]

    published_by(cast.ines, "ACCEPTED", day(4), **moved)

    assert holds() == [(day(1), day(3)), (day(4), day(9, 15))]


def test_a_meeting_moved_in_a_colleagues_calendar_is_moved(deal: Deal, cast: Cast) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    moved: Any = {"start": day(9, 14), "sequence": 1}
    published_by(cast.maud, "TENTATIVE", day(3), **moved)
    published_by(cast.ines, "ACCEPTED", day(4), **moved)

    assert holds() == [(day(1), day(9, 15))]


def test_who_stays_away_from_one_of_a_series_leaves_the_others_in_it(
    deal: Deal, cast: Cast
) -> None:
    published_by(cast.ines, "ACCEPTED", day(1), more=WEEKLY)
    alone = f"RECURRENCE-ID:{day(7, 10).strftime(STAMP)}"
    published_by(cast.maud, "DECLINED", day(2), more=alone)
    series = theirs(cast.maud, "TENTATIVE", day(2), more=WEEKLY)
    left_out = theirs(cast.maud, "DECLINED", day(2), more=alone)
    event = left_out[left_out.index("BEGIN:VEVENT") : left_out.index("END:VCALENDAR")]
    text = series.replace("END:VCALENDAR", f"{event}END:VCALENDAR")
    publishes(cast.maud, text, now=day(3))
    assert holds() == HELD

    published_by(cast.ines, "DECLINED", day(4), more=alone)

    assert Meeting.objects.get().starts_at == day(14, 10)


def test_what_one_of_us_organizes_is_off_by_their_calendar_alone(deal: Deal, cast: Cast) -> None:
    text = calendar(answer="ACCEPTED", organizer=cast.ines.email)
    publishes(cast.maud, text, now=day(1))
    publishes(cast.ines, text, now=day(1))
    nothing_of_it(cast.maud, day(2))
    assert holds() == HELD

    nothing_of_it(cast.ines, day(3))

    assert holds() == [(day(1), day(3))]


STORIES = {
    "ines accepts": (["ines ACCEPTED 0", "maud DECLINED 0", "maud TENTATIVE 0"], "accepted"),
    "maud goes in her place": (
        ["ines ACCEPTED 0", "maud ACCEPTED 0", "ines DECLINED 0"], "accepted"
    ),
    "nobody goes": (["ines ACCEPTED 0", "maud TENTATIVE 0", "ines DECLINED 0"], "declined"),
    "moved, one has answered": (
        ["ines ACCEPTED 0", "mara REQUEST 1", "maud ACCEPTED 1", "ines TENTATIVE 1"], "accepted"
    ),
    "cancelled": (["ines ACCEPTED 0", "maud ACCEPTED 0", "mara CANCEL 0"], "cancelled"),
    "asked again after it was off": (
        ["ines ACCEPTED 0", "mara CANCEL 1", "mara REQUEST 2"], "invited"
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_the_order_of_arrival_does_not_matter(deal: Deal, cast: Cast, story: str) -> None:
    words, state = STORIES[story]

    def come(word: str, at: datetime) -> None:
        who, what, sequence = word.split()
        told: Any = {"sequence": int(sequence), "start": day(7 + int(sequence), 10)}
        if who == "mara":
            mailed(deal, theirs(cast.ines, "NEEDS-ACTION", at, what, **told), at, cast.ines)
        else:
            user = getattr(cast, who)
            text = theirs(user, what, at, "REPLY", **told)
            mailed(deal, text, at, user, is_from_us=True)

    for order in permutations([(word, day(1, 9 + at)) for at, word in enumerate(words)]):
        Meeting.objects.all().delete()
        for word, at in order:
            come(word, at)
        assert Meeting.objects.get().state == state, order


@pytest.mark.parametrize("has_a_deal", [True, False])
def test_who_does_not_see_the_deal_moves_nothing_on_it(
    deal: Deal, cast: Cast, *, has_a_deal: bool
) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    if has_a_deal:
        make_deal(cast.noor, contact=deal.contact, turn=Turn.THEIRS)
    published_by(cast.noor, "ACCEPTED", day(2), start=day(9, 14), sequence=1)
    published_by(cast.noor, "DECLINED", day(3), more="STATUS:CANCELLED", sequence=2)

    assert holds() == HELD
    meeting = Meeting.objects.get()
    assert (meeting.state, meeting.starts_at, meeting.sequence) == ("accepted", day(7, 10), 0)


def test_what_was_known_of_a_meeting_is_the_answer_of_who_told(deal: Deal, cast: Cast) -> None:
    published_by(cast.ines, "ACCEPTED", day(1))
    Meeting.objects.update(answers={})
    import_module("outreach.migrations.0018_our_answers").tell(apps, None)
    published_by(cast.maud, "DECLINED", day(2))

    assert holds() == HELD
