"""Sending from the pane in a real browser, through a real worker to a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from contacts.models import Address
from outreach import deliveries, suggest, sweeping
from outreach.mail import send
from outreach.mail.sending import transport
from outreach.models import Delivery, Suggestion
from tests.cast import Story, make_contact, make_deal
from tests.mailing import Postbox, mail_server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 30_000  # milliseconds, for a busy machine
ASKED = "Hello Mara,\n\nis June still the right month for the first ten vessels?"


@pytest.fixture
def story(ines: User) -> Story:
    """A dark deal with somebody who can be reached by mail alone."""
    start = timezone.now() - timedelta(days=10)
    contact = make_contact(addresses={"email": "mara@yard.example"})
    told = Story(make_deal(ines, "Demo", contact=contact, opened_at=start))
    told.we_write(start, channel="phone")
    sweeping.run(timezone.now())
    return told


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    with mail_server(Postbox()) as served:
        settings.EMAIL_BACKEND = transport.SMTP_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", served.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield served


@pytest.fixture
def page(browser: Browser, live_server: Any, ines: User, story: Story) -> Iterator[Page]:
    client = Client()
    client.force_login(ines)
    name = project.SESSION_COOKIE_NAME
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(f"/?deal={story.deal.pk}")
    yield page
    context.close()


def send_all() -> None:
    """Do what the worker does once the ten seconds are over."""
    later = timezone.now() + deliveries.UNDO_WINDOW
    for pk in send.due(later):
        send.deliver(pk, later)


def test_a_mail_is_sent_from_the_pane_and_found_once(
    page: Page, story: Story, postbox: Postbox
) -> None:
    page.get_by_label("Subject").fill("The first ten vessels")
    page.get_by_label("What to say", exact=True).fill(ASKED)
    page.get_by_label("Subject").focus()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The mail to Mara Lind goes out in 10 seconds.")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.get_by_text("Nothing to do right now")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Waits to go out")).to_be_visible(timeout=PATIENCE)
    send_all()
    send_all()
    [mail] = postbox.mails
    assert isinstance(mail, EmailMessage)
    assert (mail["Subject"], mail["To"]) == (
        "The first ten vessels", "Mara Lind <mara@yard.example>",
    )  # fmt: skip
    page.reload()
    expect(page.get_by_text("You e-mailed")).to_be_visible(timeout=PATIENCE)


def test_a_mail_that_is_taken_back_never_goes_out_and_its_words_stay(
    page: Page, story: Story, postbox: Postbox
) -> None:
    page.get_by_label("What to say", exact=True).fill(ASKED)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: the mail does not go out.")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.get_by_label("What to say", exact=True)).to_have_value(ASKED)
    send_all()
    assert postbox.accepted == []


def test_blame_is_asked_about_once_more_and_nothing_typed_is_lost(
    page: Page, postbox: Postbox
) -> None:
    page.get_by_label("What to say", exact=True).fill("Hello Mara,\n\njust checking in again.")
    page.get_by_role("button", name="Send", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This reads like blame.")).to_be_visible(timeout=PATIENCE)
    expect(dialog.get_by_role("button", name="Send anyway")).to_be_visible(timeout=PATIENCE)
    words = dialog.locator("#letter")
    expect(words).to_have_value("Hello Mara,\n\njust checking in again.")
    words.fill(ASKED)
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("goes out in 10 seconds.")).to_be_visible(timeout=PATIENCE)
    expect(dialog).to_be_hidden()
    assert Delivery.objects.get().body == ASKED


def test_another_channel_is_taken_and_the_mail_goes_out_by_it(
    page: Page, story: Story, postbox: Postbox
) -> None:
    Address.objects.create(contact=story.deal.contact, channel="sms", value="+46 31 555 01 20")
    suggestion = Suggestion.objects.live().get()
    suggest.replace(
        suggestion, play="refocus", contact=story.deal.contact, channel="sms",
        user=story.deal.owner, now=timezone.now(),
    )  # fmt: skip
    page.reload()
    expect(page.get_by_label("Subject")).to_have_count(0)
    page.get_by_role("link", name="Another way").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Switch channel").check()
    dialog.get_by_label("To whom, and how").select_option(label="Mara Lind, E-mail")
    dialog.get_by_role("button", name="Take this way").click()
    expect(page.get_by_label("Subject")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("goes out in 10 seconds.")).to_be_visible(timeout=PATIENCE)
    send_all()
    [mail] = postbox.mails
    assert mail["To"] == "Mara Lind <mara@yard.example>"
    assert Delivery.objects.get().suggestion.play == "switch_channel"


def test_the_page_of_the_deal_shows_what_waits_and_takes_it_back(
    page: Page, story: Story, postbox: Postbox
) -> None:
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("goes out in 10 seconds.")).to_be_visible(timeout=PATIENCE)
    page.goto(f"/deals/{story.deal.pk}/")
    page.get_by_role("button", name="Do not send it").click()
    expect(page.get_by_text("The mail does not go out.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("link", name="Try again")).to_be_visible(timeout=PATIENCE)
    assert Delivery.objects.get().state == "cancelled"
