"""The page of exchange rates in a real browser: for everyone, narrow and dark, and without scripts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from deals import rates
from deals.models import ExchangeRate
from tests.browsing import open_for
from tests.cast import make_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/settings/rates/"


@pytest.fixture
def table(workspace: object, ines: User, ada: User) -> None:
    """Two rates, one of them corrected, and amounts that have none."""
    for amount in ("0.0912", "0.0873"):
        told = Decimal(amount)
        rates.set_rate("SEK", date(2026, 1, 1), told, user=ada, now=datetime.now(UTC))
    rates.set_rate("USD", date(2026, 2, 1), Decimal("0.9"), user=ada, now=datetime.now(UTC))
    make_deal(ines, currency="GBP", amount=Decimal(100))


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_everyone_can_read_the_rates_and_correct_one_in_a_dialog(
    browser: Browser, live_server: Any, ada: User, table: None, scheme: Any, width: int
) -> None:
    page = open_for(
        browser, live_server, ada, color_scheme=scheme, reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    page.goto(PAGE)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Correct 1 USD = 0.9 EUR").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Rate").fill("0")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("A rate is above zero")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_label("Rate").fill("0,86")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("tbody")).to_contain_text("0.86")
    page.context.close()


def test_without_scripts_a_rate_is_added_corrected_and_taken_out(
    browser: Browser, live_server: Any, ada: User, table: None
) -> None:
    page = open_for(browser, live_server, ada, java_script_enabled=False)
    page.goto(PAGE)
    expect(page.get_by_text("There are amounts in GBP and no rate")).to_be_visible()
    page.get_by_role("link", name="New rate").click()
    expect(page.get_by_label("Currency")).to_have_value("GBP")
    page.get_by_label("Rate").fill("1,08")
    page.get_by_label("From").fill("2026-03-01")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Correct 1 GBP = 1.08 EUR").click()
    page.get_by_label("Rate").fill("1.18")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Take out 1 GBP = 1.18 EUR").click()
    expect(page.get_by_text("There are amounts in GBP and no rate")).to_be_visible()
    assert ExchangeRate.objects.filter(currency="GBP").exclude(withdrawn_at=None).count() == 2
    page.context.close()
