"""Mail in a real browser: settled by keys, a mailbox connected, each page usable by everyone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User, Workspace
from deals.models import Stage
from outreach.models import IgnoredSender, Mail, Mailbox
from tests import dovecot
from tests.browsing import open_for
from tests.cast import Cast, Story, day, make_contact, make_deal
from tests.dovecot import Dovecot
from tests.incoming import came, read_mail
from tests.test_pages_axe import look_at, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FAILS = (("authentication-results", "mx.example.com; dmarc=fail header.from=example.org"),)
MARA = "mara@example.org"


def arrive(box: Mailbox, number: int, **said: Any) -> Mail:
    told = {"message_id": f"<{number}@example.org>", **said}
    return came(read_mail(**told), day(1, 8 + number), mailbox=box, user=box.user)


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    """A mailbox of Ada's with mail of every kind that waits for somebody's word."""
    box = Mailbox.objects.create(
        user=cast.ada, address="ada@yard.example", authority="mx.example.com", imap_host="127.0.0.1"
    )
    first, second = (
        make_deal(cast.ada, title=title, contact=contact)
        for contact in [make_contact("Mara", "Lind", addresses={"email": MARA})]
        for title in ("The whole fleet", "Depot")
    )
    Story(first).we_write(day(0))
    assert second.is_open
    arrive(box, 1, sender=MARA, text="Which one do I mean?")
    arrive(box, 2, sender=MARA, text="Pay to this account.", headers=FAILS)
    arrive(box, 3, sender="jonas@other.example", name="Jonas Berg", text="What does it cost?")
    arrive(box, 4, sender="office@kontor.example", name="", subject="An offer", text="Buy!")
    arrive(
        box, 5, sender="office@kontor.example", name="", subject="Another offer", text="Buy now!"
    )
    return box


@pytest.fixture
def page(browser: Browser, live_server: Any, box: Mailbox, ada: User) -> Page:
    return open_for(browser, live_server, ada, reduced_motion="reduce")


def test_a_list_is_worked_off_by_keys(page: Page, box: Mailbox) -> None:
    page.goto("/mails/unmatched/")
    expect(page.locator("#rail-count-mail")).to_have_text("4")
    expect(page.get_by_text("and 1 more")).to_be_visible()
    page.keyboard.press("d")
    expect(
        page.get_by_text("@kontor.example is ignored from now on, 2 mails left out.")
    ).to_be_visible()
    assert [str(each) for each in IgnoredSender.objects.all()] == ["@kontor.example"]
    expect(page.get_by_label("First name")).to_have_value("Jonas")
    page.get_by_label("With a deal in").select_option(label=Stage.objects.get(name="Demo").name)
    page.get_by_label("Title of the deal").fill("Two vans")
    page.get_by_label("Title of the deal").blur()
    page.keyboard.press("c")
    told = page.get_by_text("Jonas Berg is a contact. Their mail is on “Two vans”.")
    expect(told).to_be_visible()
    expect(told.get_by_role("link", name="“Two vans”")).to_be_visible()
    expect(page.get_by_role("heading", name="Everything has found its deal")).to_have_count(1)
    page.keyboard.press("u")
    expect(page.get_by_text("Taken back: the mail waits again.")).to_be_visible()
    expect(page.get_by_label("First name")).to_have_value("Jonas")


def test_rows_open_beside_the_list_and_names_are_offered(page: Page, box: Mailbox) -> None:
    page.goto("/mails/unmatched/")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Re: The fleet")).to_be_visible()
    assert "mail=" in page.url
    page.locator("[name=contact]").press_sequentially("Mar")
    option = page.locator("#contact-names option")
    expect(option).to_have_count(1)
    page.locator("[name=contact]").fill(option.get_attribute("value") or "")
    page.get_by_role("button", name="Put it on their deal").click()
    page.get_by_label("Depot").check()
    page.get_by_role("button", name="Put it on their deal").click()
    expect(page.get_by_text("The mail is on “Depot”.")).to_be_visible()


def test_a_deal_says_what_is_assumed_and_lets_it_go_elsewhere(page: Page, box: Mailbox) -> None:
    mail = Mail.objects.get(state="assumed")
    page.goto(f"/deals/{mail.deal_id}/")
    expect(page.get_by_text("was put here by assumption")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Move to Depot").click()
    expect(page.get_by_text("Moved to “Depot”.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("the mail is on “The whole fleet” again")).to_be_visible()


def test_a_mail_that_may_be_forged_is_told_by_a_key(page: Page, box: Mailbox) -> None:
    page.goto("/mails/unverified/")
    page.keyboard.press("f")
    expect(page.get_by_text("Noted: it is forged and counts for nothing.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing to doubt")).to_be_visible()


def test_a_mailbox_is_connected_without_scripts(
    browser: Browser, live_server: Any, cast: Cast, post_office: Dovecot
) -> None:
    account = post_office.new_account()
    page = open_for(browser, live_server, cast.ines, java_script_enabled=False)
    page.goto("/settings/mailbox/")
    page.get_by_role("link", name="Fastmail").click()
    expect(page.get_by_label("Server for incoming mail (IMAP)")).to_have_value("imap.fastmail.com")
    page.get_by_label("Server for incoming mail (IMAP)").fill("127.0.0.1")
    page.locator("[name=imap_port]").fill(str(account.server.port))
    page.locator("[name=imap_security]").select_option("none")
    page.get_by_label("Server for outgoing mail (SMTP)").fill("")
    page.get_by_label("User name").fill(account.name)
    page.get_by_label("Password", exact=True).fill(dovecot.PASSWORD)
    page.get_by_role("button", name="Save and try").click()
    expect(page.get_by_text("Your mailbox works. It is read every minute.")).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    expect(page.get_by_text("INBOX")).to_be_visible()


def test_the_pages_of_mail_are_usable_by_everyone(
    page: Page, live_server: Any, box: Mailbox
) -> None:
    Workspace.objects.update(capture_address="touches@in.example")
    Mailbox.objects.filter(pk=box.pk).update(imap_host="127.0.0.1", imap_port=1, read_problem="No.")
    box.folders.create(
        name="INBOX", role="inbox", backfill_total=9, backfill_done=3, backfill_before=7
    )
    shared = Mailbox.objects.create(address="sales@yard.example", imap_host="imap.yard.example")
    IgnoredSender.objects.create(value="a@b.example", created_at=day(0))
    for address in (
        "/mails/unmatched/", "/mails/unverified/", "/settings/mailbox/?preset=microsoft",
        "/settings/mail/", f"/settings/mail/mailboxes/{shared.pk}/",
    ):  # fmt: skip
        assert (address, look_at(page, f"{live_server.url}{address}")) == (address, [])
    page.goto("/settings/tokens/")
    page.get_by_label("Name").fill("Zapier")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_label("Token", exact=True)).to_have_attribute("readonly", "")
    assert violations(page) == []
    page.goto("/settings/tokens/")
    page.get_by_text("Revoke…").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("What used it is refused from now on.")).to_be_visible()


def test_nothing_is_wider_than_a_narrow_screen(
    browser: Browser, live_server: Any, box: Mailbox, ada: User
) -> None:
    narrow = open_for(browser, live_server, ada, viewport={"width": 360, "height": 740})
    for address in ("/mails/unmatched/", "/settings/mailbox/", "/settings/mail/"):
        narrow.goto(address)
        assert narrow.evaluate("document.documentElement.scrollWidth") == 360
