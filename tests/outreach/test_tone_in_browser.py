"""The tone check in a real browser: flagged while typing, mended with one press, without scripts too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from deals.models import Deal
from outreach import sweeping
from outreach.models import Delivery
from tests.browsing import open_for
from tests.cast import Story, make_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GUILTY = "Hello Mara, just checking in.\n\nThe oven is in stock with us."
MENDED = "Hello Mara, is this still planned for this year?\n\nThe oven is in stock with us."


@pytest.fixture
def deal(ines: User) -> Deal:
    start = timezone.now() - timedelta(days=10)
    deal = make_deal(ines, "Demo", opened_at=start)
    Story(deal).we_write(start)
    sweeping.run(timezone.now())
    return deal


@pytest.fixture
def page(browser: Browser, live_server: Any, ines: User, deal: Deal) -> Iterator[Page]:
    page = open_for(browser, live_server, ines)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    page.goto(f"/?deal={deal.pk}")
    yield page
    page.context.close()
    assert said == []


def test_a_guilt_phrase_is_flagged_while_typing_and_gone_after_one_press(page: Page) -> None:
    draft = page.get_by_label("What to say", exact=True)
    draft.fill("")
    draft.press_sequentially(GUILTY)

    expect(page.locator("mark")).to_have_text("just checking in")
    expect(draft).to_be_focused()
    assert draft.evaluate("field => field.selectionStart") == len(GUILTY)

    page.get_by_role("button", name="Use this: Is this still planned for this year?").click()
    expect(draft).to_have_value(MENDED)
    expect(page.get_by_text("Nothing to mend.")).to_be_visible()
    expect(page.locator("mark")).to_have_count(0)
    expect(draft).to_be_focused()


def test_enter_in_another_field_never_mends(page: Page) -> None:
    draft = page.get_by_label("What to say", exact=True)
    draft.fill(GUILTY)
    expect(page.locator("mark")).to_be_visible()
    default = page.locator("form.compose").evaluate(
        "form => [...form.elements].find(it => it.type === 'submit').name"
    )
    assert default != "mend"


def test_a_draft_is_mended_without_scripts(
    browser: Browser, live_server: Any, ines: User, deal: Deal
) -> None:
    page = open_for(browser, live_server, ines, java_script_enabled=False)
    page.goto(f"/?deal={deal.pk}")
    page.get_by_label("What to say", exact=True).fill(GUILTY)
    page.get_by_role("button", name="Check the tone").click()
    assert page.url.endswith("/tone/")
    page.get_by_role("button", name="Leave it out: just checking in").click()
    expect(page.get_by_label("What to say", exact=True)).to_have_value(
        "Hello Mara,\n\nThe oven is in stock with us."
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("goes out in 10 seconds.")).to_be_visible()
    assert Delivery.objects.get().body == "Hello Mara,\n\nThe oven is in stock with us."
    page.context.close()
