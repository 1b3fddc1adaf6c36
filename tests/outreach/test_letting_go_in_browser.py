"""In a real browser: let go, come back on the date, relight by a reply; calls that ask on return."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from deals.models import Deal, OutcomeEntry
from outreach import suggest, sweeping
from outreach.models import Delivery, Notice, Suggestion
from tests.browsing import open_for
from tests.cast import Story, make_company, make_contact, make_deal, today

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What a telephone does to the page: it goes behind, and comes to the front again.
LEAVE = "window.dispatchEvent(new Event('blur'))"
COME_BACK = "window.dispatchEvent(new Event('focus'))"
NO_TELEPHONE = """
document.addEventListener("click", (event) => {
  if (event.target.closest("a[data-asks]")) event.preventDefault();
});
"""
A_MISTAKE = "the server responded with a status of 422"  # is news for the console too


@pytest.fixture
def story(ines: User) -> Story:
    """A dark deal of Ines's, and a prospect who awaits a first touch."""
    start = timezone.now() - timedelta(days=10)
    contact = make_contact(company=make_company())
    told = Story(make_deal(ines, "Demo", contact=contact, opened_at=start, wanted="Fuel readings"))
    told.we_write(start)
    make_deal(ines, title="New one", contact=make_contact("Piotr"), opened_at=timezone.now())
    sweeping.run(timezone.now())
    return told


def suggests(story: Story, play: str, channel: str) -> Suggestion:
    [queued] = Suggestion.objects.live()
    told = {"contact": story.deal.contact, "channel": channel, "now": timezone.now()}
    return suggest.replace(queued, play=play, user=story.deal.owner, **told)


@pytest.fixture
def page(browser: Browser, live_server: Any, ines: User, story: Story) -> Iterator[Page]:
    page = open_for(browser, live_server, ines)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    yield page
    page.context.close()
    assert [words for words in said if A_MISTAKE not in words] == []


def test_let_go_by_keys_come_back_on_the_date_and_be_relit_by_a_reply(
    page: Page, story: Story
) -> None:
    suggests(story, "let_go", "email")
    page.goto("/")
    pane = page.get_by_label("The open deal")
    expect(pane.get_by_role("heading", name="Let it go, kindly")).to_be_visible()
    expect(pane.get_by_text("5 more tries of about 10 minutes")).to_be_visible()
    expect(pane.get_by_label("What to say")).to_have_count(0)
    page.keyboard.press("g")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 prospect awaits a first touch: Piotr Lind.")).to_be_visible()
    expect(dialog.get_by_label("E-mail to")).to_be_checked()
    expect(dialog.get_by_label("What it says")).not_to_have_value("")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("The closing note goes out in 10 seconds.")).to_be_visible()
    assert Delivery.objects.get().state == "queued"
    OutcomeEntry.objects.update(look_again_on=today())
    call_command("sweep", "--at", timezone.now().isoformat())
    assert Notice.objects.get(kind="look_again").user == story.deal.owner
    page.goto("/")
    again = page.locator("#queue").get_by_role("region", name="Worth another look")
    expect(again).to_contain_text("Fleet telematics")
    again.get_by_role("link").click()
    expect(pane.get_by_text("Fuel readings")).to_be_visible()
    story.they_write(timezone.now())
    page.goto("/")
    expect(page.get_by_role("region", name="Our move")).to_contain_text("Fleet telematics")
    expect(again).to_have_count(0)


def test_undo_takes_the_note_back_with_the_let_go(page: Page, story: Story) -> None:
    suggests(story, "let_go", "email")
    page.goto("/")
    page.keyboard.press("g")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Let go", exact=True).click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("u")
    expect(page.get_by_text("The closing note does not go out.")).to_be_visible()
    assert Delivery.objects.get().state == "cancelled"
    assert Deal.objects.get(pk=story.deal.pk).is_open


def test_another_way_for_the_note_brings_its_words(page: Page, story: Story) -> None:
    page.goto("/")
    page.keyboard.press("g")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("No closing note")).to_be_checked()
    expect(dialog.get_by_label("What it says")).to_have_count(0)
    dialog.get_by_label("E-mail to").check()
    expect(dialog.get_by_label("What it says")).not_to_have_value("")
    dialog.get_by_label("A call to").check()
    expect(dialog.get_by_role("link", name="Call +46")).to_be_visible()
    expect(dialog.get_by_label("Subject")).to_have_count(0)


def test_what_was_let_go_is_opened_again_by_a_key(page: Page, story: Story) -> None:
    page.goto("/")
    page.keyboard.press("g")
    page.get_by_role("dialog").get_by_role("button", name="Let go", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    OutcomeEntry.objects.update(look_again_on=today())
    page.goto(f"/?deal={story.deal.pk}")
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Look again on").fill("2020-01-01")
    dialog.get_by_role("button", name="Look later").click()
    expect(dialog.get_by_text("Choose a day to come")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.get_by_text("is open again. It is our move.")).to_be_visible()
    expect(page.get_by_role("region", name="Our move")).to_contain_text("Fleet telematics")


def test_back_from_a_call_one_key_says_how_it_went(page: Page, story: Story) -> None:
    suggests(story, "switch_channel", "phone")
    page.goto("/")
    page.evaluate(NO_TELEPHONE)
    page.get_by_role("link", name="Call +46").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.evaluate(LEAVE)
    page.evaluate(COME_BACK)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="How did the call to Mara go?")).to_be_visible()
    page.keyboard.press("2")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Noted: Mara has a voicemail from you.")).to_be_visible()
    assert story.deal.touches.latest("recorded_at").note == "Voicemail."
    page.evaluate(LEAVE)
    page.evaluate(COME_BACK)
    expect(dialog).to_be_hidden()


def test_back_from_a_wrong_number_another_way_is_there(page: Page, story: Story) -> None:
    suggests(story, "switch_channel", "phone")
    page.goto("/")
    page.evaluate(NO_TELEPHONE)
    page.get_by_role("link", name="Call +46").click()
    page.evaluate(LEAVE)
    page.evaluate(COME_BACK)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("4")
    pane = page.get_by_label("The open deal")
    expect(pane.get_by_role("link", name="Call +46")).to_have_count(0)
    expect(
        pane.get_by_role("link", name="Write an e-mail").or_(
            pane.get_by_role("link", name="In my mail program")
        )
    ).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("The number counts as working again.")).to_be_visible()
    expect(pane.get_by_role("link", name="Call +46")).to_be_visible()


def test_a_call_is_logged_and_a_deal_let_go_without_scripts(
    browser: Browser, live_server: Any, ines: User, story: Story
) -> None:
    suggests(story, "switch_channel", "phone")
    page = open_for(browser, live_server, ines, java_script_enabled=False)
    page.goto(f"/?deal={story.deal.pk}")
    page.get_by_role("link", name="Log the call").click()
    page.get_by_label("What was said").fill("They look at it in June")
    page.get_by_role("button", name="Reached").click()
    expect(page.get_by_text("Noted: you talked to Mara.")).to_be_visible()
    page.get_by_role("link", name="Let go").first.click()
    page.get_by_label("E-mail to").check()
    page.get_by_role("button", name="Let go", exact=True).click()
    expect(page.get_by_text("The closing note goes out in 10 seconds.")).to_be_visible()
    page.get_by_role("button", name="Reopen and write").click()
    expect(page.get_by_text("is open again. It is our move.")).to_be_visible()
    page.context.close()
