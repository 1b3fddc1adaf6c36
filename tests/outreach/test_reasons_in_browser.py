"""Saying why in a real browser: by one key, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from outreach import sweeping
from outreach.models import ReasonEntry, Remark
from tests.browsing import open_for
from tests.cast import Story, make_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dark(ines: User) -> Story:
    """A deal that is dark now, on which nobody was ever heard."""
    start = timezone.now() - timedelta(days=10)
    story = Story(make_deal(ines, "Demo", opened_at=start))
    story.we_write(start)
    sweeping.run(timezone.now())
    return story


@pytest.fixture
def page(browser: Browser, live_server: Any, ines: User, dark: Story) -> Iterator[Page]:
    page = open_for(browser, live_server, ines)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/")
    yield page
    page.context.close()
    assert said == []


def test_a_key_confirms_the_guess_and_undo_takes_it_back(page: Page) -> None:
    page.keyboard.press("y")
    expect(page.get_by_text("Noted: low priority.")).to_be_visible()
    expect(page.get_by_role("button", name="Low priority")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert ReasonEntry.objects.get().said == "low_priority"
    page.keyboard.press("u")
    expect(page.get_by_text("Taken back: the reason is as it was before.")).to_be_visible()
    assert not ReasonEntry.objects.exists()


def test_a_digit_says_the_reason_and_the_keys_are_listed(page: Page) -> None:
    page.keyboard.press("?")
    listed = page.get_by_role("dialog").get_by_role("definition")
    expect(listed.filter(has_text="That is why: low priority")).to_be_visible()
    expect(listed.filter(has_text="Lost interest")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("5")
    expect(page.get_by_text("Noted: lost interest.")).to_be_visible()
    expect(page.get_by_text("you said so on")).to_be_visible()
    assert ReasonEntry.objects.get().said == "lost_interest"


def test_what_they_said_is_noted_in_the_dialog(page: Page) -> None:
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Budget").check()
    dialog.get_by_label("What they said").fill("Nothing before July")
    dialog.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("“Nothing before July”")).to_be_visible()
    expect(page.get_by_text("Probably: cannot commit yet")).to_be_visible()
    assert Remark.objects.get().topic == "budget"


def test_without_scripts_the_buttons_say_the_reason(
    browser: Browser, live_server: Any, ines: User, dark: Story
) -> None:
    page = open_for(browser, live_server, ines, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("button", name="Busy").click()
    expect(page.get_by_text("Noted: busy. The suggestion follows.")).to_be_visible()
    page.context.close()
