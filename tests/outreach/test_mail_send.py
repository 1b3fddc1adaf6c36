"""Sending through a real mail server: once, with what it should say, and knowing what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from threading import Barrier
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.utils.html import strip_tags

from accounts.models import User, Workspace
from deals import conversation, course, people
from deals.models import Outcome, Touch
from outreach import deliveries, fates, sweeping
from outreach.deliveries import UNDO_WINDOW
from outreach.mail import send
from outreach.mail.sending import transport, unsubscribe
from outreach.models import Delivery, Mailbox, Notice, Suggestion
from tests import mailing
from tests.cast import Story, day, make_contact, make_deal
from tests.mailing import Postbox, mail_server

NOW = day(9)
LATER = NOW + UNDO_WINDOW
MINUTE = timedelta(minutes=1)


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that is dark since the eighth day, swept on the tenth."""
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0, 10))
    sweeping.run(NOW)
    return told


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """The mail server of the workspace's provider."""
    with mail_server(Postbox()) as served:
        settings.EMAIL_BACKEND = transport.SMTP_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", served.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield served


def order(story: Story, **fields: Any) -> Delivery:
    return mailing.order(story.deal, story.deal.owner, **{"now": NOW, **fields})


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_mail_goes_out_once_and_becomes_a_touch(story: Story, postbox: Postbox) -> None:
    made = order(story)
    send.deliver(made.pk, LATER - timedelta(seconds=1))
    assert postbox.accepted == []
    for _ in range(3):
        send.deliver(made.pk, LATER)
    [(sender, recipients, _)] = postbox.accepted
    assert (sender, recipients) == ("lamplighter@localhost", [made.recipient])
    assert state(made) == "sent"
    touch = story.deal.touches.latest("occurred_at")
    assert (touch, touch.occurred_at) == (made.touch, LATER)
    assert (touch.subject, touch.note, touch.turn) == (made.subject, made.body, "theirs")
    assert (touch.contact, touch.address, touch.user) == (made.contact, made.address, made.user)
    assert (story.silence.attempts, story.silence.dark_attempts) == (1, 1)


def test_the_mail_says_who_writes_and_nothing_automatic(story: Story, postbox: Postbox) -> None:
    made = order(story, subject="Die ersten Schiffe: Grüße")
    send.deliver(made.pk, LATER)
    [mail] = postbox.mails
    assert mail["From"] == "Ines <lamplighter@localhost>"
    assert mail["Reply-To"] == "Ines <ines@example.com>"
    assert mail["To"] == f"Mara Lind <{made.recipient}>"
    assert mail["Subject"] == "Die ersten Schiffe: Grüße"
    assert mail["Message-ID"] == made.message_id
    assert mail["Date"].datetime == LATER
    assert {"Auto-Submitted", "List-Unsubscribe", "In-Reply-To"} & set(mail.keys()) == set()


def test_both_parts_read_the_same(story: Story, postbox: Postbox, ines: User) -> None:
    ines.signature = "Ines Holm\nNorthern Fleet <Systems>"
    ines.save()
    body = "Hallo Mara,\n\n.ein Punkt & <b>mehr</b>: https://example.org/a?b=1&c=2\nGrüße"
    made = order(story, body=body)
    send.deliver(made.pk, LATER)
    [mail] = postbox.mails
    plain, html = part(mail, "plain"), part(mail, "html")
    assert plain == f"{body}\n\n-- \nInes Holm\nNorthern Fleet <Systems>\n"
    assert unescape(strip_tags(html.replace("<br>", "\n"))).split() == plain.split()
    assert '<a href="https://example.org/a?b=1&amp;c=2">' in html
    assert "<b>" not in html
    assert "<img" not in html
    raw = postbox.accepted[0][2]
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998


def test_mails_of_one_deal_to_one_person_are_a_thread(story: Story, postbox: Postbox) -> None:
    first, second = order(story), None
    send.deliver(first.pk, LATER)
    second = order(story, body="A second thing?", now=NOW + MINUTE)
    send.deliver(second.pk, NOW + 2 * MINUTE)
    piotr = make_contact("Piotr")
    people.join(story.deal, piotr, now=NOW)
    other = order(story, contact=piotr, now=NOW + MINUTE)
    send.deliver(other.pk, NOW + 2 * MINUTE)
    _, again, apart = postbox.mails
    assert (again["In-Reply-To"], again["References"]) == (first.message_id, first.message_id)
    assert apart["In-Reply-To"] is None


