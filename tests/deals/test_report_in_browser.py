"""The report and the thresholds in a real browser: by pointer and keys, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from deals.models import Stage
from tests.cast import Story, make_deal, sweep_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def goes_dark(owner: User, *, days: int) -> None:
    start = timezone.now() - timedelta(days=days)
    Story(make_deal(owner, "Demo", opened_at=start, title=f"{days} days silent")).we_write(start)
    sweep_at(timezone.now())


def open_for(browser: Browser, live_server: Any, user: User, **options: Any) -> Page:
    """Return a page signed in as a user; what its console complains of is in `page.complaints`."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(base_url=live_server.url, **options)
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    page = context.new_page()
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda said: page.complaints.append(said.text))  # type: ignore[attr-defined]
    return page


@pytest.fixture
def page_of_ada(browser: Browser, live_server: Any, ines: User, ada: User) -> Iterator[Page]:
    """Ada's browser; Ines has two deals in Demo, silent for six and for ten days."""
    for days in (6, 10):
        goes_dark(ines, days=days)
    page = open_for(browser, live_server, ada)
    yield page
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()


def test_the_report_changes_its_period_in_place_and_opens_what_is_behind_a_number(
    page_of_ada: Page,
) -> None:
    page = page_of_ada
    page.goto("/report/")
    page.get_by_role("link", name="Year").click()
    expect(page.get_by_role("link", name="Year")).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile(r"/report/\?period=year$"))
    page.locator(".plot a").first.click()
    expect(page.get_by_role("heading", name="Went dark")).to_be_visible()
    expect(page.get_by_role("link", name="10 days silent")).to_be_visible()
    page.get_by_role("link", name="Gone dark").click()
    page.locator(".heat a").first.click()
    expect(page.get_by_role("heading", name="Dark now")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nobody_is_shut_out(
    browser: Browser, live_server: Any, ines: User, ada: User, scheme: Any, width: int
) -> None:
    goes_dark(ines, days=10)
    size: Any = {"width": width, "height": 900}
    page = open_for(browser, live_server, ada, color_scheme=scheme, viewport=size)
    demo = Stage.objects.get(name="Demo").pk
    for url in (
        "/report/",
        "/report/deals/?figure=dark_now",
        "/thresholds/",
        f"/thresholds/{demo}/",
    ):
        page.goto(url)
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()
