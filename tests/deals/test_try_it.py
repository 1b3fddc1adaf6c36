"""When it would be dark, told day by day: it must come out as the clock says, and add up."""

from __future__ import annotations

import csv
import json
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deals.calendar_year import Kind
from deals.darkness import Policy, dark_spells
from deals.models import CalendarVersion
from deals.policies import CALENDAR_TIME, Versions, clock_of
from deals.spans import Span
from deals.try_it import Trial, instant_of, measure, try_it, walk

VECTORS = Path(__file__).resolve().parents[3] / "shared/data/work_time/vectors.csv"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR = timedelta(hours=1)
WEEK = {str(weekday): [["09:00", "17:00"]] for weekday in range(5)}


def version(**said: Any) -> CalendarVersion:
    return CalendarVersion(**{"hours": WEEK, "time_zone": "Europe/Berlin", **said})


def trial(wall: str, span: str, *versions: CalendarVersion) -> Trial:
    said = versions or (version(),)
    start = instant_of(datetime.fromisoformat(wall), said[0].time_zone)
    return try_it(Versions(said), start, Span.parse(span))


def told(found: Trial) -> list[tuple[str, str, float]]:
    """Return the steps in short: which days, what they are, how many hours count."""
    return [
        (f"{step.first:%d}-{step.last:%d}", step.day.kind if step.day else "", step.counted / HOUR)
        for step in found.steps
    ]


def local(found: Trial) -> str:
    return found.dark_at.astimezone(found.zone).strftime("%Y-%m-%d %H:%M")


def test_a_few_working_hours_skip_the_weekend_and_the_holiday() -> None:
    found = trial("2026-04-02T15:00", "4wh", version(holidays={"2026-04-03": "Good Friday"}))
    assert local(found) == "2026-04-06 11:00"
    assert told(found) == [
        ("02-02", Kind.OPEN, 2.0),
        ("03-03", Kind.HOLIDAY, 0.0),
        ("04-05", Kind.CLOSED, 0.0),
        ("06-06", Kind.OPEN, 2.0),
    ]
    assert [step.total / HOUR for step in found.steps] == [2.0, 2.0, 2.0, 4.0]


def test_an_extra_day_counts_its_own_hours() -> None:
    found = trial("2026-12-23T16:00", "1wd", version(special={"2026-12-24": [["09:00", "12:00"]]}))
    assert found.threshold == 8 * HOUR
    assert told(found)[:2] == [("23-23", Kind.OPEN, 1.0), ("24-24", Kind.EXTRA, 3.0)]
    assert local(found) == "2026-12-25 13:00"


def test_three_weeks_are_every_hour_of_21_days_also_when_the_clocks_go_forward() -> None:
    found = trial("2026-03-16T09:00", "3w")
    assert local(found) == "2026-04-06 10:00"
    assert (len(found.steps), sum(step.counted / HOUR for step in found.steps)) == (22, 504.0)
    [shifted] = [step for step in found.steps if step.shift]
    assert (f"{shifted.first:%d}", shifted.shift, shifted.counted) == ("29", HOUR, 23 * HOUR)


def test_an_hour_that_comes_twice_counts_twice() -> None:
    always = {str(weekday): [["00:00", "24:00"]] for weekday in range(7)}
    found = trial("2026-10-24T20:00", "36h", version(hours=always))
    assert local(found) == "2026-10-26 07:00"
    assert [step.shift / HOUR for step in found.steps] == [0, -1, 0]
    assert [step.counted / HOUR for step in found.steps] == [4.0, 25.0, 7.0]


def test_a_time_that_the_clocks_skip_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"There was no 02:30 .* Use 03:30 or later"):
        trial("2026-03-29T02:30", "4wh")


def test_very_many_days_are_told_in_short_and_add_up() -> None:
    found = trial("2026-01-01T12:00", "400wd")
    assert len(found.steps) < 40
    [short] = [step for step in found.steps if step.days > 40]
    assert short.day is None
    assert (
        sum((step.counted for step in found.steps), timedelta()) == found.threshold == 3200 * HOUR
    )
    assert found.steps[-1].total == found.threshold


def test_a_calendar_that_is_never_open_for_so_long_says_so() -> None:
    rare = version(hours={}, special={"2026-03-02": [["09:00", "10:00"]]})
    with pytest.raises(ValueError, match="never dark"):
        trial("2026-03-02T09:00", "4wh", rare)


def test_a_version_that_made_it_due_is_when_it_is_dark() -> None:
    since = datetime(2026, 3, 7, 12, tzinfo=UTC)  # a Saturday
    always = {str(weekday): [["00:00", "24:00"]] for weekday in range(7)}
    found = trial("2026-03-06T16:00", "4wh", version(), version(hours=always, counts_from=since))
    assert (found.dark_at, found.is_by_change) == (since, True)
    assert found.version.hours == always


@pytest.mark.parametrize("seed", range(4))
def test_it_is_dark_when_the_rules_of_darkness_say(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        start = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=dice.randrange(20_000))
        since = start + timedelta(minutes=dice.randrange(-5000, 20_000))
        hours = {str(day): [["08:00", f"{dice.randrange(9, 24):02}:30"]] for day in range(6)}
        said = Versions([
            version(holidays={"2026-04-03": "Good Friday"}),
            version(hours=hours, time_zone="America/New_York", counts_from=since),
        ])  # fmt: skip
        span = Span.parse(dice.choice(["4wh", "1wd", "5wd", "3w", "36h", "20wh"]))

        found = try_it(said, start, span)

        policies = [(at, _policy(said, at, span)) for at in [start, *said.changes] if at >= start]
        far = start + timedelta(days=200)
        spells = dark_spells(start, far, policies=policies, holds=(), promises=())
        assert found.dark_at == spells[0].since
        clock, _ = measure(found.version, span)
        assert _sum(found.steps) == clock.between(start, found.dark_at)
        assert found.is_by_change or _sum(found.steps) == found.threshold


def _policy(versions: Versions[CalendarVersion], at: datetime, span: Span) -> Policy:
    said = versions.at(at)
    work = clock_of(said)
    return Policy(span.length(work.average_open_day()), work if span.is_working else CALENDAR_TIME)


def _sum(steps: Any) -> timedelta:
    return sum((step.counted for step in steps), timedelta())


def test_every_published_sum_adds_up_day_by_day() -> None:
    if not VECTORS.exists() and os.environ.get("LAMPLIGHTER_REQUIRE_DATA") != "1":
        pytest.skip("../shared/data/work_time/vectors.csv is missing")
    with VECTORS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [row["ref"] for row in rows if not _agrees(row)] == []
    assert len(rows) == 66


def _agrees(row: dict[str, str]) -> bool:
    """Walk from the start to the published end: each day's share must add up to the sum."""
    schedule = json.loads(row["schedule"])
    said = version(
        hours={str(WEEKDAYS.index(name)): spans for name, spans in schedule.items()},
        time_zone=row["tz"],
        holidays=dict.fromkeys(json.loads(row["holidays"]), "Holiday"),
    )
    start = datetime.fromisoformat(row["start"])
    if row["op"] == "add":
        end, amount = datetime.fromisoformat(row["expected"]), timedelta(seconds=int(row["amount"]))
    else:
        end, amount = datetime.fromisoformat(row["end"]), timedelta(seconds=float(row["expected"]))
    if end < start:
        start, end, amount = end, start, -amount
    steps = list(walk(said, clock_of(said), start, end))
    closed = [step for step in steps if step.day and step.day.kind in (Kind.CLOSED, Kind.HOLIDAY)]
    return _sum(steps) == amount == steps[-1].total and not _sum(closed)
