"""Digests in a real browser: previews in their frame, on a narrow screen, stopped by one click."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from outreach import sweeping
from outreach.digest import making, recipients, stopping
from outreach.models import Digest, DigestSettings
from tests.browsing import open_for
from tests.cast import Cast, Story, make_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW = {"width": 360, "height": 800}
PAGES = (
    "/settings/digests/",
    "/settings/digests/morning/preview/",
    "/settings/digests/weekly/preview/",
)


NOTHING_IS_CUT = """() => {
  const frame = document.querySelector(".mail-frame");
  return frame.contentDocument.documentElement.scrollHeight <= frame.clientHeight
    && frame.contentDocument.documentElement.scrollWidth <= frame.clientWidth
    && document.querySelector(".mail-raw").scrollHeight <= document.querySelector(".mail-raw").offsetHeight;
}"""


@pytest.fixture
def harbour(cast: Cast) -> User:
    """Maud's own deal went dark eight days ago, and one an hour ago; her morning was just now."""
    now = timezone.now()
    for length in (timedelta(days=15), timedelta(days=7, hours=1)):
        story = Story(make_deal(cast.maud, "Demo", title="Harbour", opened_at=now - length))
        story.we_write(now - length)
    sweeping.run(now)
    User.objects.filter(pk=cast.maud.pk).update(time_zone="UTC")
    DigestSettings.objects.create(
        user=cast.maud, morning_at=(now - timedelta(minutes=5)).time(), quiet_from=None,
        quiet_until=None, working_days_only=False,
    )  # fmt: skip
    cast.maud.led_teams.get().members.add(cast.maud)
    return cast.maud


def said_by(page: Page) -> list[str]:
    """Note what the console complains of."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    return said


def test_previews_show_both_mails_light_dark_and_narrow(
    browser: Browser, live_server: Any, harbour: User
) -> None:
    page = open_for(browser, live_server, harbour)
    said = said_by(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for path in PAGES:
            page.goto(live_server.url + path)
            assert Axe().run(page).response["violations"] == []
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for path in PAGES:
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    assert said == []


def test_the_mail_fits_its_frame_on_a_narrow_screen(
    browser: Browser, live_server: Any, harbour: User
) -> None:
    page = open_for(browser, live_server, harbour)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for kind, words in (("morning", "Harbour"), ("weekly", "Went dark, week by week")):
        page.goto(f"{live_server.url}/settings/digests/{kind}/mail/")
        expect(page.get_by_text(words).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


@pytest.mark.parametrize("width", [1440, 360])
def test_the_preview_shows_the_whole_mail(
    browser: Browser, live_server: Any, harbour: User, width: int
) -> None:
    page = open_for(browser, live_server, harbour)
    said = said_by(page)
    for kind in ("morning", "weekly"):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{live_server.url}/settings/digests/{kind}/preview/")
        for wider in (0, 40):  # and again once the window has changed
            page.set_viewport_size({"width": width + wider, "height": 800})
            expect(
                page.frame_locator(".mail-frame").get_by_text("Stop these mails")
            ).to_be_visible()
            page.wait_for_function(NOTHING_IS_CUT)
    assert said == []


def test_a_link_in_the_preview_opens_a_page_of_its_own(
    browser: Browser, live_server: Any, harbour: User, settings: Any
) -> None:
    settings.BASE_URL = live_server.url
    page = open_for(browser, live_server, harbour)
    page.goto(f"{live_server.url}/settings/digests/morning/preview/")
    with page.context.expect_page() as opened:
        page.frame_locator(".mail-frame").get_by_role("link", name="Open Today").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Two deals went dark")
    assert page.url.endswith("/preview/")


def test_a_digest_on_today_opens_and_is_put_away(
    browser: Browser, live_server: Any, harbour: User
) -> None:
    making.make(timezone.now())
    page = open_for(browser, live_server, harbour)
    page.goto(live_server.url + "/")
    news = page.get_by_role("region", name="Morning digest")
    news.get_by_text("Which deals").click()
    expect(news.get_by_role("link", name="Harbour").first).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    news.get_by_role("button", name="Put this digest away").click()
    expect(news).to_have_count(0)


def test_one_click_stops_without_a_sign_in(page: Page, live_server: Any, harbour: User) -> None:
    digest = Digest(user=harbour, kind="morning")
    page.goto(live_server.url + urlsplit(stopping.address_of(digest)).path)
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert not DigestSettings.objects.get(user=harbour).morning_by_mail


def test_a_recipient_stops_the_report_and_allows_it_again(
    page: Page, live_server: Any, harbour: User
) -> None:
    board = recipients.add_recipient(harbour, "board@example.org", now=timezone.now())
    link = stopping.address_of(Digest(user=harbour, kind="weekly", recipient=board))
    for button, heading in (("Stop these mails", "Done"), ("Allow it again", "Allowed again")):
        page.goto(live_server.url + urlsplit(link).path)
        assert Axe().run(page).response["violations"] == []
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert Axe().run(page).response["violations"] == []


def test_the_weekly_report_on_today_leads_to_its_figures(
    browser: Browser, live_server: Any, harbour: User
) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    DigestSettings.objects.filter(user=harbour).update(
        weekly_on=hour_ago.weekday(), weekly_at=hour_ago.time()
    )
    making.make(timezone.now())
    page = open_for(browser, live_server, harbour)
    page.goto(live_server.url + "/")
    told = page.get_by_role("region", name="Weekly report")
    assert Axe().run(page).response["violations"] == []
    told.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/report/\?from=.*&as_of="))
