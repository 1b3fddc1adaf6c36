"""A mail that came back is struck out: it is our move, and its address is dead. Nobody else's is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import User
from contacts.models import Address, OptOut
from deals import people
from outreach import fates, sweeping
from outreach.mail.parsing.parsed import Verdict
from outreach.mail.parsing.reading import read
from outreach.mail.sorting.fullness import spares_address
from outreach.models import Delivery, Mailbox, Notice, Suggestion
from tests.cast import Story, day, make_contact, make_deal
from tests.incoming import came, read_mail
from tests.mailing import email_of, order

MARA, PIOTR = "mara@example.org", "piotr@example.org"


@pytest.fixture
def story(ines: User) -> Story:
    """They wrote on the first day: the move is ours."""
    told = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    told.they_write(day(0, 10))
    return told


def answered(story: Story, user: User, **fields: Any) -> Delivery:
    """A mail of the app that went out on the second day."""
    sent = order(story.deal, user, now=day(1), **fields)
    sent.move(Delivery.State.SENDING, among=["queued"], claimed_at=day(1, 10))
    fates.sent(sent, now=day(1, 10))
    return sent


def bounce(**fields: Any) -> Any:
    told = {
        "sender": "mailer-daemon@mx.example.org", "verdict": "bounce", "text": "No such user.",
        "subject": "Undelivered", "message_id": "<b@mx.example.org>", "dead": (MARA,),
    }  # fmt: skip
    return read_mail(**{**told, **fields})


def health(address: str) -> str:
    return Address.objects.get(value=address).health


def test_a_bounce_gives_the_move_back_to_us(story: Story, ines: User) -> None:
    sent = answered(story, ines)
    assert story.silence.by == "them"
    for _ in range(2):
        mail = came(bounce(about=(sent.message_id,)), day(1, 11))
    sent.refresh_from_db()
    assert (sent.state, sent.touch.is_delivered, health(MARA)) == ("bounced", False, "dead")
    assert story.silences[-1] == ("us", day(0, 10), None, "")
    assert (mail.state, mail.deal, mail.delivery) == ("automatic", story.deal, sent)
    [notice] = Notice.objects.all()
    assert (notice.kind, notice.user) == ("not_arrived", ines)
    assert notice.text.endswith("did not arrive: our move.")


def test_a_bounced_attempt_is_none_and_its_suggestion_is_open_again(ines: User) -> None:
    story = Story(make_deal(ines, "Demo", contact=make_contact(addresses={"email": MARA})))
    make = Address(contact=story.deal.contact, channel="email", value="m@example.org")
    people.change_address(make)
    story.we_write(day(-9, 10))
    sweeping.run(day(1))
    sent = answered(story, ines, address=Address.objects.get(value=MARA))
    assert (story.silence.attempts, Suggestion.objects.live().count()) == (1, 0)
    came(bounce(about=(sent.message_id,)), day(1, 11))
    assert (story.silence.attempts, story.silence.started_at) == (0, day(-9, 10))
    assert Suggestion.objects.live().count() == 1


def test_a_bounce_without_an_id_is_of_the_last_mail_that_went_there_lately(
    story: Story, ines: User
) -> None:
    sent = answered(story, ines)
    came(bounce(dead=("somebody@example.org",)), day(2))
    sent.refresh_from_db()
    assert sent.state == "sent"
    came(bounce(message_id="<c@mx.example.org>"), day(2))
    sent.refresh_from_db()
    assert sent.state == "bounced"


def test_a_bounce_that_is_too_late_or_forged_strikes_nothing_out(story: Story, ines: User) -> None:
    sent = answered(story, ines)
    box = Mailbox.objects.create(user=ines, address="ines@yard.example", authority="mx.example.com")
    fails = (("authentication-results", "mx.example.com; dmarc=fail"),)
    came(bounce(headers=fails), day(2), mailbox=box)
    came(bounce(message_id="<c@mx.example.org>", about=("<other@yard.example>",), dead=()), day(2))
    came(bounce(message_id="<d@mx.example.org>"), day(20))
    sent.refresh_from_db()
    assert (sent.state, health(MARA)) == ("sent", "alive")
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("sender", "state"),
    [
        ("mailer-daemon@evil.example", "sent"),
        ("mailer-daemon@notexample.org", "sent"),
        ("mailer-daemon@org", "sent"),
        ("mailer-daemon@mx1.mail.example.org", "bounced"),
        ("mailer-daemon@example.com", "bounced"),
        ("", "bounced"),
    ],
)
def test_a_bounce_without_an_id_counts_from_either_end_of_the_way_only(
    story: Story, ines: User, sender: str, state: str
) -> None:
    Mailbox.objects.create(user=ines, address="ines@mail.example.com", smtp_host="mx.example.com")
    sent = answered(story, ines)
    came(bounce(sender=sender), day(2))
    sent.refresh_from_db()
    assert sent.state == state


def test_mail_that_was_sent_elsewhere_is_struck_out_too(story: Story, ines: User) -> None:
    ours = read_mail(sender="ines@example.com", to=(MARA,), message_id="<a@x.example>")
    came(ours, day(1), is_from_us=True, user=ines)
    assert story.silence.by == "them"
    came(bounce(about=("<a@x.example>",)), day(2))
    assert story.silences[-1] == ("us", day(0, 10), None, "")
    assert health(MARA) == "dead"
    [notice] = Notice.objects.all()
    assert (
        notice.text == "Fleet telematics: your mail to mara@example.org did not arrive: our move."
    )


def test_the_bounce_may_be_read_before_the_mail_that_it_sends_back(
    story: Story, ines: User
) -> None:
    came(bounce(about=("<a@x.example>",)), day(2))
    ours = read_mail(sender="ines@example.com", to=(MARA,), message_id="<a@x.example>")
    came(ours, day(1), is_from_us=True, user=ines)
    assert story.silences[-1] == ("us", day(0, 10), None, "")
    assert health(MARA) == "dead"


def test_of_two_recipients_only_the_one_whose_copy_came_back_is_dead(
    story: Story, ines: User
) -> None:
    piotr = make_contact("Piotr", addresses={"email": PIOTR})
    people.join(story.deal, piotr, now=day(0))
    ours = read_mail(sender="ines@example.com", to=(MARA, PIOTR), message_id="<a@x.example>")
    came(ours, day(1), is_from_us=True, user=ines)
    came(bounce(about=("<a@x.example>",)), day(2))
    assert (health(MARA), health(PIOTR)) == ("dead", "alive")
    assert story.silences[-1] == ("them", day(1), None, "")
    came(bounce(about=("<a@x.example>",), dead=(PIOTR,), message_id="<c@mx.example.org>"), day(2))
    assert story.silences[-1] == ("us", day(0, 10), None, "")


def test_a_first_touch_that_bounced_leaves_the_deal_awaiting_one(ines: User) -> None:
    story = Story(make_deal(ines, contact=make_contact(addresses={"email": MARA})))
    sent = answered(story, ines)
    came(bounce(about=(sent.message_id,)), day(2))
    assert story.silence.by == "nobody"
    assert Notice.objects.get().kind == "not_arrived"


def test_a_delay_and_a_receipt_change_nothing(story: Story, ines: User) -> None:
    sent = answered(story, ines)
    for number, verdict in enumerate(("delay", "receipt")):
        came(bounce(verdict=verdict, about=(sent.message_id,), message_id=f"<{number}@x>"), day(2))
    sent.refresh_from_db()
    assert (sent.state, health(MARA)) == ("sent", "alive")
    assert story.silences[-1] == ("them", day(1, 10), None, "")


def test_a_complaint_about_a_mail_of_ours_ends_mail_to_them(story: Story, ines: User) -> None:
    sent = answered(story, ines)
    for about in ("<forged@x.example>", sent.message_id, sent.message_id):
        came(bounce(verdict="report", about=(about,), message_id=f"<r{about[1:]}"), day(2))
    [out] = OptOut.objects.all()
    assert (out.contact, out.channel) == (story.deal.contact, "email")
    [notice] = Notice.objects.all()
    assert (notice.kind, notice.user) == ("complained", ines)


def test_a_bounce_that_names_no_address_kills_the_one_that_its_mail_went_to(
    story: Story, ines: User
) -> None:
    sent = answered(story, ines)
    came(bounce(about=(sent.message_id,), dead=(), to=("ines@example.com",)), day(2))
    assert email_of(story.deal.contact).health == "dead"


@pytest.mark.parametrize(
    ("said", "is_good"),
    [("A delivery status says “failed” (5.2.2).", True), ("552 4.2.2 over quota", True),
     ("Its words are a mail server’s. It says that the mailbox is full.", True),
     ("552 5.3.4 Message too big for system", True), ("quota exceeded", True),
     ("The recipient's inbox is out of\nstorage space", True), ("Das Postfach ist voll.", True),
     ("552 Mailbox for user is full", True), ("La boîte de Mara est pleine", True),
     ("422 Not enough storage space", True), ("Mail size limit exceeded.", True),
     ("The storage is behind the full house", False), ("550 mailbox unavailable", False),
     ("A delivery status says “failed” (5.1.1).", False), ("15.2.21 is a price", False),
     ("5.2.1 mailbox disabled", False), ("", False)],
)  # fmt: skip
def test_a_full_mailbox_speaks_for_its_address(said: str, is_good: bool) -> None:
    assert spares_address(said) == is_good


@pytest.mark.parametrize("is_by_the_app", [True, False])
def test_a_full_mailbox_gives_the_move_back_and_leaves_the_address_alone(
    story: Story, ines: User, is_by_the_app: bool
) -> None:
    if is_by_the_app:
        about = answered(story, ines).message_id
    else:
        about = "<ours@x>"
        ours = read_mail(sender=ines.email, to=(MARA,), message_id=about)
        came(ours, day(1, 10), is_from_us=True)
    said = Verdict("bounce", "A delivery status says “failed” (5.2.2).", None, (MARA,), (about,))
    came(replace(bounce(), verdict=said), day(1, 11))
    assert story.silences[-1] == ("us", day(0, 10), None, "")
    assert health(MARA) != "dead"


def test_a_refusal_in_prose_that_says_so_is_known_as_a_full_mailbox() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example.org\r\nTo: ines@example.com\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\n\r\n"
        b"<mara@example.org>: host mx said: 552 The mailbox is over quota\r\n"
    )
    verdict = read(raw).verdict
    assert (verdict.name, verdict.recipients) == ("bounce", (MARA,))
    assert verdict.why.endswith("It says that the mailbox is full.")


FAILED = "Final-Recipient: rfc822; {who}\r\nAction: failed\r\nStatus: {code}\r\n{said}\r\n"
FULL = "Diagnostic-Code: smtp; 522 Delivery failed: Over quota\r\n"


@pytest.mark.parametrize(
    ("head", "body", "is_full"),
    [("X-Failed-Recipients: mara@example.org", "552 <mara@example.org> Quota exceeded", True),
     ("X-Failed-Recipients: mara@example.org", "550 <mara@example.org> no such user", False),
     ("Content-Type: message/delivery-status", FAILED.format(who=MARA, code="5.2.0", said=FULL),
      True),
     ("Content-Type: message/delivery-status",
      FAILED.format(who=MARA, code="5.2.0", said=FULL)
      + FAILED.format(who=PIOTR, code="5.1.1", said=""), False)],
)  # fmt: skip
def test_a_full_mailbox_is_known_by_what_a_server_says_beside_its_code(
    head: str, body: str, is_full: bool
) -> None:
    raw = f"From: MAILER-DAEMON@mx.example.org\r\nSubject: Undelivered\r\n{head}\r\n\r\n{body}\r\n"
    verdict = read(raw.encode()).verdict
    assert verdict.name == "bounce"
    assert MARA in verdict.recipients
    assert verdict.why.endswith("It says that the mailbox is full.") == is_full
