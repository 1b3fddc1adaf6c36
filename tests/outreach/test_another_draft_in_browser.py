"""Another draft in a real browser: one key, and nothing typed goes unasked; also without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from outreach import sweeping
from outreach.models import Suggestion
from tests.cast import Story, make_deal
from tests.outreach.test_today_in_browser import open_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST, SECOND, THIRD = (
    f"{words} Fleet telematics{mark}"
    for words, mark in (("my notes on", "."), ("a piece of", " next week?"), ("part of", " would"))
)


@pytest.fixture
def dark(ines: User) -> Suggestion:
    start = timezone.now() - timedelta(days=10)
    Story(make_deal(ines, "Demo", opened_at=start)).we_write(start)
    sweeping.run(timezone.now())
    Suggestion.objects.update(reason="unknown")
    return Suggestion.objects.get()


def draft(page: Page) -> Any:
    return page.get_by_label("What to say")


def test_one_key_takes_the_next_draft(
    browser: Browser, live_server: Any, ines: User, dark: Suggestion
) -> None:
    page = open_for(browser, live_server, ines)
    page.goto("/")
    expect(draft(page)).to_have_value(holds(FIRST))
    page.keyboard.press("n")
    expect(draft(page)).to_have_value(holds(SECOND))
    page.keyboard.press("n")
    expect(draft(page)).to_have_value(holds(THIRD))
    page.keyboard.press("n")
    expect(draft(page)).to_have_value(holds(FIRST))
    page.context.close()


def test_what_was_typed_is_asked_about_first(
    browser: Browser, live_server: Any, ines: User, dark: Suggestion
) -> None:
    page = open_for(browser, live_server, ines)
    page.goto("/")
    draft(page).fill("My own words, is Tuesday good?")
    page.get_by_role("button", name="Another draft").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("You changed this draft")).to_be_visible()
    expect(dialog.get_by_label("What you wrote")).to_have_value("My own words, is Tuesday good?")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(draft(page)).to_have_value("My own words, is Tuesday good?")

    page.get_by_role("button", name="Another draft").click()
    dialog.get_by_role("button", name="Take another draft").click()
    expect(dialog).to_be_hidden()
    expect(draft(page)).to_have_value(holds(SECOND))
    page.context.close()


def test_without_scripts_it_is_a_page_of_its_own(
    browser: Browser, live_server: Any, ines: User, dark: Suggestion
) -> None:
    page = open_for(browser, live_server, ines, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("button", name="Another draft").click()
    expect(draft(page)).to_have_value(holds(SECOND))
    draft(page).fill("Mine")
    page.get_by_role("button", name="Another draft").click()
    expect(page.get_by_label("What you wrote")).to_have_value("Mine")
    page.get_by_role("button", name="Take another draft").click()
    expect(draft(page)).to_have_value(holds(THIRD))
    page.context.close()


def holds(words: str) -> Any:
    """Match a text that has these words in it."""
    return re.compile(re.escape(words))
