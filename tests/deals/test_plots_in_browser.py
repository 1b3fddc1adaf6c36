"""Plots as a browser shows them: readable on a phone, in the dark and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from deals import flows
from deals.flows import Became, Fate
from deals.plots import curve, grouped, heat, intervals, ticks, week
from deals.plots.caption import Caption, Entry, Key, Switch
from deals.shares import Share
from deals.survival import Table, kaplan_meier

pytestmark = pytest.mark.browser

WIDTHS = (1440, 360)
SCHEMES = ("light", "dark")
PAPER = 688  # pixels: A4 less the margins of print.css, at 96 to the inch
HOUR = 3600
# Words of a plot that stick out of it by more than a pixel.
CUT = """() => [...document.querySelectorAll("svg.plot text")].filter((text) => {
  const [words, plot] = [text, text.closest("svg.plot")].map((one) => one.getBoundingClientRect());
  return words.left < plot.left - 1 || words.right > plot.right + 1
    || words.top < plot.top - 1 || words.bottom > plot.bottom + 1;
}).map((text) => text.textContent)"""
TOO_WIDE = """(parts) => [...document.querySelectorAll(parts)].filter((part) =>
  part.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).map((part) => part.outerHTML.slice(0, 80))"""
# Pairs of words under an axis that stand on each other.
TOUCHING = """() => [...document.querySelectorAll("svg.plot")].flatMap((plot) => {
  const words = [...plot.querySelectorAll("text.middle, text.end")]
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  return words.flatMap(([one, first], place) => words.slice(place + 1)
    .filter(([, second]) => first.left < second.right + 3 && second.left < first.right + 3
      && first.top < second.bottom && second.top < first.bottom)
    .map(([other]) => [one, other]));
})"""
ON_SCREEN = "section, figure, svg, .table-wrap"  # a wide table scrolls in its own frame
ON_PAPER = f"{ON_SCREEN}, table"
LIGHTNESS = """() => [...document.querySelectorAll(".heat-steps td[data-level]")].map((cell) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = getComputedStyle(cell).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
})"""


def caption(name: str, count: int | None = 400) -> Caption:
    switches = [Switch("Count", "?", is_current=True), Switch("Value", "?by=value")]
    finding = "It says in a sentence what is to be seen, long enough to need a second line."
    return Caption(name, f"The {name}", finding, count, "/x.csv", "/x.xlsx", switches)


def bars(name: str, highest: int, count: int, *labels: str) -> grouped.Bars:
    keys = [Key("dark", "went dark"), Key("relit", "relit"), Key("let_go", "let go")]
    values = [grouped.Value(n, f"{n:,}", "/a") for n in (highest, highest // 2, 1)]
    groups = [grouped.Group(label, values) for label in labels]
    return grouped.draw(caption(name, count), keys, groups, corner="Week from")


def band() -> curve.Band:
    lengths = np.random.default_rng(7).exponential(9 * HOUR, (3, 200))
    told = [kaplan_meier(Table.of(each, np.ones(200))) for each in lengths]
    names = ("Small deals", "Middling deals", "Large deals")
    return curve.draw(
        caption("curve"),
        [curve.Segment(name, each, "/a") for name, each in zip(names, told, strict=True)],
        longest=40 * HOUR,
        axis=ticks.durations(timedelta(hours=40), timedelta(hours=8)),
        thresholds=[
            curve.Threshold("current", 8 * HOUR, "1 working day: 43 %", "/a"),
            curve.Threshold("chosen", 9 * HOUR, "9 working hours"),
            curve.Threshold("suggested", 39 * HOUR, "suggested: 39 h"),
        ],
    )


def heatmap() -> heat.Heat:
    rows = [
        heat.Row("Negotiation", [heat.Cell(n, [f"{n}"], "/a") for n in range(6)], "New business"),
        heat.Row("Renewal", [heat.Cell(0.5, ["50 %"], "/a", 4)] * 6, "Customers"),
    ]
    return heat.draw(caption("heat"), ["Ines", "Karl", "Dao", "Lea", "Mo", "Sam"], rows)


def crowd() -> heat.Heat:
    """A heatmap of values with more reps than half a page has room for."""
    cells = [heat.Cell(n, [f"€ {n}07 k", "$ 1.5 M"], "/a", is_apart=True) for n in range(14)]
    names = [f"Bartholomew Featherstone {n}" for n in range(14)]
    return heat.draw(caption("crowd"), names, [heat.Row("Negotiation", cells, "New business")])


def a_year(start: date) -> grouped.Bars:
    """The weeks of a year from a day, as the report says them."""
    days = [start, *(start + timedelta(days=7 * n - start.weekday()) for n in range(1, 53))]
    said = [(f"{each.day} {each:%b %Y}", f"{each.day} {each:%b}") for each in days]
    groups = [grouped.Group(label, [grouped.Value(9, "9")], short) for label, short in said]
    return grouped.draw(caption(f"year-{start}"), [Key("dark", "went dark")], groups)


def shares() -> intervals.Intervals:
    told = [
        intervals.Told("Personal note", Share(15, 31), [Entry("E-mail"), Entry("31")], "/a"),
        intervals.Told("Switch channel", Share(1, 4), [Entry("Phone"), Entry("4")]),
        intervals.Told("Widen", Share(0, 0), [Entry("E-mail"), Entry("0")]),
    ]
    return intervals.draw(caption("plays"), ["Channel", "Tried"], told, corner="Play")


def flowing() -> Any:
    every = [Became(was_dark, fate, 123_456) for was_dark in (False, True) for fate in Fate]
    return flows.plot(every, caption("flow"), lambda was_dark, fate: "/a")


def hours() -> week.Week:
    counts = np.random.default_rng(7).poisson(4, (7, 24)).astype(np.int64)
    return week.draw(caption("week"), counts, lambda day, hour: "/a")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of all plots with the product's styles."""
    drawn = [
        ("bars", bars("bars", 9_400_000, 400, *(f"{n} Nov 2026" for n in range(10, 29)))),
        ("bars", bars("few", 3, 4, *(f"{n} Nov" for n in range(13, 24)))), ("band", band()),
        ("heat", heatmap()), ("intervals", shares()), ("flow", flowing()), ("week", hours()),
        ("heat", crowd()), *(("bars", a_year(date(2025, 11, n))) for n in range(1, 29, 3)),
        ("bars", bars("weeks", 9, 40, *(f"{n} Nov" for n in range(10, 30)))),
    ]  # fmt: skip
    figures = "".join(
        f'<section class="card">{render_to_string(f"plots/{kind}.html", {"plot": plot})}</section>'
        for kind, plot in drawn
    )
    steps = "".join(f'<td data-level="{level}">{level}</td>' for level in range(1, 6))
    scale = f'<table class="heat heat-steps"><tbody><tr>{steps}</tr></tbody></table>'
    static = (settings.BASE_DIR / "static").as_uri()
    styles = re.sub(
        r'href="[^"]*/(css/[^"?]+)[^"]*"', rf'href="{static}/\1"',
        render_to_string("partials/styles.html"),
    )  # fmt: skip
    page = Path(tmp_path_factory.mktemp("plots")) / "plots.html"
    page.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Plots</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{styles}</head>'
        f'<body><main class="page"><h1>Plots</h1><div class="pair">{figures}</div>{scale}</main>'
        "</body></html>"
    )
    return page.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context()
    shown = context.new_page()
    shown.goto(address)
    assert shown.evaluate("document.fonts.ready.then(() => true)")
    yield shown
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_is_cut_and_nothing_is_too_wide(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.locator("svg.plot text").count() > 50
    assert page.evaluate(CUT) == []
    assert page.evaluate(TOUCHING) == []
    assert page.evaluate(TOO_WIDE, ON_SCREEN) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", SCHEMES)
def test_everybody_can_use_them(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.locator("figure table:visible").count() == 19
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_scale_runs_one_way_in_lightness(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    lightness = page.evaluate(LIGHTNESS)
    assert len(set(lightness)) == 5
    assert lightness == sorted(lightness, reverse=scheme == "light")


def test_on_paper_nothing_is_cut_and_links_read_as_text(page: Page) -> None:
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(CUT) == []
    assert page.evaluate(TOO_WIDE, ON_PAPER) == []
    assert page.locator("summary:visible, .button:visible, .segmented:visible").count() == 0
    link, body = page.locator("tbody th a").first, page.locator("tbody th").first
    colour = "one => getComputedStyle(one).color"
    assert link.evaluate(colour) == body.evaluate(colour)
    broken = "all => new Set(all.map((one) => getComputedStyle(one).breakInside)).size"
    assert page.locator("figure").evaluate_all(broken) == 1
    assert page.locator("figure").first.evaluate("one => getComputedStyle(one).breakInside") == (
        "avoid"
    )
    assert page.pdf(format="A4").count(b"/Type /Page\n") >= 3


@pytest.mark.parametrize("width", WIDTHS)
def test_more_reps_than_there_is_room_for_scroll_in_their_own_box(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    box, stage = page.locator("#crowd .table-wrap"), page.locator("#crowd tbody th")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    before = stage.bounding_box()
    box.evaluate("box => box.scrollTo(box.scrollWidth, 0)")
    assert stage.bounding_box() == before  # the stage stays in sight


def test_an_open_table_is_printed_too(page: Page) -> None:
    page.locator("summary").first.click()
    page.emulate_media(media="print")
    assert page.locator("details table:visible").count() == 1
