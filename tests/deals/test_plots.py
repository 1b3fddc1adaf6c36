"""Plots as they are laid out: everything inside the frame, every number where it belongs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deals.plots import curve, flow, grouped, heat, intervals, ticks, week
from deals.plots.caption import Caption, Key
from deals.plots.frame import FIELD, LETTER, Frame, Mark, named, spread
from deals.plots.ticks import Tick
from deals.shares import Share
from deals.survival import Curve, Table, kaplan_meier

CAPTION = Caption("plot", "A plot", "It says something.")
SERIES = (Key("dark", "went dark"), Key("relit", "relit"))
NUMBERS = st.integers(0, 10**13)
HOUR = 3600.0


def group(label: str, *numbers: float) -> grouped.Group:
    return grouped.Group(label, [grouped.Value(number, f"{number:,}") for number in numbers])


# --- Axes


@pytest.mark.parametrize(
    ("highest", "step"), [(0, 1), (4, 1), (5, 2), (15, 5), (40, 10), (41, 20), (5000, 2000)]
)
def test_the_lines_of_a_grid_stand_at_round_numbers(highest: int, step: int) -> None:
    assert ticks.step_of(highest) == step


@given(st.floats(0, 1e15))
def test_a_grid_reaches_the_highest_number_and_hardly_past_it(highest: float) -> None:
    lines = [tick.value for tick in ticks.counts(highest)]

    assert 1 <= len(lines) <= ticks.MOST
    assert highest <= lines[-1]
    assert lines[-1] - lines[0] < highest or len(lines) == 1


def test_money_is_said_short_on_an_axis() -> None:
    assert ticks.texts(ticks.money(1_240_000, "EUR")) == ["€ 500 k", "€ 1 M", "€ 1.5 M"]
    assert ticks.texts(ticks.money(9, "SEK")) == ["SEK 5", "SEK 10"]


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (950, "950"), (1500, "1.5 k"), (12_000, "12 k"), (2_000_000, "2 M"), (1e13, "10 T")],
)
def test_long_numbers_are_said_short(number: float, said: str) -> None:
    assert ticks.say_short(number) == said


@pytest.mark.parametrize(
    ("longest", "day", "said"),
    [
        (timedelta(), timedelta(days=1), ["0"]),
        (timedelta(minutes=50), timedelta(days=1), ["0", "10 min", "20 min", "30 min", "40 min", "50 min"]),
        (timedelta(hours=20), timedelta(days=1), ["0", "4 h", "8 h", "12 h", "16 h", "20 h"]),
        (timedelta(hours=20), timedelta(hours=8), ["0", "4 h", "8 h", "12 h", "16 h", "20 h"]),
        (timedelta(hours=40), timedelta(hours=8), ["0", "1 d", "2 d", "3 d", "4 d", "5 d"]),
        (timedelta(days=42), timedelta(days=1), ["0", "10 d", "20 d", "30 d", "40 d"]),
        (timedelta(hours=7.5), timedelta(hours=7.5), ["0", *(f"{n} h" for n in range(1, 8))]),
    ],
)  # fmt: skip
def test_lengths_of_time_are_named_in_their_own_unit(
    longest: timedelta, day: timedelta, said: list[str]
) -> None:
    named = ticks.durations(longest, day)

    assert ticks.texts(named) == said
    assert named[0].value == 0


@given(st.timedeltas(timedelta(), timedelta(days=4000)), st.sampled_from([8, 7.5, 24]))
def test_no_length_is_named_past_the_longest(longest: timedelta, day: float) -> None:
    named = ticks.durations(longest, timedelta(hours=day))

    assert len(named) <= 9
    assert named[-1].value <= max(longest.total_seconds(), 60)
    assert len({tick.text for tick in named}) == len(named)


def test_days_are_named_by_day_by_monday_or_by_month() -> None:
    def named(first: date, last: date) -> list[str]:
        return [day.text for day in ticks.days(first, last)]

    assert named(date(2026, 3, 3), date(2026, 3, 5)) == ["3 Mar", "4 Mar", "5 Mar"]
    assert named(date(2026, 3, 3), date(2026, 4, 2)) == ["9 Mar", "16 Mar", "23 Mar", "30 Mar"]
    assert named(date(2025, 7, 2), date(2026, 6, 30)) == [
        "1 Sep 2025", "1 Nov 2025", "1 Jan 2026", "1 Mar 2026", "1 May 2026",
    ]  # fmt: skip
    assert named(date(2020, 1, 1), date(2039, 12, 31)) == [
        "1 Jan 2020", "1 Jan 2024", "1 Jan 2028", "1 Jan 2032", "1 Jan 2036",
    ]  # fmt: skip


def test_words_under_an_axis_are_thinned_until_they_fit() -> None:
    assert spread(["Mon", "Tue"], 90) == 1
    assert spread(["30 Nov"] * 52, 90) == 11


@given(
    st.lists(st.tuples(st.floats(0, 100), st.text("abc 1", min_size=1, max_size=20)), max_size=12)
)
def test_words_stand_apart_inside_the_frame(places: list[tuple[float, str]]) -> None:
    free = 0.0
    for mark in named(sorted(places)):
        width = len(mark.text) * LETTER
        begins = mark.at - (width if mark.anchor == "end" else width / 2)
        assert free - 1e-9 <= begins
        assert begins + width <= 100 + 1e-9
        free = begins + width


def test_the_last_words_end_where_the_frame_does() -> None:
    assert named([(50, "9 Nov"), (98, "23 Nov")]) == [
        Mark(50, "9 Nov", "middle"),
        Mark(100, "23 Nov", "end"),
    ]


# --- Bars


@settings(max_examples=60)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=60))
def test_bars_stay_inside_and_are_as_high_as_their_share(numbers: list[tuple[int, int]]) -> None:
    plot = grouped.draw(CAPTION, SERIES, [group(str(n), *pair) for n, pair in enumerate(numbers)])
    frame = plot.frame

    assert len(plot.bars) == sum(number > 0 for pair in numbers for number in pair)
    for bar in plot.bars:
        assert frame.left <= bar.x
        assert bar.x + bar.width <= frame.right
        assert frame.top <= bar.y
        assert bar.y + bar.height == pytest.approx(frame.floor)
    assert all(frame.left <= label.at <= frame.right for label in plot.labels)
    assert [len(line.entries) for line in plot.sheet.lines] == [2] * len(numbers)


def test_a_bar_that_is_twice_as_many_is_twice_as_high() -> None:
    plot = grouped.draw(CAPTION, SERIES, [group("2 Mar", 10, 5)])

    assert [bar.height for bar in plot.bars] == [plot.frame.depth, plot.frame.depth / 2]
    assert [bar.mark for bar in plot.bars] == ["dark", "relit"]
    assert plot.bars[1].title == "2 Mar: 5 relit"
    assert [mark.text for mark in plot.grid] == ["5", "10"]


def test_bars_of_nothing_are_an_axis_alone() -> None:
    plot = grouped.draw(CAPTION, SERIES, [])
    assert (plot.bars, plot.labels, [mark.text for mark in plot.grid]) == ([], [], ["1"])


def test_one_among_millions_is_still_seen() -> None:
    tiny = grouped.draw(CAPTION, SERIES, [group("2 Mar", 1, 5_000_000)]).bars[0]
    assert tiny.height == grouped.LOWEST


# --- Heat


def test_the_highest_cell_is_darkest_and_nothing_has_no_colour() -> None:
    levels = [heat.level_of(number, 20) for number in (None, 0, 1, 4, 5, 12, 20, 21)]
    assert levels == [0, 0, 1, 1, 2, 3, 5, 5]
    assert heat.level_of(3, 0) == 0


def test_a_rate_of_few_is_grey_and_an_unknown_one_blank() -> None:
    row = heat.Row("Demo", [heat.Cell(0.5, ["50 %"], "/?a", 4), heat.Cell(None, ["–"], "", 0)])
    shown = heat.draw(CAPTION, ["Ines", "Karl"], [row]).rows[0].shades

    assert [(shade.level, shade.thin) for shade in shown] == [
        (5, "Only 4: too few to rely on"),
        (0, ""),
    ]


def test_a_heatmap_without_rows_has_none() -> None:
    assert heat.draw(CAPTION, [], []).rows == []


# --- Intervals


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_an_interval_stays_on_its_track_around_its_share(part: int, more: int) -> None:
    told = intervals.place(intervals.Told("Refocus", Share(part, part + more)))

    assert told.x >= 0
    assert told.x + told.width <= intervals.TRACK + 1e-9
    assert (told.at is None) == (part + more == 0)
    assert told.at is None or told.x - 0.01 <= told.at <= told.x + told.width + 0.01


def test_an_interval_says_what_it_shows() -> None:
    told = intervals.place(intervals.Told("Refocus", Share(3, 8)))
    assert told.title == "Refocus: 38 % of 8, likely 14 to 69 %"
    assert told.thin == "Only 8: too few to rely on"
    assert intervals.place(intervals.Told("Widen", Share(0, 0))).title == (
        "Widen: – of 0, nothing known"
    )


# --- Survival curves


def survivors(*silences: tuple[float, int]) -> Curve:
    lengths, ends = zip(*silences, strict=True) if silences else ((), ())
    return kaplan_meier(Table.of(lengths, ends))


def points(said: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in said.split())]


def stairs(told: Curve, longest: float) -> tuple[curve.Band, list[tuple[float, float]]]:
    plot = curve.draw(CAPTION, [curve.Segment("", told)], longest=longest, axis=[])
    return plot, points(plot.stairs[0].line)


def test_a_curve_falls_where_somebody_replied() -> None:
    plot, line = stairs(survivors((1, 1), (2, 0), (3, 1)), 4)
    depth = plot.frame.depth

    assert line == [
        (0, 0),
        (250, 0),
        (250, round(depth / 3, 1)),
        (750, round(depth / 3, 1)),
        (750, depth),
    ]


def test_a_curve_begins_where_all_are_silent_however_soon_some_replied() -> None:
    plot, line = stairs(survivors((0, 1), (0.001, 1), (3, 1), (4, 0)), 4)
    assert line[:3] == [(0, 0), (0, 0), (0, plot.frame.depth / 2)]


def test_a_curve_of_nobody_stays_at_the_top() -> None:
    assert stairs(survivors(), 4)[1] == [(0, 0), (FIELD, 0)]


def test_a_curve_that_goes_on_is_drawn_to_the_right_end() -> None:
    assert stairs(survivors((1, 1), (8, 0)), 4)[1][-1][0] == FIELD


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1e7), st.sampled_from([0, 1, 2])), max_size=200),
    st.floats(0, 1e7),
)
def test_a_curve_and_its_band_stay_inside_and_never_rise(
    silences: list[tuple[float, int]], longest: float
) -> None:
    told = survivors(*silences)
    plot, line = stairs(told, longest)
    band = points(plot.stairs[0].band)

    for x, y in [*line, *band]:
        assert 0 <= x <= FIELD
        assert 0 <= y <= plot.frame.depth
    assert all(x <= later and y <= lower for (x, y), (later, lower) in pairwise(line))


def test_ten_thousand_steps_are_drawn_with_at_most_one_step_a_thousandth() -> None:
    told = survivors(*((float(length), 1) for length in range(10_000)))
    plot, line = stairs(told, 10_000)
    assert len(line) <= 2 * (FIELD + 2)
    assert line[-1][1] == plot.frame.depth
    assert len(points(plot.stairs[0].band)) <= 4 * (FIELD + 2)


def test_thresholds_stand_where_the_curve_has_them_and_their_words_apart() -> None:
    told = survivors((4 * HOUR, 1), (8 * HOUR, 1), (40 * HOUR, 0))
    plot = curve.draw(
        CAPTION,
        [curve.Segment("", told)],
        longest=40 * HOUR,
        axis=ticks.durations(timedelta(hours=40), timedelta(hours=8)),
        thresholds=[
            curve.Threshold("suggested", 10 * HOUR, "suggested 10 h"),
            curve.Threshold("current", 8 * HOUR, "threshold 8 h: 33 % still silent"),
            curve.Threshold("chosen", 400 * HOUR, "400 h"),
        ],
    )

    current, suggested, chosen = plot.rules
    assert (current.kind, suggested.kind, chosen.kind) == ("current", "suggested", "chosen")
    assert current.x == pytest.approx(plot.frame.left + plot.frame.width * 0.2, abs=0.01)
    assert len({rule.text_y for rule in plot.rules}) == 3
    assert (chosen.x, chosen.anchor) == (100, "end")
    assert [line.label for line in plot.sheet.lines if "8 h" in line.label] == [
        "threshold 8 h: 33 % still silent"
    ]
    assert [entry.said for entry in plot.sheet.lines[0].entries] == ["100 %", "100 to 100 %", "3"]


@settings(max_examples=60)
@given(st.lists(st.floats(0, 100), max_size=4), st.floats(1, 60))
def test_no_words_of_an_axis_or_a_mark_leave_the_frame(times: list[float], longest: float) -> None:
    plot = curve.draw(
        CAPTION,
        [curve.Segment("", survivors((1, 1)))],
        longest=longest,
        axis=[Tick(time, f"{time:.0f} d") for time in sorted(times)],
        thresholds=[curve.Threshold("current", time, "threshold, still silent") for time in times],
    )
    for mark in plot.labels:
        assert 0 <= mark.at <= 100
    for rule in plot.rules:
        assert 0 <= rule.text_x <= 100
        assert rule.text_y < plot.frame.top


def test_segments_are_told_apart_by_name() -> None:
    parts = [curve.Segment(name, survivors((1, 1))) for name in ("Companies", "Consumers")]
    plot = curve.draw(CAPTION, parts, longest=2, axis=[Tick(1, "1 h")])
    assert [(key.mark, key.label) for key in plot.legend] == [
        ("first", "Companies"),
        ("second", "Consumers"),
    ]
    assert len(plot.sheet.headings) == len(plot.sheet.lines[0].entries) == 6


# --- Flow

NODES = (
    flow.Node("all", "Silences", 0, "line"),
    flow.Node("dark", "Went dark", 1, "dark"),
    flow.Node("answered", "Answered", 2, "lit"),
    flow.Node("relit", "Relit", 2, "relit"),
    flow.Node("let_go", "Let go", 2, "let_go"),
)


def flowing(answered: int, relit: int, let_go: int) -> flow.Flow:
    streams = [
        flow.Stream("dark", "relit", relit),
        flow.Stream("all", "answered", answered),
        flow.Stream("all", "dark", relit + let_go),
        flow.Stream("dark", "let_go", let_go),
    ]
    return flow.draw(CAPTION, NODES, streams)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_flow_loses_nobody_and_stays_inside(answered: int, relit: int, let_go: int) -> None:
    plot = flowing(answered, relit, let_go)
    heights = {post.label: post.height for post in plot.posts}
    total = answered + relit + let_go

    assert {post.label: post.said for post in plot.posts} == {
        label: f"{count:,}"
        for label, count in (
            ("Silences", total), ("Went dark", relit + let_go), ("Answered", answered),
            ("Relit", relit), ("Let go", let_go),
        )
        if count
    }  # fmt: skip
    for post in plot.posts:
        assert post.y >= 0
        assert post.y + post.height <= plot.height
        assert post.x + post.width <= 100
    for ribbon in plot.ribbons:
        corners = [float(number) for number in re.findall(r"[\d.]+", ribbon.path)]
        assert max(corners) <= max(FIELD, plot.height)
    if total:
        assert heights["Silences"] == flow.TALLEST


def test_ribbons_leave_a_node_one_below_the_other() -> None:
    plot = flowing(60, 30, 10)
    begins = {
        ribbon.title: float(ribbon.path.split("C")[0].split(" ")[1]) for ribbon in plot.ribbons
    }
    silences, dark = plot.posts[:2]
    assert begins == {
        "Silences → Answered: 60": silences.y,
        "Silences → Went dark: 40": pytest.approx(silences.y + 0.6 * flow.TALLEST, abs=0.1),
        "Went dark → Relit: 30": dark.y,
        "Went dark → Let go: 10": pytest.approx(dark.y + 0.3 * flow.TALLEST, abs=0.1),
    }


def test_a_flow_of_nothing_is_empty() -> None:
    plot = flowing(0, 0, 0)
    assert (plot.posts, plot.ribbons, plot.sheet.lines) == ([], [], [])


# --- The week


def test_every_hour_of_the_week_has_its_square() -> None:
    counts = np.zeros((7, 24), np.int64)
    counts[0, 9], counts[6, 23] = 20, 3
    plot = week.draw(CAPTION, counts, lambda day, hour: f"/?day={day}&hour={hour}")

    assert len(plot.squares) == 168
    assert sum(square.level > 0 for square in plot.squares) == 2
    monday, sunday = plot.squares[9], plot.squares[-1]
    assert (monday.level, monday.title, monday.url) == (
        5,
        "Monday 9:00 to 10:00: 20",
        "/?day=0&hour=9",
    )
    assert (sunday.level, sunday.title) == (1, "Sunday 23:00 to 24:00: 3")
    assert plot.squares[0].url == ""
    assert all(square.x + square.width <= 100 for square in plot.squares)
    assert max(square.y + square.height for square in plot.squares) <= plot.frame.floor
    assert [line.label for line in plot.sheet.lines] == ["9:00", "23:00"]


def test_a_week_of_nothing_is_blank() -> None:
    plot = week.draw(CAPTION, np.zeros((7, 24), np.int64))
    assert {square.level for square in plot.squares} == {0}
    assert plot.sheet.lines == []


# --- Captions


@pytest.mark.parametrize(
    ("count", "is_empty", "thin"),
    [(None, False, ""), (0, True, ""), (9, False, "Only 9: too few to rely on"), (10, False, "")],
)
def test_few_are_said_to_be_few(count: int | None, is_empty: bool, thin: str) -> None:
    caption = Caption("plot", "A plot", "It says something.", count)
    assert (caption.is_empty, caption.thin) == (is_empty, thin)


@given(st.floats(allow_nan=False))
def test_nothing_leaves_the_frame(share: float) -> None:
    frame = Frame(left=8)
    assert frame.left <= frame.x(share) <= frame.right
    assert frame.top <= frame.y(share) <= frame.floor
