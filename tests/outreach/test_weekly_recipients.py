"""To whom else a weekly report is mailed, and how they stop it."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from outreach.digest import making, recipients, sending, stopping
from outreach.models import Digest, ReportRecipient
from tests.cast import Cast, day
from tests.digesting import dark
from tests.weekly import MONDAY_8, SITE, add, make_week, run, stop_path, weeklies


@pytest.fixture(autouse=True)
def _clocks(workspace: Workspace) -> None:
    workspace.time_zone = "UTC"
    workspace.save()


@pytest.fixture
def week(cast: Cast) -> Cast:
    return make_week(cast)


def test_an_address_outside_gets_totals_without_names_or_links_inside(week: Cast) -> None:
    add(week.maud, "Board@Example.org")
    run()
    sent = weeklies()["board@example.org"]
    said = sent.body + str(sent.alternatives[0][0])
    assert "New business, Demo 1 1 0 0" in " ".join(sent.body.split())
    assert ("Ines" in said, "Harbour" in said) == (False, False)
    assert ("/report/" in said, "/settings/" in said) == (False, False)
    assert "Maud has this mailed to you" in sent.body


def test_a_colleague_gets_all_of_it(week: Cast) -> None:
    add(week.maud, "noor@example.com")
    run()
    assert "Ines 1 1 0 0" in " ".join(weeklies()["Noor <noor@example.com>"].body.split())


def test_an_admin_can_forbid_addresses_outside(week: Cast) -> None:
    add(week.maud, "board@example.org")
    Workspace.objects.update(mails_reports_outside=False)
    run()
    assert "board@example.org" not in weeklies()
    with pytest.raises(ValidationError, match="Ask an admin"):
        add(week.maud, "press@example.org")


def test_forbidden_between_making_and_sending_it_is_not_sent(week: Cast) -> None:
    add(week.maud, "board@example.org")
    making.make(MONDAY_8)
    Workspace.objects.update(mails_reports_outside=False)
    sending.send_due(MONDAY_8, seconds=60)
    assert "board@example.org" not in weeklies()


@pytest.mark.parametrize("again", ["next week", "removed and added", "as a user here"])
def test_an_old_link_stops_what_comes_to_that_address(
    client: Client, week: Cast, again: str
) -> None:
    board = add(week.maud, "board@example.org")
    run()
    link = stop_path("board@example.org")
    mail.outbox.clear()
    if again != "next week":
        board.delete()
        if again == "as a user here":
            User.objects.create_user("board@example.org", "x" * 8, name="Board")
        add(week.maud, "board@example.org")
    dark(week.ines, title="Ferry")
    assert "Done" in client.post(link).content.decode()
    run(day(21, 8))
    assert sorted(weeklies()) == ["Ada <ada@example.com>", "Maud <maud@example.com>"]
    with pytest.raises(ValidationError, match=r"stopped these mails\. Ask them"):
        add(week.maud, "board@example.org")


def test_a_colleague_stops_it_whatever_their_address_is_by_now(client: Client, week: Cast) -> None:
    row = add(week.maud, "noor@example.com")
    run()
    link = stop_path("Noor <noor@example.com>")
    row.delete()
    User.objects.filter(pk=week.noor.pk).update(email="noor@yard.example")
    add(week.maud, "noor@yard.example")
    client.post(link)
    assert ReportRecipient.objects.get().stopped_at is not None


def test_who_was_removed_and_stops_it_is_not_added_again(client: Client, week: Cast) -> None:
    board = add(week.maud, "board@example.org")
    run()
    board.delete()
    link = stop_path("board@example.org")
    assert "Done" in client.post(link).content.decode()
    assert "Already stopped" in client.post(link).content.decode()
    assert "Already stopped" in client.get(link).content.decode()
    with pytest.raises(ValidationError, match="stopped these mails"):
        add(week.maud, "board@example.org")


def test_only_who_stopped_it_can_allow_it_again(client: Client, week: Cast) -> None:
    add(week.maud, "board@example.org")
    run()
    link = stop_path("board@example.org")
    client.post(link)
    assert "Allowed again" in client.post(link, {"again": "yes"}).content.decode()
    assert ReportRecipient.objects.count() == 0  # being allowed is not being added
    add(week.maud, "board@example.org")


def test_allowing_again_leaves_alone_who_never_stopped(client: Client, week: Cast) -> None:
    add(week.maud, "board@example.org")
    run()
    client.post(stop_path("board@example.org"), {"again": "yes"})
    assert ReportRecipient.objects.get().stopped_at is None


def test_a_stop_ends_one_managers_report_and_no_others(client: Client, week: Cast) -> None:
    for manager in (week.maud, week.ada):
        add(manager, "board@example.org")
    making.make(MONDAY_8)
    board = Digest.objects.get(user=week.maud, recipient__isnull=False)
    client.post(stopping.address_of(board).removeprefix(SITE))
    kept = ReportRecipient.objects.filter(stopped_at=None)
    assert [row.manager for row in kept] == [week.ada]


def test_a_scanner_that_follows_links_stops_nothing(client: Client, week: Cast) -> None:
    add(week.maud, "board@example.org")
    run()
    link = stop_path("board@example.org")
    ahead = {"HTTP_SEC_PURPOSE": "prefetch", "HTTP_USER_AGENT": "LinkScanner/1.0"}
    answers = [client.get(link, **ahead), client.head(link), client.options(link)]
    assert [answer.status_code for answer in answers] == [200, 200, 405]
    assert "no-store" in answers[0]["Cache-Control"]
    assert ReportRecipient.objects.get().stopped_at is None
    program = Client(enforce_csrf_checks=True)  # RFC 8058: it has not seen the page
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert ReportRecipient.objects.get().stopped_at is not None


def test_an_address_stands_in_no_link_for_all_to_read(week: Cast) -> None:
    add(week.maud, "board@example.org")
    run()
    assert "board" not in stop_path("board@example.org")


def test_a_link_of_a_manager_who_is_gone_stops_nothing_and_says_so(
    client: Client, week: Cast
) -> None:
    board = add(week.maud, "board@example.org")
    link = stopping.address_of(Digest(user=week.maud, recipient=board, kind="weekly"))
    User.objects.filter(pk=week.maud.pk).delete()
    assert "Already stopped" in client.post(link.removeprefix(SITE)).content.decode()


@pytest.mark.parametrize(
    ("email", "why"),
    [("maud@example.com", "That is you"), ("ines@example.com", "no longer works here"),
     ("noor@example.com", "on the list already"), ("nobody", "valid email")],
)  # fmt: skip
def test_who_cannot_be_added_is_told_why(cast: Cast, email: str, why: str) -> None:
    User.objects.filter(pk=cast.ines.pk).update(is_active=False)
    add(cast.maud, "noor@example.com")
    with pytest.raises(ValidationError, match=why):
        add(cast.maud, email)


def test_a_list_has_an_end(maud: User) -> None:
    for number in range(recipients.MOST):
        add(maud, f"p{number}@example.org")
    with pytest.raises(ValidationError, match="mailing list"):
        add(maud, "more@example.org")


def test_a_report_is_counted_once_for_all_its_recipients(week: Cast) -> None:
    User.objects.filter(pk=week.ada.pk).update(is_active=False)
    counts = []
    for number in range(2):
        for one in range(3):
            add(week.maud, f"p{number}{one}@example.org")
        making.make(day(14 + 7 * number, 8))
        with CaptureQueriesContext(connection) as asked:
            sending.send_due(day(14 + 7 * number, 8), seconds=60)
        counts.append(len(asked))
    assert len(mail.outbox) == 4 + 7
    assert counts[1] - counts[0] == 3 * 2  # two statements for each mail more
