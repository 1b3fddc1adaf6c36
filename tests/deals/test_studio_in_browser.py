"""The threshold studio in a real browser: dragged, keyed, typed, used, taken back, and unscripted."""

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
from deals import studio, thresholds
from deals.models import Stage, Threshold
from deals.spans import Span
from deals.studio_page import Bench
from tests import browsing
from tests.cast import Story, make_deal, sweep_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OVERTAKEN = ("htmx:afterRequest", "htmx:sendAbort")  # an answer that the next move made needless
DAYS = (1, 2, 3, 5, 6, 8, 10, 14, 20, 30)


def replies_after(owner: User, *, days: float) -> None:
    """Tell of a deal in Demo that was answered after so many days, 60 days ago."""
    start = timezone.now() - timedelta(days=60)
    story = Story(make_deal(owner, "Demo", opened_at=start, title=f"Answered after {days}"))
    story.we_write(start)
    story.they_write(start + timedelta(days=days))


def goes_dark(owner: User, *, days: int) -> None:
    """Tell of a deal in Demo that has waited for so many days."""
    start = timezone.now() - timedelta(days=days)
    Story(make_deal(owner, "Demo", opened_at=start, title=f"{days} days silent")).we_write(start)
    sweep_at(timezone.now())


def open_for(browser: Browser, live_server: Any, user: User, **options: Any) -> Page:
    """Return a page signed in as a user; what its console complains of is in `page.complaints`."""
    page = browsing.open_for(browser, live_server, user, **options)
    page.complaints = []  # type: ignore[attr-defined]
    page.on("console", lambda said: page.complaints.append(said.text))  # type: ignore[attr-defined]
    return page


@pytest.fixture
def demo(ines: User) -> Stage:
    """Demo, dark after a week; with silences answered after 1 to 30 days, and two open ones."""
    for days in DAYS:
        replies_after(ines, days=days)
    for days in (6, 10):
        goes_dark(ines, days=days)
    return Stage.objects.get(name="Demo")


@pytest.fixture
def page(browser: Browser, live_server: Any, demo: Stage, ada: User) -> Iterator[Page]:
    """Ada's browser on Demo's studio."""
    page = open_for(browser, live_server, ada)
    page.goto(f"/thresholds/{demo.pk}/")
    yield page
    complaints = page.complaints  # type: ignore[attr-defined]
    assert [said for said in complaints if not said.startswith(OVERTAKEN)] == []
    page.context.close()


def fill(page: Page, label: str, text: str) -> None:
    """Type into a field, and wait for what the server says to it."""
    with page.expect_response(lambda answer: "/preview/" in answer.url):
        page.get_by_label(label).fill(text)


def studied(demo: Stage, span: Span, months: int = studio.MONTHS) -> Bench:
    """Return what the rule tells of a threshold."""
    now = timezone.now()
    return Bench(studio.read(demo, now, months), span, thresholds.effect(demo, span.code, now))


def expect_figures(page: Page, demo: Stage, code: str) -> None:
    """Expect the figures that the rule tells of a threshold, and both controls to stand on it."""
    span = Span.parse(code)
    bench = studied(demo, span)
    preview = page.locator("#preview")
    expect(preview).to_have_attribute("data-said", str(span))
    for place, figure in enumerate(bench.figures):
        shown = preview.locator(".figure").nth(place)
        expect(shown).to_have_text(f"{figure.name}{figure.said}{figure.beside}")
    expect(page.locator("#slider")).to_have_value(str(bench.place))
    expect(page.locator("#slider")).to_have_attribute("aria-valuetext", str(span))
    expect(page.locator("#id_dark_after")).to_have_value(code)
    expect(page.locator(".studio-said")).to_have_text(str(span))


def test_arrow_keys_move_the_threshold_and_its_figures(page: Page, demo: Stage) -> None:
    expect_figures(page, demo, "1w")
    slider = page.get_by_role("slider", name="Dark after")
    slider.focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    expect_figures(page, demo, "5d")
    expect(page.locator("#preview")).to_contain_text("It would flag 1 open deal that is not dark")
    page.get_by_text("Would turn dark").click()
    expect(page.get_by_role("link", name="6 days silent")).to_be_visible()
    page.keyboard.press("Tab")
    slider.focus()
    page.keyboard.press("Home")
    expect_figures(page, demo, "1d")


def thumb(page: Page) -> float:
    """Return where the middle of the slider's thumb stands, in pixels from the left."""
    place: float = page.locator("#slider").evaluate(
        """slider => {
            const { left, width } = slider.getBoundingClientRect();
            const thumb = parseFloat(getComputedStyle(slider).blockSize);
            return left + thumb / 2 + (width - thumb) * slider.value / slider.max;
        }"""
    )
    return place


def line(page: Page, kind: str) -> float:
    """Return where a threshold's line stands in the curve, in pixels from the left."""
    box = page.locator(f".rule[data-kind='{kind}'] line").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


def test_the_mouse_drags_the_threshold_under_its_line(page: Page, demo: Stage) -> None:
    box = page.locator("#slider").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    assert abs(thumb(page) - line(page, "current")) < 1
    page.mouse.move(thumb(page), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=8)
    expect(page.locator(".rule[data-kind='chosen']")).to_be_visible()
    goal = box["x"] + box["width"] / 4
    page.mouse.move(goal, middle, steps=8)  # the answer let go of nothing
    page.mouse.up()
    code = page.locator("#id_dark_after").input_value()
    stops = page.locator("#stops option")
    place = int(page.locator("#slider").input_value())
    assert stops.nth(place - 1).get_attribute("value") == code
    expect_figures(page, demo, code)
    assert abs(thumb(page) - goal) < box["width"] / stops.count()
    assert abs(thumb(page) - line(page, "chosen")) < 1
    page.mouse.click(box["x"] + 1, middle)  # no threshold is nothing: it stops at the first
    expect_figures(page, demo, "1d")


