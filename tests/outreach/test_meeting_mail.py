"""Invitations and answers as they come by mail: read, filed, and what they do to a deal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from accounts.models import User, Workspace
from deals import conversation
from deals.models import Hold, Silence, Touch
from outreach import mail_undo, meeting_holds
from outreach.mail.filing import decide
from outreach.mail.parsing.parsed import Verdict
from outreach.mail.parsing.reading import read
from outreach.mail.parsing.trimming import trimmed
from outreach.mail_undo import Before
from outreach.models import Door, Mail, Meeting
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import US, came
from tests.outreach.test_meetings import calendar

MARA = "mara@example.org"


@pytest.fixture
def story(ines: User) -> Story:
    """A deal with Mara, on which we wrote on the first day."""
    told = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    told.we_write(day(0, 10))
    return told


def invitation(text: str, *, sender: str = MARA, to: str = US, words: str = "See you!") -> bytes:
    """Return a mail as calendars send it: words for people, and the same for programs."""
    method = text.split("METHOD:")[1].split(maxsplit=1)[0]
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: Fleet demo\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <{method}.{sender}>\r\nDate: Tue, 03 Mar 2026 09:00:00 +0000\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n"
        f"--b\r\nContent-Type: text/calendar; method={method}\r\n\r\n{text}\r\n--b--\r\n"
    ).encode()


def arrives(raw: bytes, at: datetime, **fields: object) -> None:
    """Let a mail come in, read and filed here instead of in a process of its own."""
    came(read(raw), at, **fields)  # type: ignore[arg-type]


def test_an_acceptance_by_mail_holds_the_deal_and_is_not_heard(story: Story) -> None:
    raw = invitation(calendar("REPLY", at=day(1), answer="ACCEPTED"), words="I will be there.")
    arrives(raw, day(1))
    arrives(raw, day(1, 10), door=Door.WEBHOOK)

    [mail] = Mail.objects.all()
    assert (mail.verdict, mail.state, mail.touch) == ("calendar", "automatic", None)
    assert list(Hold.objects.values_list("deal", "starts_at", "ends_at")) == [
        (story.deal.pk, day(1), day(7, 11))
    ]
    assert story.silences[-1] == ("them", day(0, 10), None, "")


def test_our_invitation_among_sent_mail_is_one_touch(story: Story) -> None:
    raw = invitation(calendar("REQUEST", at=day(1)), sender=US, to=MARA)
    arrives(raw, day(1), is_from_us=True)
    arrives(raw, day(1, 11), is_from_us=True)

    told = Touch.objects.filter(occurred_at__gte=day(1)).values_list("channel", "direction")
    assert list(told) == [("meeting", "outbound")]
    assert not Hold.objects.exists()


def test_our_acceptance_among_sent_mail_holds_the_deal(story: Story) -> None:
    theirs = {"organizer": MARA, "attendee": US}
    arrives(invitation(calendar("REQUEST", at=day(1), **theirs)), day(1))  # type: ignore[arg-type]
    accepted = calendar("REPLY", at=day(2), answer="ACCEPTED", **theirs)  # type: ignore[arg-type]
    arrives(invitation(accepted, sender=US, to=MARA), day(2), is_from_us=True)

    assert list(Hold.objects.values_list("starts_at", "ends_at")) == [(day(2), day(7, 11))]


def test_an_acceptance_that_nobody_vouches_for_holds_nothing(story: Story) -> None:
    Workspace.objects.update(demands_pass=True)
    arrives(invitation(calendar("REPLY", at=day(1), answer="ACCEPTED")), day(1))

    assert not Hold.objects.exists()
    assert not Meeting.objects.exists()


def test_a_broken_calendar_is_a_mail_like_any_other(story: Story) -> None:
    arrives(invitation("METHOD:REPLY\r\nBEGIN:VEVENT\r\nDTSTART:never"), day(1))

    assert Mail.objects.get().verdict == "calendar"
    assert not Meeting.objects.exists()


def holds() -> list[tuple[object, ...]]:
    return list(Hold.objects.order_by("pk").values_list("deal", "starts_at", "ends_at"))


@pytest.fixture
def two(story: Story, ines: User) -> tuple[Story, Story]:
    """Two deals with Mara: the first waits longer."""
    other = Story(make_deal(ines, "Demo", contact=story.deal.contact))
    other.we_write(day(0, 12))
    return story, other


def test_a_mail_that_is_moved_takes_its_meeting_along(two: tuple[Story, Story], ines: User) -> None:
    first, second = two
    arrives(invitation(calendar("REPLY", at=day(1), answer="ACCEPTED")), day(1))
    mail = Mail.objects.get()
    assert (mail.state, mail.deal, holds()) == (
        "assumed", first.deal, [(first.deal.pk, day(1), day(7, 11))],
    )  # fmt: skip

    assert decide.move(mail, second.deal, user=ines, now=day(2))

    assert holds() == [(second.deal.pk, day(1), day(7, 11))]
    mail.refresh_from_db()
    assert (mail.state, mail.touch, Meeting.objects.get().deal) == ("automatic", None, second.deal)
    told = Silence.objects.open().order_by("deal").values_list("deal", "held_until")
    assert list(told) == [(first.deal.pk, None), (second.deal.pk, day(7, 11))]


def test_an_invitation_of_ours_is_moved_with_its_touch_and_what_took_place(
    two: tuple[Story, Story], ines: User
) -> None:
    first, second = two
    told = {"sender": US, "to": MARA}
    arrives(invitation(calendar("REQUEST", at=day(1)), **told), day(1), is_from_us=True)
    arrives(invitation(calendar("REPLY", at=day(2), answer="ACCEPTED")), day(2))
    held = Hold.objects.get()
    before, after = (first, second) if held.deal == first.deal else (second, first)
    conversation.meeting_took_place(held, now=day(8))
    for mail in Mail.objects.order_by("pk"):
        decide.move(mail, after.deal, user=ines, now=day(9))

    channels = Touch.objects.filter(channel="meeting").values_list("deal", "direction")
    assert sorted(channels) == [(after.deal.pk, "outbound"), (after.deal.pk, "two_way")]
    assert before.silences[-1][0::2] == ("them", None)


def test_a_calendars_mail_that_nobody_vouches_for_waits_and_makes_its_meeting_once_confirmed(
    story: Story, ines: User
) -> None:
    Workspace.objects.update(demands_pass=True)
    arrives(invitation(calendar("REPLY", at=day(1), answer="ACCEPTED")), day(1))
    mail = Mail.objects.get()
    assert (mail.state, mail.deal, len(mail.calendars)) == ("unverified", story.deal, 1)
    assert decide.confirm(mail, user=ines, now=day(2))

    mail.refresh_from_db()
    assert (mail.state, mail.touch, mail.calendars) == ("automatic", None, [])
    assert holds() == [(story.deal.pk, day(1), day(7, 11))]
    assert story.silences[-1] == ("them", day(0, 10), None, "")


def test_what_is_said_to_be_forged_keeps_no_calendar(story: Story, ines: User) -> None:
    Workspace.objects.update(demands_pass=True)
    arrives(invitation(calendar("REPLY", at=day(1), answer="ACCEPTED")), day(1))
    assert decide.reject(Mail.objects.get(), user=ines, now=day(2))
    assert Mail.objects.get().calendars == []
    assert not Meeting.objects.exists()


def test_words_with_a_calendar_from_somebody_new_make_their_meeting_with_the_contact(
    ines: User,
) -> None:
    pia = {"organizer": "pia@new.example", "attendee": US}
    asked = calendar("REQUEST", at=day(1), answer="ACCEPTED", **pia)  # type: ignore[arg-type]
    said = replace(
        read(invitation(asked, sender="pia@new.example")), verdict=Verdict("reply", "Words.")
    )
    mail = came(said, day(1), user=ines)
    assert (mail.state, len(mail.calendars)) == ("unmatched", 1)
    decide.create_contact(mail, user=ines, now=day(2), title="Sails")

    mail.refresh_from_db()
    assert (mail.state, mail.calendars) == ("filed", [])
    assert holds() == [(mail.deal_id, day(1), day(7, 11))]


def test_of_a_calendar_that_waits_the_words_are_not_kept() -> None:
    text = calendar("REQUEST", more="DESCRIPTION:Our secret\r\n  plan\r\nX-ALT-DESC:<b>x</b>")
    [kept] = trimmed([text, "", "UID:" + "x" * 60_000])
    assert "secret" not in kept
    assert "plan" not in kept
    assert kept == calendar("REQUEST")


@pytest.mark.parametrize("method", ["CANCEL", "REQUEST"])
def test_what_we_organize_nobody_else_moves_or_cancels(story: Story, method: str) -> None:
    arrives(invitation(calendar("REPLY", at=day(1), answer="ACCEPTED")), day(1))
    for organizer in (US, MARA, "stranger@evil.example"):
        said = calendar(method, at=day(2), sequence=9, start=day(3, 10), organizer=organizer)
        arrives(invitation(said, sender=MARA), day(2))
        arrives(invitation(said, sender="stranger@evil.example"), day(2))
    assert holds() == [(story.deal.pk, day(1), day(7, 11))]


def test_what_they_organize_they_cancel(story: Story) -> None:
    theirs = {"organizer": MARA, "attendee": US}
    asked = calendar("REQUEST", at=day(1), answer="ACCEPTED", **theirs)  # type: ignore[arg-type]
    arrives(invitation(asked), day(1))
    assert holds() == [(story.deal.pk, day(1), day(7, 11))]
    off = calendar("CANCEL", at=day(2), sequence=1, **theirs)  # type: ignore[arg-type]
    arrives(invitation(off), day(2))
    assert holds() == [(story.deal.pk, day(1), day(2))]


def test_a_weekly_meeting_by_mail_goes_on(story: Story) -> None:
    weekly = calendar("REPLY", at=day(1), answer="ACCEPTED", more="RRULE:FREQ=WEEKLY")
    arrives(invitation(weekly), day(1))
    meeting_holds.go_on(day(7, 12))
    assert holds() == [
        (story.deal.pk, day(1), day(7, 11)), (story.deal.pk, day(7, 11), day(14, 11)),
    ]  # fmt: skip


def test_a_word_that_is_taken_back_takes_its_meeting_back_until_it_is_said_again(
    story: Story, ines: User
) -> None:
    Workspace.objects.update(demands_pass=True)
    arrives(invitation(calendar("REPLY", at=day(1), answer="ACCEPTED")), day(1))
    mail = Mail.objects.get()
    before = Before.of(mail)
    decide.confirm(mail, user=ines, now=day(2))
    word = before.said(mail)
    for _ in range(2):
        mail_undo.take_back(mail, word, now=day(3))
    assert (holds(), Mail.objects.get().state) == ([], "unverified")
    assert story.silences[-1] == ("them", day(0, 10), None, "")

    assert decide.confirm(mail, user=ines, now=day(4))
    assert holds() == [(story.deal.pk, day(1), day(7, 11))]
