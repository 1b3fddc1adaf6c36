"""Settings, Mail: what is kept, whose word is needed, shared mailboxes, who is ignored."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from accounts.sections import sections_for
from outreach.mail.filing import decide
from outreach.models import IgnoredSender, Mailbox, MailFolder
from tests import dovecot
from tests.dovecot import Account, Dovecot

PAGE = "/settings/mail/"
PAGES = (
    PAGE,
    f"{PAGE}mailboxes/new/",
    f"{PAGE}mailboxes/{{pk}}/",
    f"{PAGE}mailboxes/{{pk}}/reading/",
)


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def account(post_office: Dovecot) -> Account:
    return post_office.new_account()


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_only_admins_find_it(client: Client, maud: User, ada: User, ines: User) -> None:
    shared = Mailbox.objects.create(address="secret@yard.example", imap_host="imap.yard.example")
    sender = IgnoredSender.objects.create(value="a@b.example", created_at=timezone.now())
    for user in (ines, maud):
        client.force_login(user)
        for url in PAGES:
            assert client.get(url.format(pk=shared.pk)).status_code == 404
        for url in (
            f"{PAGE}mailboxes/{shared.pk}/removal/",
            f"{PAGE}mailboxes/{shared.pk}/reading/",
            f"{PAGE}ignored/{sender.pk}/removal/",
        ):
            assert client.post(url).status_code == 404
        assert "Mail" not in [section.label for section in sections_for(user)]
    assert Mailbox.objects.get().is_read
    assert IgnoredSender.objects.count() == 1
    client.force_login(ada)
    for url in PAGES:
        assert client.get(url.format(pk=shared.pk)).status_code == 200
    assert "Mail" in [section.label for section in sections_for(ada)]


def test_what_is_kept_and_what_counts_is_said(admin: Client) -> None:
    told = {"keeps_attachments": "", "demands_pass": "on", "capture_address": "Touches@In.Example"}
    answer = admin.post(PAGE, told, follow=True)
    assert said(answer) == ["Saved. It holds for mail from now on."]
    kept = Workspace.current()
    assert (kept.keeps_bodies, kept.keeps_attachments, kept.demands_pass) == (False, False, True)
    assert kept.capture_address == "touches@in.example"


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"keeps_attachments": "on"}, "keeps_attachments"),
        ({"capture_address": "touches+all@in.example"}, "capture_address"),
        ({"capture_address": "touches"}, "capture_address"),
    ],
)
def test_what_cannot_be_is_refused(admin: Client, told: dict[str, str], wrong: str) -> None:
    before = Workspace.current()
    answer = admin.post(PAGE, told)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [wrong]
    after = Workspace.current()
    assert (after.keeps_bodies, after.capture_address) == (before.keeps_bodies, "")


def test_a_shared_mailbox_is_added_read_changed_and_removed(
    admin: Client, account: Account
) -> None:
    told = {
        "name": "Sales", "address": "sales@yard.example", "username": account.name,
        "password": dovecot.PASSWORD, "imap_host": "127.0.0.1", "imap_port": account.server.port,
        "imap_security": "none",
    }  # fmt: skip
    answer = admin.post(f"{PAGE}mailboxes/new/", told, follow=True)
    assert said(answer) == ["Sales works. It is read every minute."]
    box = Mailbox.objects.get()
    assert (box.user, box.smtp_host, box.password) == (None, "", dovecot.PASSWORD)
    assert MailFolder.objects.filter(mailbox=box, role="inbox").count() == 1
    url = f"{PAGE}mailboxes/{box.pk}/"
    assert dovecot.PASSWORD not in admin.get(url).content.decode()
    admin.post(url, {**told, "password": "", "name": "All of sales"})
    box.refresh_from_db()
    assert (box.name, box.password) == ("All of sales", dovecot.PASSWORD)
    assert "All of sales" in admin.get(PAGE).content.decode()
    admin.post(f"{url}reading/")
    assert "Paused" in admin.get(PAGE).content.decode()
    assert said(admin.post(f"{url}removal/", follow=True)) == [
        "All of sales is removed, and its password with it. What was read from it stays."
    ]
    assert Mailbox.objects.count() == 0


def test_the_mailbox_of_a_rep_is_no_shared_one(admin: Client, ines: User) -> None:
    own = Mailbox.objects.create(user=ines, address="ines@yard.example", imap_host="imap.y.example")
    for part in ("", "reading/"):
        assert admin.get(f"{PAGE}mailboxes/{own.pk}/{part}").status_code == 404
    assert admin.post(f"{PAGE}mailboxes/{own.pk}/removal/").status_code == 404
    assert "ines@yard.example" not in admin.get(PAGE).content.decode()
    assert Mailbox.objects.get() == own


def test_a_shared_mailbox_names_its_server(admin: Client) -> None:
    answer = admin.post(f"{PAGE}mailboxes/new/", {"address": "sales@yard.example"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["imap_host"]
    assert Mailbox.objects.count() == 0


def test_whoever_is_ignored_is_asked_about_again(admin: Client, ines: User) -> None:
    decide.ignore("jonas@other.example", user=ines, now=timezone.now())
    page = admin.get(PAGE).content.decode()
    assert "jonas@other.example" in page
    assert "by Ines" in page
    sender = IgnoredSender.objects.get()
    answer = admin.post(f"{PAGE}ignored/{sender.pk}/removal/", follow=True)
    assert said(answer) == ["Mail from jonas@other.example is asked about again."]
    assert IgnoredSender.objects.count() == 0


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_page_costs_as_many_queries_for_three_as_for_one(
    admin: Client, ines: User, how_many: int, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        decide.ignore(f"nr{number}@other.example", user=ines, now=timezone.now())
        Mailbox.objects.create(address=f"nr{number}@yard.example", imap_host="imap.yard.example")
    admin.get(PAGE)
    with django_assert_num_queries(8):
        page = admin.get(PAGE)
    assert (len(page.context["page"]), len(page.context["mailboxes"])) == (how_many, how_many)
