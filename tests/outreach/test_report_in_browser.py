"""The report in a real browser: filters, drilling down, tables, paper; with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from deals.models import Touch
from outreach import sweeping, touches
from tests.browsing import open_for
from tests.cast import Story, make_deal
from tests.paper import words_of

REFUSED = "status of 422"  # a browser notes every refused form
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def goes_dark(owner: User, stage: str, *, days: int) -> Story:
    """Return a deal that has waited for them so many days, swept when it was due."""
    start = timezone.now() - timedelta(days=days)
    story = Story(make_deal(owner, stage, opened_at=start, title=f"{stage} {days} days silent"))
    story.we_write(start)
    sweeping.run(timezone.now())
    return story


@pytest.fixture
def history(ines: User, karl: User) -> None:
    """Ines has a deal that is dark and one that was relit, Karl has one that was tried."""
    now = timezone.now()
    goes_dark(ines, "Demo", days=10)
    goes_dark(ines, "Demo", days=12).they_write(now - timedelta(hours=2))
    tried = goes_dark(karl, "Proposal", days=20).deal
    touch = Touch(channel="email", direction="outbound", occurred_at=now - timedelta(minutes=5))
    touches.log(tried, touch, user=karl, now=now)


@pytest.fixture
def page_of_maud(browser: Browser, live_server: Any, history: None, maud: User) -> Iterator[Page]:
    page = open_for(browser, live_server, maud)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    yield page
    assert [said for said in complaints if REFUSED not in said] == []
    page.context.close()


def test_a_filter_changes_the_report_in_place_and_stays_in_the_address(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/")
    page.get_by_role("link", name="4 weeks").click()
    expect(page.get_by_role("link", name="4 weeks")).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile(r"/report/\?period=4w$"))
    page.get_by_label("Rep", exact=True).select_option("Karl")
    expect(page.get_by_role("status").filter(has_text="Karl")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/report/\?owner=\d+&period=4w$"))
    expect(page.get_by_role("link", name="4 weeks")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("link", name="4 weeks")).to_have_attribute("aria-current", "true")
    expect(page.get_by_label("Rep", exact=True)).to_have_value("")


def test_two_days_can_be_asked_for_and_a_period_that_is_none_says_so(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/")
    page.get_by_text("Other days").click()
    page.get_by_label("From", exact=True).fill("2026-03-08")
    expect(page).to_have_url(re.compile("from=2026-03-08"))
    page.locator(".days > summary").click()
    page.get_by_label("To", exact=True).fill("2026-03-01")
    expect(page.get_by_role("alert")).to_contain_text("Swap the two")


def test_a_heat_cell_opens_its_deals_and_the_way_back_keeps_the_filters(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/?period=4w&business=b2c")
    page.locator(".heat a").first.click()
    expect(page.get_by_role("heading", name="Dark now")).to_be_visible()
    expect(page.get_by_role("link", name="Demo 10 days silent")).to_be_visible()
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("link", name="Gone dark").click()
    expect(page).to_have_url(re.compile(r"/report/\?period=4w&business=b2c$"))
    expect(page.get_by_role("status").filter(has_text="Consumers")).to_be_visible()


def test_the_heatmap_switches_to_value_and_to_the_share_that_came_back(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/?period=4w")
    page.get_by_role("link", name="Value", exact=True).click()
    expect(page.locator(".heat a").first).to_have_text("€ 1 k")
    expect(page).to_have_url(re.compile(r"/report/\?period=4w&heat=value#heat$"))
    page.get_by_role("link", name="Share relit").click()
    expect(page.locator(".heat a").first).to_contain_text("100 %")


def test_a_bar_opens_what_it_counts(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/")
    page.get_by_role("link", name="Year").click()
    expect(page).to_have_url(re.compile(r"/report/\?period=year$"))
    page.locator("#steps svg a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Went dark")
    expect(page.get_by_role("link", name="Proposal 20 days silent")).to_be_visible()


def test_another_pipeline_drops_the_stage_and_offers_its_own(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/")
    page.get_by_label("Stage", exact=True).select_option("Demo")
    expect(page.get_by_role("status").filter(has_text="Demo")).to_be_visible()
    page.get_by_label("Pipeline").select_option("Customers")
    expect(page.get_by_text("Demo is not a stage of Customers")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/report/\?pipeline=\d+&period=10w$"))
    expect(page.get_by_label("Stage", exact=True)).to_have_value("")
    assert page.locator("optgroup").evaluate_all("all => all.map(one => one.label)") == [
        "Customers"
    ]


def test_an_instant_stays_when_a_filter_is_chosen(page_of_maud: Page) -> None:
    page = page_of_maud
    instant = (timezone.now() - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S.123456Z")
    page.goto(f"/report/?as_of={instant}")
    page.get_by_label("Rep", exact=True).select_option("Karl")
    expect(page.get_by_role("status").filter(has_text="Karl")).to_contain_text("as of")
    expect(page).to_have_url(re.compile(rf"as_of={re.escape(instant).replace(':', '%3A')}"))


def test_every_plot_has_a_table_that_says_the_same(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/")
    charts = page.locator("figure.chart")
    names = [charts.nth(place).get_attribute("id") or "" for place in range(charts.count())]
    assert {"steps", "heat", "plays", "reasons", "flow", "replies"} < set(names)
    assert sum(name.startswith("curve-") for name in names) == 2
    for name in names:
        chart = page.locator(f"#{name}")
        if chart.locator("summary").count():
            chart.locator("summary").click()
        cells = chart.get_by_role("table").locator("tbody tr")
        expect(cells.first).to_be_visible()
        assert all(row.strip() for row in cells.all_inner_texts())
        expect(chart).to_have_accessible_description(re.compile(r"\w{3}"))
    told = page.locator("#steps tbody tr").all_inner_texts()
    assert sum(int(row.split("\t")[1]) for row in told) == 3


def test_the_link_that_is_copied_stays_what_it_is(page_of_maud: Page) -> None:
    page = page_of_maud
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/report/?period=4w&business=b2c")
    page.get_by_role("link", name="Copy link").click()
    expect(page.get_by_role("link", name="Copied")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert re.search(r"/report/\?from=[\d-]+&to=[\d-]+&as_of=[^&]+Z&business=b2c$", copied)
    page.goto(copied)
    expect(page.get_by_role("status").filter(has_text="as of")).to_be_visible()


def test_without_scripts_all_is_there_and_the_filters_work(
    browser: Browser, live_server: Any, history: None, maud: User
) -> None:
    page = open_for(browser, live_server, maud, java_script_enabled=False)
    page.goto("/report/")
    assert page.locator("figure.chart").count() == 8
    page.get_by_label("Rep", exact=True).select_option("Karl")
    page.get_by_role("button", name="Show").click()
    assert re.search(r"/report/\?owner=\d+&period=10w$", page.url)
    expect(page.locator("#steps-finding")).to_contain_text("1 went dark")
    page.context.close()


# Cards and boxes of tables that hold something wider than themselves.
SCROLLED = """[...document.querySelectorAll(".table-wrap, .card")].filter((box) =>
  box.scrollWidth > box.clientWidth + 1).map((box) => box.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("has_scripts", [True, False])
def test_on_a_phone_the_report_is_folded_and_opens_part_by_part(
    browser: Browser, live_server: Any, history: None, maud: User, has_scripts: bool
) -> None:
    page = open_for(
        browser, live_server, maud, java_script_enabled=has_scripts,
        viewport={"width": 360, "height": 800},
    )  # fmt: skip
    page.goto("/report/")
    expect(page.locator("#heat .heat")).to_be_visible()
    expect(page.locator("#reps")).to_be_hidden()
    height = page.locator("#report").bounding_box()
    assert height
    assert height["height"] < 3000
    page.locator("summary", has_text="By rep").click()
    expect(page.locator("#reps")).to_be_visible()
    page.set_viewport_size({"width": 1200, "height": 800})
    expect(page.locator(".report-part > summary:visible")).to_have_count(0)
    expect(page.locator("#stages")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("menu", [".report-files", ".days"])
@pytest.mark.parametrize("width", [360, 820, 1440])
def test_what_opens_from_a_button_has_room_and_stays_on_the_page(
    browser: Browser, live_server: Any, history: None, maud: User, menu: str, width: int
) -> None:
    page = open_for(browser, live_server, maud, viewport={"width": width, "height": 900})
    page.goto("/report/")
    if width == 360 and menu == ".days":
        page.get_by_text("Filters", exact=True).click()
    page.locator(f"{menu} > summary").click()
    panel, first = page.locator(f"{menu} > :not(summary)"), page.locator(f"{menu} > * > *").first
    around, inside = panel.bounding_box(), first.bounding_box()
    assert around
    assert inside
    assert inside["x"] - around["x"] >= 12
    assert around["x"] >= 0
    assert around["x"] + around["width"] <= width
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nobody_is_shut_out_and_nothing_is_cut(
    browser: Browser, live_server: Any, history: None, maud: User, scheme: Any, width: int
) -> None:
    page = open_for(
        browser, live_server, maud, color_scheme=scheme, reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    for address in (
        "/report/",
        "/report/?heat=rate",
        "/report/?heat=value&period=year",
        "/report/deals/?figure=dark_now",
    ):
        page.goto(address)
        if width == 360 and address == "/report/":
            expect(page.get_by_label("Stage", exact=True)).to_be_hidden()
            page.get_by_text("Filters", exact=True).click()
            expect(page.get_by_label("Stage", exact=True)).to_be_visible()
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for wide in {1440: (1440, 1420, 1280, 1000), 360: ()}[width]:
        page.set_viewport_size({"width": wide, "height": 900})
        page.goto("/report/?heat=value")
        assert page.evaluate(SCROLLED) == []
    page.context.close()


# --- paper


PAPER_WIDTH = round((210 - 2 * 14) / 25.4 * 96)  # of A4 within print.css's margins, in pixels
CUT = """[...document.querySelectorAll("main, main *")].filter((each) =>
  each.clientWidth && each.scrollWidth > each.clientWidth + 1
  && getComputedStyle(each).display !== "inline" && !each.closest(".visually-hidden, svg")
).map((each) => each.outerHTML.slice(0, 80))"""


def test_on_paper_every_word_can_be_selected_and_nothing_is_cut(page_of_maud: Page) -> None:
    page = page_of_maud
    page.goto("/report/?heat=value")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER_WIDTH, "height": 1000})
    assert page.evaluate(CUT) == []
    seen = page.locator("main").inner_text()
    page.emulate_media()
    found = words_of(page.pdf(format="A4", print_background=True))
    on_paper = re.sub(r"\s", "", found).replace("ʼ", "’")  # one shape of the font is both
    at_axes = {  # fewer where it is narrower
        word for text in page.locator("main svg text").all_text_contents() for word in text.split()
    }
    missing = [word for word in seen.split() if word not in at_axes and word not in on_paper]
    assert missing == []
    for heading in (
        "Gone dark", "Week by week", "Where it is dark now", "What brings them back",
        "Why they went quiet", "What became of them", "When people reply",
        "How long replies take", "By stage", "By rep",
    ):  # fmt: skip
        assert heading in seen
    assert "100%" in on_paper
    assert "Copy link" not in found
