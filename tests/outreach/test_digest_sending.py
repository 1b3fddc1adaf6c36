"""Sending digests: by a real mail server, at most once, with one click to stop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from outreach import tasks
from outreach.digest import asking, making, recipients, sending
from outreach.fates import LOST_AFTER
from outreach.models import Digest, DigestSettings
from tests.cast import Cast
from tests.digesting import TUESDAY_8, dark, moment, of, states
from tests.mailing import Postbox, mail_server

State = Digest.State
SECONDS = 60


@pytest.fixture(autouse=True)
def _clocks(workspace: Workspace) -> None:
    workspace.time_zone = "UTC"
    workspace.save()


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    with mail_server(Postbox()) as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield box


def send(now: Any = TUESDAY_8) -> bool:
    return sending.send_due(now, seconds=SECONDS)


def stop_path() -> str:
    """Return the path of the link in the first mail that was sent."""
    header = mail.outbox[0].extra_headers["List-Unsubscribe"]
    found = re.fullmatch(r"<http://127\.0\.0\.1:8000(/\S+)>", header)
    assert found
    return found[1]


def test_a_digest_reaches_its_reader_in_two_forms(ines: User, postbox: Postbox) -> None:
    dark(ines, title="Fleet & harbour")
    making.make(TUESDAY_8)
    send()
    [sent] = postbox.mails
    assert (sent["To"], sent["Subject"]) == ("Ines <ines@example.com>", "1 deal went dark")
    assert sent["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in sent.iter_parts())
    assert "WENT DARK\n\n- Fleet & harbour, €\u00a01,000\n" in text.replace("\r\n", "\n")
    assert "dark since Monday, 10:00" in text
    assert "http://127.0.0.1:8000/?deal=" in text
    assert "Fleet &amp; harbour" in html
    assert "<img" not in html
    assert states() == ["sent"]


def test_every_mail_offers_one_click_as_rfc_8058_asks(ines: User, postbox: Postbox) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    send()
    [sent] = postbox.mails
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = sent["List-Unsubscribe"].strip(" <>")
    assert link in sent.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert link in sent.get_body(("html",)).get_content()


def test_sending_twice_sends_once(ines: User, postbox: Postbox) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    send()
    send()
    tasks.make_digests()
    assert len(postbox.accepted) == 1


def test_what_a_server_puts_off_goes_out_later(ines: User, postbox: Postbox) -> None:
    postbox.puts_off = 1
    dark(ines)
    making.make(TUESDAY_8)
    send()
    assert states() == ["queued"]
    send(moment(8, 2))
    assert (states(), len(postbox.accepted)) == (["sent"], 1)


def test_what_nobody_can_tell_is_unknown_shown_in_the_app_and_never_resent(
    ines: User, postbox: Postbox
) -> None:
    DigestSettings.objects.create(user=ines, morning_in_app=False)
    postbox.hangs_up = True
    dark(ines)
    making.make(TUESDAY_8)
    send()
    assert states() == ["unknown"]
    postbox.hangs_up = False
    send(moment(9))
    making.make(moment(9))
    assert len(postbox.accepted) == 1
    assert len(asking.on_today(ines, moment(9))) == 1


def test_what_a_worker_claimed_and_left_is_unknown(ines: User) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    [digest] = of(ines)
    assert digest.move(State.SENDING, among=[State.QUEUED], claimed_at=TUESDAY_8)
    sending.give_up_lost(TUESDAY_8 + LOST_AFTER - timedelta(seconds=1))
    assert states() == ["sending"]
    sending.give_up_lost(TUESDAY_8 + LOST_AFTER)
    assert (states(), send(moment(9)), len(mail.outbox)) == (["unknown"], False, 0)


def test_a_refused_address_fails_and_says_why(ines: User, postbox: Postbox) -> None:
    postbox.refuses = "550 5.1.1 No such person"
    dark(ines)
    making.make(TUESDAY_8)
    send()
    [digest] = of(ines)
    assert (digest.state, digest.in_app) == (State.FAILED, True)
    assert digest.problem == "The mail server said: 550 5.1.1 No such person"


def test_what_is_no_news_any_more_is_not_sent(ines: User) -> None:
    story = dark(ines)
    making.make(TUESDAY_8)
    story.they_write(moment(8, 1))
    send(moment(8, 2))
    assert (states(), mail.outbox) == (["cancelled"], [])


def test_a_queue_that_waited_for_half_a_day_is_not_emptied_into_mailboxes(ines: User) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    send(moment(20, 1))
    assert (states(), mail.outbox) == (["cancelled"], [])


def test_who_stopped_between_making_and_sending_gets_none(ines: User) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    DigestSettings.objects.create(user=ines, morning_by_mail=False)
    send()
    assert (states(), mail.outbox) == (["cancelled"], [])


def test_a_look_at_the_link_changes_nothing_and_one_click_stops(client: Client, ines: User) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    send()
    path = stop_path()
    page = client.get(path)
    assert page.status_code == 200
    assert "Stop the morning digest?" in page.content.decode()
    assert DigestSettings.objects.count() == 0
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    said = DigestSettings.objects.get(user=ines)
    assert (said.morning_by_mail, said.morning_in_app, said.at_once_by_mail) == (False, True, True)
    assert "Already stopped" in strict.post(path).content.decode()
    assert "Already stopped" in client.get(path).content.decode()


@pytest.mark.parametrize(
    "spoil", [lambda path: path[:-3] + "x/", lambda path: path.replace("morning", "weekly")]
)
def test_a_forged_link_stops_nothing(client: Client, ines: User, spoil: Any) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    send()
    assert client.post(spoil(stop_path())).status_code == 404
    assert DigestSettings.objects.count() == 0


def test_stopping_again_after_the_person_is_gone_is_no_error(client: Client, ines: User) -> None:
    dark(ines)
    making.make(TUESDAY_8)
    send()
    path = stop_path()
    ines.deals.all().delete()
    User.objects.filter(pk=ines.pk).delete()
    assert client.post(path).status_code == 200


def test_titles_cannot_break_the_mail_apart(ines: User) -> None:
    dark(ines, title="<b>Harbour</b>\nBcc: x@y.example")
    making.make(TUESDAY_8)
    send()
    [sent] = mail.outbox
    html = str(sent.alternatives[0][0])
    assert "<b>Harbour" not in html
    assert sent.recipients() == ["Ines <ines@example.com>"]


def test_hours_are_said_where_the_reader_is(ines: User) -> None:
    User.objects.filter(pk=ines.pk).update(time_zone="Asia/Kolkata")
    dark(ines)
    making.make(moment(2, 30))  # eight there
    send(moment(2, 30))
    assert "dark since Monday, 15:30" in mail.outbox[0].body


def test_each_mail_takes_two_statements_however_much_it_says(cast: Cast) -> None:
    people = [cast.ines, cast.karl, cast.noor]
    counts = []
    for number in (1, 3):
        Digest.objects.all().delete()
        for user in people[:number]:
            for _ in range(number):
                dark(user)
        making.make(TUESDAY_8)
        with CaptureQueriesContext(connection) as asked:
            send()
        counts.append(len(asked))
    assert len(mail.outbox) == 4
    assert counts[1] - counts[0] == 2 * 2


def test_people_are_not_greeted_by_others_deals(cast: Cast) -> None:
    dark(cast.noor, title="South")
    dark(cast.ines, title="North")
    making.make(TUESDAY_8)
    send()
    bodies = {sent.recipients()[0]: sent.body for sent in mail.outbox}
    assert sorted(bodies) == ["Ines <ines@example.com>", "Noor <noor@example.com>"]
    assert "South" not in bodies["Ines <ines@example.com>"]


def test_an_address_on_an_international_domain_is_written_to(cast: Cast, postbox: Postbox) -> None:
    User.objects.filter(pk=cast.ines.pk).update(email="ines@b\u00fccher.example")
    dark(cast.ines)
    making.make(TUESDAY_8)
    send()
    assert [sent["To"] for sent in postbox.mails] == ["Ines <ines@xn--bcher-kva.example>"]


def test_a_line_break_in_a_name_keeps_nobodys_digest_back(cast: Cast, postbox: Postbox) -> None:
    User.objects.filter(pk=cast.ines.pk).update(name="Ines\r\nBcc: thief@yard.example")
    dark(cast.ines)
    dark(cast.karl)
    making.make(TUESDAY_8)
    send()
    assert set(states()) == {"sent"}
    assert [sent["Bcc"] for sent in postbox.mails] == [None] * len(postbox.mails)
    assert len({sent["To"] for sent in postbox.mails}) >= 2


def test_no_report_goes_out_for_somebody_who_leads_no_more(
    cast: Cast, workspace: Workspace, postbox: Postbox
) -> None:
    Workspace.objects.update(time_zone="UTC")
    dark(cast.ines)
    recipients.add_recipient(cast.maud, "board@yard.example", now=TUESDAY_8)
    monday = TUESDAY_8 + timedelta(days=6)
    making.make(monday)
    waiting = Digest.objects.filter(recipient__isnull=False)
    assert [digest.state for digest in waiting] == ["queued"]
    User.objects.filter(pk=cast.maud.pk).update(is_active=False)
    sending.send_due(monday, seconds=60)
    assert [digest.state for digest in waiting.all()] == ["cancelled"]
    assert not any("board" in sent["To"] for sent in postbox.mails)
