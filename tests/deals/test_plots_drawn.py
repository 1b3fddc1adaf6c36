"""Plots as they are drawn: well-formed, the same numbers behind them, every mark a way on."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string

from deals.plots import curve, flow, grouped, heat, intervals, ticks, week
from deals.plots.caption import Caption, Entry, Key, Switch
from deals.shares import Share
from deals.survival import Table, kaplan_meier

VOID = {"rect", "line", "path", "polygon", "polyline", "br", "img"}


class Drawn(HTMLParser):
    """What a plot's markup holds; raises AssertionError where an element is left open."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.links: dict[bool, list[str]] = {True: [], False: []}  # in the drawing, beside it
        self.texts: list[str] = []
        self.feed(markup)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.elements.append((tag, said))
        if tag == "a":
            self.links["svg" in self.open].append(said["href"] or "")
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [said for name, said in self.elements if name == tag]


def caption(name: str, count: int | None = 40, **fields: Any) -> Caption:
    return Caption(name, "Week by week", "12 went dark, <most> on 9 March.", count, **fields)


def bars(**fields: Any) -> grouped.Bars:
    groups = [
        grouped.Group("2 Mar", [grouped.Value(5, "5", "/a"), grouped.Value(0, "0")]),
        grouped.Group("9 Mar", [grouped.Value(7, "7", "/b"), grouped.Value(4, "4", "/c")]),
    ]
    keys = [Key("dark", "went dark"), Key("relit", "relit")]
    return grouped.draw(caption("weeks", **fields), keys, groups, corner="Week from")


def band() -> curve.Band:
    told = kaplan_meier(Table.of([1, 2, 3, 4], [1, 1, 0, 1]))
    marks = [curve.Threshold("current", 2, "2 h: 50 %", "/a"), curve.Threshold("chosen", 3, "3 h")]
    axis = [ticks.Tick(0, "0"), ticks.Tick(2, "2 h")]
    segments = [curve.Segment("", told, "/b")]
    return curve.draw(caption("curve"), segments, longest=4, axis=axis, thresholds=marks)


def heatmap() -> heat.Heat:
    rows = [heat.Row("Demo", [heat.Cell(3, ["3"], "/a"), heat.Cell(0.5, ["50 %"], "/b", 4)])]
    return heat.draw(caption("heat"), ["Ines", "Karl"], rows, corner="Stage")


def shares() -> intervals.Intervals:
    told = [
        intervals.Told("Refocus", Share(15, 31), [Entry("31", "/a")], "/b"),
        intervals.Told("Widen", Share(1, 4), [Entry("4")]),
    ]
    return intervals.draw(caption("plays"), ["Tried"], told, corner="Play")


def flowing() -> flow.Flow:
    nodes = [
        flow.Node("all", "silences", 0, "line"),
        flow.Node("dark", "went dark", 1, "dark", "/a"),
    ]
    return flow.draw(caption("flow"), nodes, [flow.Stream("all", "dark", 7, "/a")])


def hours() -> week.Week:
    counts = np.zeros((7, 24), np.int64)
    counts[1, 10] = 12
    return week.draw(caption("hours"), counts, lambda day, hour: f"/{day}-{hour}")


PLOTS = {
    "bars": bars, "band": band, "heat": heatmap, "intervals": shares, "flow": flowing,
    "week": hours,
}  # fmt: skip


def draw(kind: str, plot: object) -> Drawn:
    return Drawn(render_to_string(f"plots/{kind}.html", {"plot": plot}))


@pytest.mark.parametrize("kind", PLOTS)
def test_a_plot_is_a_figure_named_by_its_heading_and_described_by_its_finding(kind: str) -> None:
    drawn = draw(kind, PLOTS[kind]())
    figure = drawn.all("figure")[0]
    ids = [said["id"] for _, said in drawn.elements if "id" in said]

    assert {figure["aria-labelledby"], figure["aria-describedby"]} <= set(ids)
    assert len(ids) == len(set(ids))
    assert drawn.texts[:2] == ["Week by week", "12 went dark, <most> on 9 March."]
    assert not any("style" in said for _, said in drawn.elements)


@pytest.mark.parametrize("kind", PLOTS)
def test_whatever_a_mark_opens_the_table_opens_too(kind: str) -> None:
    drawn = draw(kind, PLOTS[kind]())

    assert set(drawn.links[True]) <= set(drawn.links[False]) != set()
    assert len(drawn.all("table")) == 1


@pytest.mark.parametrize("kind", PLOTS)
def test_a_drawing_is_hidden_from_those_who_have_its_table_or_says_what_it_shows(kind: str) -> None:
    drawn = draw(kind, PLOTS[kind]())
    outer = [said for said in drawn.all("svg") if said.get("class")]

    assert all(said.get("aria-hidden") or said["aria-label"] for said in outer)
    for _, said in drawn.elements:
        if said.get("href") in drawn.links[True] and "tabindex" in said:
            assert said["tabindex"] == "-1"


def test_bars_have_their_numbers_behind_them() -> None:
    drawn = draw("bars", bars(csv_url="/x.csv", xlsx_url="/x.xlsx"))

    assert drawn.texts[drawn.texts.index("Week from") :] == [
        "Week from", "went dark", "relit", "2 Mar", "5", "0", "9 Mar", "7", "4", "CSV", "Excel",
    ]  # fmt: skip
    assert (drawn.links[True], drawn.links[False]) == (
        ["/a", "/b", "/c"],
        ["/a", "/b", "/c", "/x.csv", "/x.xlsx"],
    )


def test_few_are_grey_with_a_word() -> None:
    few = draw("bars", bars(count=4))
    assert "data-thin" in few.all("figure")[0]
    assert "Only 4: too few to rely on" in few.texts
    assert "data-thin" not in draw("bars", bars()).all("figure")[0]


def test_of_nothing_only_the_finding_is_shown() -> None:
    drawn = draw("bars", bars(count=0))
    assert drawn.texts == ["Week by week", "12 went dark, <most> on 9 March."]
    assert (drawn.all("svg"), drawn.all("table")) == ([], [])


def test_a_rate_of_few_is_grey_in_its_cell_with_a_word() -> None:
    cells = draw("heat", heatmap())
    assert [said.get("title") for said in cells.all("td")] == [None, "Only 4: too few to rely on"]
    assert "(Only 4: too few to rely on)" in cells.texts


def test_a_measure_is_switched_by_links() -> None:
    switches = [Switch("Count", "?by=count", is_current=True), Switch("Value", "?by=value")]
    drawn = draw("bars", bars(switches=switches))
    current = {said["href"]: said.get("aria-current") for said in drawn.all("a")[:2]}
    assert current == {"?by=count": "true", "?by=value": None}


def test_a_threshold_can_be_moved_by_what_the_drawing_says_of_its_axis() -> None:
    plot = band()
    drawn = draw("band", plot)
    svg = drawn.all("svg")[0]
    at = {said["data-kind"]: float(said["data-at"] or 0) for said in drawn.all("g")}
    left, width, longest = (
        float(svg[name] or 0) for name in ("data-left", "data-width", "data-longest")
    )

    assert at == {"current": 2, "chosen": 3}
    for rule in plot.rules:
        assert left + width * at[rule.kind] / longest == pytest.approx(rule.x, abs=0.01)


def test_an_interval_says_itself_aloud() -> None:
    drawn = draw("intervals", shares())
    assert [said["aria-label"] for said in drawn.all("svg")] == [
        "Refocus: 48 % of 31, likely 32 to 65 %",
        "Widen: 25 % of 4, likely 5 to 70 %",
    ]
    assert "Only 4: too few to rely on" in drawn.texts