def test_one_click_unsubscribe_comes_only_where_the_workspace_offers_it(
    story: Story, postbox: Postbox, workspace: Workspace
) -> None:
    workspace.offers_unsubscribe = True
    workspace.save()
    made = order(story)
    send.deliver(made.pk, LATER)
    [mail] = postbox.mails
    url = unsubscribe.address_of(made)
    assert mail["List-Unsubscribe"].strip() == f"<{url}>"  # a long one goes on its own line
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"To hear no more from us by e-mail: {url}\n" in part(mail, "plain")


def test_a_reps_own_mailbox_sends_for_them(story: Story, settings: Any, ines: User) -> None:
    with mail_server(Postbox(), auth_required=True) as own:
        Mailbox.objects.create(
            user=ines, address="ines@yard.example", smtp_host="127.0.0.1", smtp_port=own.port,
            smtp_security="none", username="ines", password="open sesame",
        )  # fmt: skip
        made = order(story)
        send.deliver(made.pk, LATER)
    [mail] = own.mails
    assert (mail["From"], mail["Reply-To"]) == ("Ines <ines@yard.example>", None)
    assert own.sign_ins == [(b"ines", b"open sesame")]
    assert state(made) == "sent"


def test_a_refused_recipient_did_not_arrive(story: Story, postbox: Postbox, ines: User) -> None:
    postbox.refuses = "550 5.1.1 No such user here"
    made = order(story)
    send.deliver(made.pk, LATER)
    assert state(made) == "bounced"
    assert made.problem == "The mail server said: 550 5.1.1 No such user here"
    assert made.address is not None
    assert made.address.health == "dead"
    assert made.touch is None
    assert story.silence.attempts == 0
    told = Notice.objects.get()
    assert (told.kind, told.user) == ("not_arrived", ines)
    fresh = Suggestion.objects.live().get()
    assert fresh.channel == "phone"
    assert fresh != made.suggestion


@pytest.mark.parametrize(
    ("refusal", "fate"),
    [
        ("550 5.7.1 Your server is on a list", "failed"),
        ("530 5.7.0 Sign in first", "failed"),
        ("552 5.2.2 Mailbox full", "queued"),
        ("450 4.2.0 Greylisted", "queued"),
    ],
)
def test_a_refusal_that_says_nothing_about_the_address_leaves_it_alone(
    story: Story, postbox: Postbox, refusal: str, fate: str
) -> None:
    postbox.refuses = refusal
    made = order(story)
    send.deliver(made.pk, LATER)
    assert state(made) == fate
    assert made.address is not None
    assert made.address.health == "alive"
    assert list(story.deal.touches.filter(source="delivery")) == []


def test_a_server_that_puts_it_off_gets_it_later_and_once(story: Story, postbox: Postbox) -> None:
    postbox.puts_off = 1
    made = order(story)
    send.deliver(made.pk, LATER)
    assert state(made) == "queued"
    assert made.problem == "The mail server said: 451 4.7.1 Try again later"
    assert LATER + MINUTE <= made.send_at <= LATER + 2 * MINUTE
    send.deliver(made.pk, LATER + 2 * MINUTE)
    assert (state(made), len(postbox.accepted), made.problem) == ("sent", 1, "")


def test_after_an_hour_of_that_it_has_failed_and_the_rep_is_told(
    story: Story, postbox: Postbox, ines: User
) -> None:
    postbox.puts_off = 100
    made = order(story)
    tries = 0
    while state(made) == "queued":
        send.deliver(made.pk, made.send_at)
        tries += 1
    assert (made.state, tries) == ("failed", 7)
    hour = sum(fates.WAITS, timedelta())
    assert made.ended_at is not None
    assert LATER + hour <= made.ended_at <= LATER + hour + MINUTE
    told = Notice.objects.get()
    assert (told.kind, told.user) == ("not_sent", ines)
    assert told.text == (
        "Fleet telematics: the mail to Mara Lind did not go out. "
        "The mail server said: 451 4.7.1 Try again later"
    )
    assert Suggestion.objects.live().get() == made.suggestion


