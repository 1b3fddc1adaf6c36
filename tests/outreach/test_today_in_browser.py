"""Today in a real browser: keys, refreshes, narrow screens, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from outreach import sweeping
from tests.browsing import open_for
from tests.cast import Story, make_company, make_contact, make_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stories(ines: User) -> list[Story]:
    """Two dark deals of Ines's, the larger one first."""
    start = timezone.now() - timedelta(days=10)
    told = []
    for name, amount in (("Mara", 9000), ("Piotr", 100)):
        contact = make_contact(name, company=make_company(f"{name}’s company"))
        deal = make_deal(
            ines, "Demo", title=f"{name}’s deal", contact=contact, amount=amount, opened_at=start
        )
        told.append(Story(deal))
        told[-1].we_write(start)
    sweeping.run(timezone.now())
    return told


@pytest.fixture
def page(browser: Browser, live_server: Any, ines: User, stories: list[Story]) -> Iterator[Page]:
    page = open_for(browser, live_server, ines)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    page.goto("/")
    yield page
    page.context.close()
    assert said == []


def heading(page: Page, name: str) -> Any:
    return page.get_by_label("The open deal").get_by_role("heading", name=name)


def test_keys_walk_the_list_and_open_its_deals(page: Page) -> None:
    expect(heading(page, "Mara Lind · Mara’s company")).to_be_visible()
    page.keyboard.press("j")
    expect(heading(page, "Piotr Lind · Piotr’s company")).to_be_visible()
    expect(page.get_by_role("link", name="Piotr Lind · Piotr’s company")).to_be_focused()
    page.keyboard.press("k")
    expect(heading(page, "Mara Lind · Mara’s company")).to_be_visible()


def test_a_slip_is_taken_back_with_one_key(page: Page) -> None:
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1)).to_have_text("One deal went dark")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two deals went dark")


def test_a_mistake_in_a_form_stays_in_its_dialog(
    browser: Browser, live_server: Any, ines: User, stories: list[Story]
) -> None:
    page = open_for(browser, live_server, ines)
    page.goto("/")
    page.keyboard.press("p")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Another day").check()
    dialog.get_by_role("button", name="Pause").click()
    expect(dialog.get_by_text("Choose the day.")).to_be_visible()
    dialog.get_by_label("Day", exact=True).fill("2099-01-01")
    dialog.get_by_role("button", name="Pause").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("One deal went dark")
    page.context.close()


def test_a_refresh_brings_news_and_leaves_what_is_typed(
    browser: Browser, live_server: Any, ines: User, stories: list[Story], settings: Any
) -> None:
    settings.SWEEP_SECONDS = 1
    page = open_for(browser, live_server, ines)
    page.goto("/")
    draft = page.get_by_label("What to say")
    draft.fill("Half a sentence")
    stories[1].they_write(timezone.now())
    expect(page.get_by_role("region", name="Our move")).to_contain_text(
        "Piotr’s deal", timeout=30_000
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("One deal went dark")
    expect(draft).to_have_value("Half a sentence")
    expect(draft).to_be_focused()
    page.context.close()


def test_a_mail_opens_with_the_draft_as_it_was_changed(page: Page) -> None:
    page.get_by_label("What to say").fill("One\ntwo")
    link = page.get_by_role("link", name="In my mail program")
    page.evaluate("document.addEventListener('click', (event) => event.preventDefault())")
    link.click()
    assert (link.get_attribute("href") or "").endswith("body=One%0D%0Atwo")


def test_on_a_narrow_screen_an_opened_deal_takes_the_page(
    browser: Browser, live_server: Any, ines: User, stories: list[Story]
) -> None:
    page = open_for(browser, live_server, ines, viewport={"width": 360, "height": 700})
    page.goto("/")
    expect(page.get_by_label("The open deal")).to_be_hidden()
    page.get_by_role("link", name="Piotr Lind · Piotr’s company").click()
    expect(heading(page, "Piotr Lind · Piotr’s company")).to_be_visible()
    expect(page.get_by_role("region", name="Focus")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_role("region", name="Focus")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.context.close()


def test_everything_works_without_scripts(
    browser: Browser, live_server: Any, ines: User, stories: list[Story]
) -> None:
    page = open_for(browser, live_server, ines, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Piotr Lind · Piotr’s company").click()
    page.get_by_role("link", name="Log a touch").click()
    page.get_by_label("Both talked").check()
    page.get_by_role("button", name="Log it").click()
    expect(page.get_by_text("Logged: you talked to Piotr.")).to_be_visible()
    expect(page.get_by_role("region", name="Our move")).to_contain_text("Piotr’s deal")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: the touch is gone.")).to_be_visible()
    expect(page.get_by_role("region", name="Focus")).to_contain_text("Piotr’s deal")
    page.context.close()
