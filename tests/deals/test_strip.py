"""The conversation strip: where each mark stands, and the same in words."""

from __future__ import annotations

from datetime import UTC

from deals.strip import LEFT, RIGHT, Mark, Stretch, draw
from tests.cast import day


def test_time_runs_from_the_first_touch_to_now() -> None:
    marks = [Mark(day(10), "outbound"), Mark(day(0), "inbound"), Mark(day(5), "two_way")]
    strip = draw(marks, [], [], now=day(10), zone=UTC)
    assert [(dot.kind, dot.x, dot.y) for dot in strip.dots] == [
        ("heard", LEFT, 28),
        ("both", (LEFT + RIGHT) / 2, 40),
        ("sent", RIGHT, 52),
    ]


def test_a_silence_that_lasts_reaches_now_and_its_crossing_is_named() -> None:
    strip = draw(
        [Mark(day(0), "outbound")],
        [Stretch(day(0), None, dark_at=day(5))],
        [],
        now=day(10),
        zone=UTC,
    )
    assert [(bar.x, bar.width) for bar in strip.silences] == [(LEFT, RIGHT - LEFT)]
    assert [(tick.x, tick.text) for tick in strip.ticks] == [(320.0, "went dark")]


def test_what_ended_before_the_first_mark_is_not_drawn() -> None:
    past = Stretch(day(-20), day(-10))
    strip = draw([Mark(day(0), "inbound")], [past], [past], now=day(10), zone=UTC)
    assert (strip.silences, strip.holds) == ([], [])


def test_a_crossing_near_the_end_is_named_to_its_left() -> None:
    stretch = Stretch(day(0), None, dark_at=day(10, 8))
    strip = draw([Mark(day(0), "outbound")], [stretch], [], now=day(10), zone=UTC)
    assert strip.ticks[0].anchor == "end"


def test_dates_leave_each_other_room() -> None:
    apart = [Mark(day(0), "outbound"), Mark(day(5), "inbound")]
    close = [Mark(day(0), "outbound"), Mark(day(0, 12), "inbound")]
    assert [label.text for label in draw(apart, [], [], now=day(10), zone=UTC).dates] == [
        "now", "2 Mar", "7 Mar",
    ]  # fmt: skip
    assert [label.text for label in draw(close, [], [], now=day(10), zone=UTC).dates] == [
        "now", "2 Mar",
    ]  # fmt: skip


def test_the_strip_says_aloud_what_it_shows() -> None:
    marks = [
        Mark(day(0), "inbound"),
        Mark(day(1), "inbound"),
        Mark(day(2), "outbound"),
        Mark(day(3), "outbound"),
    ]
    strip = draw(marks, [Stretch(day(2), None, dark_at=day(9))], [], now=day(10), zone=UTC)
    assert strip.text == (
        "Conversation strip since 2 March: heard twice, last on 3 March; "
        "2 touches of ours since; went dark on 11 March."
    )


def test_a_deal_without_touches_says_so() -> None:
    strip = draw([], [], [], now=day(0), zone=UTC)
    assert strip.text == "Conversation strip: nobody has said anything yet."
    assert [label.text for label in strip.dates] == ["now"]


def test_never_heard_is_said() -> None:
    strip = draw([Mark(day(0), "outbound")], [], [], now=day(1), zone=UTC)
    assert strip.text == "Conversation strip since 2 March: never heard, 1 touch of ours."


def test_night_falls_only_in_silences_that_went_dark() -> None:
    stretches = [Stretch(day(0), day(1)), Stretch(day(2), day(9), dark_at=day(8))]
    strip = draw([Mark(day(0), "outbound")], stretches, [], now=day(10), zone=UTC)
    assert [bar.kind for bar in strip.silences] == ["lit", "night"]
