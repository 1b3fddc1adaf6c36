"""The book of deals and contacts in a real browser: by pointer and keys, with scripts and without."""

from __future__ import annotations

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
from deals.models import Deal
from tests.cast import Story, make_company, make_contact, make_deal, sweep_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
def fleet(ines: User) -> Deal:
    """A dark deal of Ines's with Mara of Nordhavn Marine."""
    start = timezone.now() - timedelta(days=10)
    mara = make_contact("Mara", "Lind", company=make_company(owner=ines), owner=ines)
    story = Story(make_deal(ines, "Demo", title="Fleet telematics", contact=mara, opened_at=start))
    story.we_write(start)
    sweep_at(timezone.now())
    return story.deal


@pytest.fixture
def page_of_ines(browser: Browser, live_server: Any, ines: User, fleet: Deal) -> Iterator[Page]:
    page = open_for(browser, live_server, ines)
    yield page
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()


def test_a_deal_moves_on_the_board_and_the_answer_follows_the_stage(page_of_ines: Page) -> None:
    page = page_of_ines
    page.goto("/deals/board/")
    page.get_by_role("link", name="Move Fleet telematics").click()
    dialog = page.get_by_role("dialog", name="Move “Fleet telematics”")
    expect(dialog.get_by_label("Yes: it is their move now")).to_be_checked()
    dialog.get_by_label("Stage").select_option(label="Negotiation")
    expect(dialog.get_by_label("The move changes nothing for them")).to_be_checked()
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_text("“Fleet telematics” is in Negotiation now.")).to_be_visible()
    assert page.url.endswith("/deals/board/")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert Deal.objects.get().stage.name == "Demo"


def test_the_list_narrows_as_one_types_and_the_address_keeps_it(
    page_of_ines: Page, ines: User
) -> None:
    page = page_of_ines
    make_deal(ines, title="Yard cameras", contact=make_contact("Piotr", "Zając"))
    page.goto("/deals/")
    page.get_by_label("Search", exact=True).press_sequentially("yard")
    expect(page.get_by_text("1 deal", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Fleet telematics")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("link", name="Yard cameras")).to_be_visible()
    page.get_by_label("Search", exact=True).fill("")
    page.get_by_label("State").select_option(label="Dark")
    expect(page.get_by_role("link", name="Fleet telematics")).to_be_visible()


def test_a_wrong_form_stays_in_its_dialog(
    browser: Browser, live_server: Any, ines: User, fleet: Deal
) -> None:
    page = open_for(browser, live_server, ines)
    page.goto(f"/deals/{fleet.pk}/")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Edit “Fleet telematics”")
    dialog.get_by_label("Amount").fill("-5")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("An amount cannot be negative.")).to_be_visible()
    dialog.get_by_label("Amount").fill("84.000,50")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("€ 84,000.50").first).to_be_visible()
    page.context.close()


def test_names_are_offered_while_one_types(page_of_ines: Page) -> None:
    page = page_of_ines
    page.goto("/deals/new/")
    page.get_by_label("Contact").press_sequentially("mar")
    offered = page.locator("#contact-names option")
    expect(offered).to_have_count(1)
    assert (offered.get_attribute("value") or "").startswith("Mara Lind · Nordhavn Marine #")


def test_without_scripts_a_contact_gets_an_address_and_a_deal_moves_on(
    browser: Browser, live_server: Any, ines: User, fleet: Deal
) -> None:
    page = open_for(browser, live_server, ines, java_script_enabled=False)
    page.goto(f"/contacts/{fleet.contact_id}/edit/")
    page.locator("#id_addresses-2-channel").select_option(label="Chat")
    page.locator("#id_addresses-2-value").fill("@mara")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("@mara")).to_be_visible()
    page.goto(f"/deals/{fleet.pk}/")
    page.get_by_role("link", name="Move on").click()
    page.get_by_label("Stage").select_option(label="Proposal")
    page.get_by_label("No: we owe them something").check()
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("“Fleet telematics” is in Proposal now.")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nobody_is_shut_out(
    browser: Browser, live_server: Any, ada: User, fleet: Deal, scheme: Any, width: int
) -> None:
    size: Any = {"width": width, "height": 900}
    page = open_for(browser, live_server, ada, color_scheme=scheme, viewport=size)
    double = make_contact("M.", "Lind")
    mara = fleet.contact_id
    for url in (
        "/deals/",
        "/deals/board/",
        "/deals/new/",
        f"/deals/{fleet.pk}/",
        f"/deals/{fleet.pk}/move/",
        "/contacts/",
        f"/contacts/{mara}/",
        f"/contacts/{mara}/edit/",
        f"/contacts/{mara}/merge/{double.pk}/",
        "/companies/",
        f"/companies/{fleet.company_id}/",
        "/settings/pipelines/",
        "/settings/calendars/",
        "/settings/calendars/new/",
    ):
        page.goto(url)
        assert Axe().run(page).response["violations"] == [], url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()
