"""Mail with the address of one of us in From: it counts as ours only where something shows that."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User, Workspace
from deals.models import Touch
from outreach.mail import receive
from outreach.mail.filing import decide
from outreach.mail.parsing.parsed import ParsedMail
from outreach.models import Door, Mail, Mailbox
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import US, came, raw_mail, read_mail, taken_in
from tests.mailing import order
from tests.outreach.test_meetings import calendar

MARA = "mara@example.org"
IN_OUR_NAME = "It is in the name of one of us, but nothing shows that one of us sent it."


@pytest.fixture
def story(ines: User) -> Story:
    """A deal on which Mara wrote last: we owe an answer."""
    told = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    told.they_write(day(0, 10))
    return told


@pytest.fixture
def box(ines: User) -> Mailbox:
    return Mailbox.objects.create(user=ines, address=US, authority="mx.example.com")


def in_our_name(authenticity: str = "", **told: Any) -> ParsedMail:
    said = f"mx.example.com; dmarc={authenticity} header.from=example.com"
    headers = (("authentication-results", said),) if authenticity else ()
    return read_mail(sender=US, to=(MARA,), headers=headers, **told)


@pytest.mark.parametrize(
    ("authenticity", "why"),
    [("", IN_OUR_NAME), ("none", IN_OUR_NAME), ("fail", "Our server says that the sender is forged.")],
)  # fmt: skip
def test_mail_in_our_name_that_nobody_vouches_for_moves_no_turn(
    story: Story, box: Mailbox, authenticity: str, why: str
) -> None:
    mail = came(in_our_name(authenticity), day(1), mailbox=box)
    assert (mail.state, mail.state_why, mail.touch) == ("unverified", why, None)
    assert (mail.deal, mail.direction) == (story.deal, "outbound")
    assert story.silences[-1] == ("us", day(0, 10), None, "")


def test_to_refer_to_a_mail_that_we_know_makes_it_no_more_ours(
    story: Story, box: Mailbox, ines: User
) -> None:
    sent = order(story.deal, ines, now=day(1))
    mail = came(in_our_name(answers=(sent.message_id,)), day(1), mailbox=box)
    assert (mail.state, mail.touch) == ("unverified", None)


def test_a_calendar_in_our_name_holds_nothing(story: Story, box: Mailbox) -> None:
    said = calendar("REPLY", at=day(1), answer="ACCEPTED", organizer=MARA, attendee=US)
    came(in_our_name(verdict="calendar", calendars=(said,)), day(1), mailbox=box)
    assert not story.deal.holds.exists()


@pytest.mark.parametrize(
    "how", ["the folder of sent mail", "the token", "the server", "an archive"]
)
def test_mail_of_ours_counts_by_what_shows_that_it_is(
    story: Story, box: Mailbox, ines: User, how: str
) -> None:
    said = in_our_name("pass" if how == "the server" else "")
    ways: dict[str, dict[str, Any]] = {
        "the folder of sent mail": {"mailbox": box, "is_from_us": True},
        "the token": {"door": Door.CAPTURE, "user": ines},
        "the server": {"mailbox": box},
        "an archive": {"door": Door.ARCHIVE},
    }
    mail = came(said, day(3), **ways[how])
    assert (mail.state, mail.deal) == ("filed", story.deal)
    assert story.silences[-1][0] == "them"


def test_a_copy_among_sent_mail_settles_the_doubt_and_an_archive_that_came_before_keeps_it_settled(
    story: Story, box: Mailbox
) -> None:
    said = in_our_name(at=day(1))
    assert came(said, day(1), mailbox=box).state == "unverified"
    assert came(said, day(1), mailbox=box, is_from_us=True).state == "filed"
    other = in_our_name(at=day(2), message_id="<two@x>")
    came(other, day(2), door=Door.ARCHIVE)
    assert came(other, day(2), mailbox=box).state == "filed"
    assert Touch.objects.filter(direction="outbound").count() == 2


def test_a_touch_that_was_taken_off_counts_again_once_somebody_vouches(
    story: Story, box: Mailbox
) -> None:
    Workspace.objects.update(demands_pass=True)
    said = read_mail(sender=MARA, at=day(1))
    touch = came(said, day(2), door=Door.ARCHIVE).touch
    assert touch is not None
    assert came(said, day(2), mailbox=box).state == "unverified"
    passed = (("authentication-results", "mx.example.com; dmarc=pass header.from=example.org"),)
    mail = came(read_mail(sender=MARA, at=day(1), headers=passed), day(2), mailbox=box)
    assert (mail.state, mail.touch) == ("filed", touch)
    assert Touch.objects.standing().filter(pk=touch.pk).exists()


def test_the_rep_says_whether_they_sent_it(
    story: Story, box: Mailbox, ines: User, client: Client
) -> None:
    mail = came(in_our_name(), day(1), mailbox=box)
    client.force_login(ines)
    page = client.get(reverse("outreach:unverified")).content.decode()
    assert "It would count as our mail to mara@example.org" in page
    assert decide.confirm(mail, user=ines, now=day(2))
    assert Mail.objects.get().state == "filed"
    assert story.silences[-1] == ("them", day(1), None, "")


def test_what_is_in_our_name_and_read_from_the_wire_waits_too(story: Story, box: Mailbox) -> None:
    taken_in(day(1), raw=raw_mail(sender=f"Ines <{US}>", to=MARA), mailbox=box)
    receive.file_waiting(day(1), monotonic() + 60)
    assert Mail.objects.get().state == "unverified"
