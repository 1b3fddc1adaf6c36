"""A calendar's page in a real browser: for everyone, narrow and dark, and without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from deals import calendars
from deals.models import WorkCalendar
from tests.browsing import open_for
from tests.cast import make_contact

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def munich(workspace: object, ines: User) -> WorkCalendar:
    """A calendar with days of every kind, whose hours changed this year."""
    now = timezone.now()
    calendar = WorkCalendar.objects.create(name="Munich")
    said: dict[str, Any] = {
        "time_zone": "Europe/Berlin", "country": "DE", "subdivision": "BY",
        "special": {f"{now.year}-12-24": [["09:00", "12:00"]], f"{now.year}-12-28": []},
    }  # fmt: skip
    first = now - timedelta(days=400)
    calendars.new_version(calendar, now=first, hours=calendars.WORKING_WEEK, **said)
    calendars.new_version(
        calendar, now=now, hours={"0": [["09:00", "12:00"]], "4": [["09:00", "12:00"]]}, **said
    )
    calendars.assign(make_contact(owner=ines), calendar, now=now)
    return calendar


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_everyone_can_read_the_year_and_try_it(
    browser: Browser, live_server: Any, ada: User, munich: WorkCalendar, scheme: Any, width: int
) -> None:
    page = open_for(
        browser, live_server, ada, color_scheme=scheme, reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    page.goto(f"/calendars/{munich.pk}/?from=2026-12-23T15:00&span=2wd")
    kinds = page.eval_on_selector_all(".year .day", "all => all.map(day => day.dataset.day)")
    assert set(kinds) == {"open", "closed", "holiday", "extra", "shut"}
    assert page.locator("[data-change]").count() == 1
    page.get_by_text("The year as a table").click()
    expect(page.get_by_role("cell", name="Holiday: Epiphany", exact=True)).to_be_visible()
    assert violations(page) == []
    reach = page.evaluate("document.documentElement.scrollWidth")
    assert reach <= width
    for url in ("/settings/calendars/", f"/settings/calendars/{munich.pk}/"):
        page.goto(url)
        assert violations(page) == []
    page.context.close()


def test_without_scripts_a_rep_tries_it_and_an_admin_looks_before_saving(
    browser: Browser, live_server: Any, ines: User, ada: User, munich: WorkCalendar
) -> None:
    page = open_for(browser, live_server, ines, java_script_enabled=False)
    page.goto(f"/calendars/{munich.pk}/")
    page.get_by_label("They are silent since").fill("2026-10-24T20:00")
    page.get_by_label("Dark after").fill("36h")
    page.get_by_role("button", name="When is it dark?").click()
    expect(page.get_by_text("Dark on Monday, 26 October 2026, 07:00")).to_be_visible()
    expect(page.get_by_text("the clocks go back by 1 h")).to_be_visible()
    page.context.close()

    page = open_for(browser, live_server, ada, java_script_enabled=False)
    page.goto(f"/settings/calendars/{munich.pk}/")
    page.get_by_label("Tuesday").fill("9:00-17:00")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_role("heading", name="What this changes now")).to_be_visible()
    assert munich.versions.count() == 2
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("It counts from now on.")).to_be_visible()
    assert munich.versions.count() == 3
    page.context.close()


def test_a_look_at_what_a_calendar_changes_is_usable_by_everyone(
    browser: Browser, live_server: Any, ada: User, munich: WorkCalendar
) -> None:
    page = open_for(browser, live_server, ada, reduced_motion="reduce")
    page.goto(f"/settings/calendars/{munich.pk}/")
    page.get_by_label("Tuesday").fill("9:00-17:00")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_role("heading", name="What this changes now")).to_be_visible()
    assert violations(page) == []
    page.context.close()