def test_a_typed_threshold_moves_the_slider(page: Page, demo: Stage) -> None:
    page.locator("#id_dark_after").fill("12d")
    expect_figures(page, demo, "12d")
    expect(page.locator("#preview")).to_contain_text("1 would stop being dark.")
    expect(page.locator("#preview")).to_contain_text("No suggestion would be withdrawn.")


def test_what_is_no_span_of_time_is_told_while_it_is_typed(
    browser: Browser, live_server: Any, demo: Stage, ada: User
) -> None:
    page = open_for(browser, live_server, ada)
    page.goto(f"/thresholds/{demo.pk}/")
    typed, notes = page.locator("#id_dark_after"), page.locator("#id_dark_after_notes")
    typed.fill("soon")
    expect(notes).to_contain_text("Write a number and a unit")
    expect(typed).to_have_attribute("aria-invalid", "true")
    expect(typed).to_have_accessible_description(re.compile("Write a number and a unit"))
    field, said = typed.bounding_box(), notes.locator(".errors").bounding_box()
    assert field is not None
    assert said is not None
    assert 0 < said["y"] - field["y"] < 2 * field["height"]
    expect(page.get_by_role("button", name="Use")).to_have_count(0)
    typed.fill("5d")
    expect(page.get_by_role("button", name="Use 5 days")).to_be_visible()
    expect(notes.locator(".errors")).to_have_count(0)
    expect(typed).to_have_attribute("aria-invalid", "false")
    page.context.close()


def test_a_threshold_is_used_and_returned_from(page: Page, demo: Stage) -> None:
    fill(page, "Or type it", "5d")
    fill(page, "Why", "They answer faster")
    page.get_by_role("button", name="Use 5 days").click()
    expect(page.get_by_text("Demo is dark after 5 days, from now on.")).to_be_visible()
    expect(page.get_by_role("cell", name="They answer faster")).to_be_visible()
    page.get_by_role("link", name="Look first at 1 week").click()
    expect(page.locator("#preview")).to_have_attribute("data-said", "1 week")
    expect(page.locator("#preview")).to_contain_text("1 would stop being dark.")
    expect(page.get_by_role("button", name="Use 1 week")).to_be_visible()
    page.get_by_role("button", name="Return to 1 week").click()
    expect(page.get_by_text("Demo is dark after 1 week, from now on.")).to_be_visible()
    said = Threshold.objects.filter(stage=demo).order_by("pk").values_list("dark_after", flat=True)
    assert [*said] == ["1w", "5d", "1w"]


def test_the_past_can_be_looked_at_over_another_time(page: Page, demo: Stage) -> None:
    fill(page, "Or type it", "5d")
    expect(page.locator("#preview")).to_have_attribute("data-said", "5 days")
    with page.expect_response(lambda answer: "/preview/" in answer.url):
        page.get_by_label("Over the last").select_option("3")
    span = Span.parse("5d")
    bench = studied(demo, span, months=3)
    shown = page.locator("#preview .figure").nth(1)
    expect(shown).to_contain_text(bench.figures[1].said)
    expect(page.get_by_label("Over the last")).to_have_value("3")


def test_without_scripts_a_threshold_is_tried_and_then_used(
    browser: Browser, live_server: Any, demo: Stage, ada: User
) -> None:
    page = open_for(browser, live_server, ada, java_script_enabled=False)
    page.goto(f"/thresholds/{demo.pk}/")
    expect(page.locator("#slider")).to_be_hidden()
    page.get_by_label("Or type it").fill("12d")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("#preview")).to_contain_text("1 would stop being dark.")
    expect(page.locator(".rule[data-kind='chosen']")).to_be_visible()
    page.get_by_role("link", name="Suggestions that would be withdrawn").click()
    expect(page.get_by_text("If Demo were dark after 12 days")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Use 12 days").click()
    expect(page.get_by_text("Demo is dark after 12 days, from now on.")).to_be_visible()
    page.context.close()


def test_a_manager_tries_what_only_an_admin_sets(
    browser: Browser, live_server: Any, demo: Stage, maud: User
) -> None:
    page = open_for(browser, live_server, maud)
    page.goto(f"/thresholds/{demo.pk}/")
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    expect_figures(page, demo, "8d")
    expect(page.get_by_role("button", name="Use")).to_have_count(0)
    expect(page.locator("#preview")).not_to_contain_text("would stop being dark")
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nobody_is_shut_out_of_the_studio(
    browser: Browser, live_server: Any, demo: Stage, ada: User, scheme: Any, width: int
) -> None:
    size: Any = {"width": width, "height": 900}
    page = open_for(browser, live_server, ada, color_scheme=scheme, viewport=size)
    page.goto(f"/thresholds/{demo.pk}/")
    page.locator("#id_dark_after").fill("5d")
    expect(page.get_by_role("button", name="Use 5 days")).to_be_visible()
    for summary in page.locator(".studio summary").all():
        summary.click()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()