def test_a_server_that_hangs_up_after_the_text_leaves_it_unknown(
    story: Story, postbox: Postbox
) -> None:
    postbox.hangs_up = True
    made = order(story)
    send.deliver(made.pk, LATER)
    assert (state(made), len(postbox.accepted)) == ("unknown", 1)
    send.deliver(made.pk, LATER + timedelta(hours=1))
    assert len(postbox.accepted) == 1
    assert Notice.objects.get().kind == "unknown_sent"
    assert list(Suggestion.objects.live()) == []


def test_a_server_that_is_not_there_is_tried_again(
    story: Story, postbox: Postbox, settings: Any
) -> None:
    settings.EMAIL_PORT = 1
    made = order(story)
    send.deliver(made.pk, LATER)
    assert state(made) == "queued"
    assert made.problem == "Nothing answers at 127.0.0.1, port 1. Check both."


def test_a_worker_that_dies_while_sending_sends_nothing_twice(
    story: Story, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = order(story)
    with monkeypatch.context() as patched:
        patched.setattr(fates, "sent", _die)
        with pytest.raises(SystemExit):
            send.deliver(made.pk, LATER)
    assert (state(made), len(postbox.accepted)) == ("sending", 1)
    send.deliver(made.pk, LATER + MINUTE)
    fates.give_up_lost(LATER + fates.LOST_AFTER)
    send.deliver(made.pk, LATER + fates.LOST_AFTER)
    assert (state(made), len(postbox.accepted)) == ("unknown", 1)


def _die(*args: object, **options: object) -> None:
    raise SystemExit


def test_a_worker_that_comes_back_after_all_is_believed(story: Story, postbox: Postbox) -> None:
    made = order(story)
    made.move(Delivery.State.SENDING, among=["queued"], claimed_at=LATER)
    fates.give_up_lost(LATER + fates.LOST_AFTER)
    fates.sent(made, now=LATER + fates.LOST_AFTER)
    fates.sent(made, now=LATER + fates.LOST_AFTER)
    assert state(made) == "sent"
    assert Touch.objects.filter(source="delivery").count() == 1


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (lambda s: people.opt_out(s.deal.contact, now=NOW), "Mara Lind wants to hear nothing"),
        (lambda s: s.they_write(NOW), "They were heard in the meantime."),
        (
            lambda s: course.close(s.deal, Outcome.WON, now=NOW + timedelta(seconds=2)),
            "The deal was closed in the meantime.",
        ),
        (lambda s: s.we_talk(day(8), recorded_at=NOW), "They were heard in the meantime."),
        (
            lambda s: User.objects.filter(pk=s.deal.owner.pk).update(is_active=False),
            "Ines does not work here any more.",
        ),
    ],
)
def test_what_happens_before_it_goes_out_stops_it(
    story: Story, postbox: Postbox, happens: Callable[[Story], Any], why: str
) -> None:
    made = order(story)
    happens(story)
    send.deliver(made.pk, LATER)
    assert (state(made), postbox.accepted) == ("cancelled", [])
    assert made.problem.startswith(why)
    assert Notice.objects.filter(kind="not_sent").count() == 1


def test_a_dead_address_stops_it_too(story: Story, postbox: Postbox) -> None:
    made = order(story)
    assert made.address is not None
    made.address.health = "dead"
    people.change_address(made.address)
    send.deliver(made.pk, LATER)
    assert (state(made), postbox.accepted) == ("cancelled", [])


def test_an_old_archive_that_is_imported_meanwhile_does_not_stop_it(
    story: Story, postbox: Postbox
) -> None:
    made = order(story)
    touch = Touch(direction="inbound", channel="email", occurred_at=day(0, 9))
    conversation.record(story.deal, touch, now=NOW)
    send.deliver(made.pk, LATER)
    assert state(made) == "sent"


def test_a_reply_to_what_came_before_the_last_touch_moves_the_deal_on(
    story: Story, postbox: Postbox
) -> None:
    story.we_write(day(3))
    sweeping.run(NOW)
    story.deal.refresh_from_db()
    made = order(story)
    touch = Touch(direction="inbound", channel="email", occurred_at=day(2))
    conversation.record(story.deal, touch, now=NOW)
    send.deliver(made.pk, LATER)
    assert (state(made), made.problem) == (
        "cancelled", "The deal has moved on since it was written. Look at it again first.",
    )  # fmt: skip


def test_a_closing_note_goes_out_although_the_deal_was_let_go_with_it(
    story: Story, postbox: Postbox
) -> None:
    made = order(story)
    course.let_go(story.deal, now=NOW, look_again_on=day(90).date())
    send.deliver(made.pk, LATER)
    assert state(made) == "sent"
    story.deal.refresh_from_db()
    assert story.deal.outcome == "resting"


def test_what_is_taken_back_in_time_never_goes_out(story: Story, postbox: Postbox) -> None:
    made = order(story)
    deliveries.cancel(made, NOW)
    send.deliver(made.pk, LATER)
    assert postbox.accepted == []


def test_words_to_an_erased_person_are_forgotten_once_they_are_out(
    story: Story, postbox: Postbox
) -> None:
    made = order(story)
    people.erase(story.deal.contact, now=NOW)
    send.forget_erased()
    assert (state(made), made.recipient != "") == ("queued", True)
    send.deliver(made.pk, LATER)
    send.forget_erased()
    assert (state(made), made.recipient, made.body) == ("cancelled", "", "")


class Refusing:
    """A mail backend of a provider, whose errors are its own."""

    error: Exception | None = None

    def __init__(self, **options: object) -> None: ...
    def open(self) -> None: ...
    def close(self) -> None: ...

    def send_messages(self, mails: list[EmailMultiAlternatives]) -> int:
        if Refusing.error:
            raise Refusing.error
        return len(mails)


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (None, "sent"),
        (ValueError("something else"), "unknown"),
        (transport.SMTPRecipientsRefused({"a": (550, b"5.1.1 nobody")}), "bounced"),
        (transport.SMTPResponseException(451, b"later"), "queued"),
    ],
)
def test_another_backend_says_what_it_knows(
    story: Story, settings: Any, error: Exception | None, fate: str
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.error = error
    made = order(story)
    send.deliver(made.pk, LATER)
    assert state(made) == fate


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_mail_once(story: Story, postbox: Postbox) -> None:
    made = [order(story, body=f"Question {number}?") for number in range(3)]
    together = Barrier(4)

    def work() -> None:
        together.wait()
        try:
            for pk in send.due(LATER):
                send.deliver(pk, LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert [state(each) for each in made] == ["sent"] * 3
    assert sorted(part(mail, "plain") for mail in postbox.mails) == [
        "Question 0?\n", "Question 1?\n", "Question 2?\n",
    ]  # fmt: skip
    assert Touch.objects.filter(source="delivery").count() == 3


def test_a_password_whose_key_is_gone_fails_with_its_remedy(
    story: Story, settings: Any, ines: User
) -> None:
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    Mailbox.objects.create(user=ines, address="i@y.example", smtp_host="y", password="secret")
    made = order(story)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    send.deliver(made.pk, LATER)
    assert state(made) == "failed"
    assert "Add the key that it was saved with, or enter the password again." in made.problem


def test_a_provider_that_cannot_be_reached_is_tried_again(story: Story, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Unreachable"
    made = order(story)
    send.deliver(made.pk, LATER)
    assert (state(made), made.problem) == ("queued", "The mail provider could not be reached.")


class Unreachable(Refusing):
    def open(self) -> None:
        raise ConnectionRefusedError


def test_mail_names_the_host_that_people_know(
    story: Story, postbox: Postbox, settings: Any
) -> None:
    settings.BASE_URL = "https://lamp.example"
    made = order(story)
    send.deliver(made.pk, LATER)
    assert state(made) == "sent"
    assert made.message_id.endswith("@lamp.example>")
