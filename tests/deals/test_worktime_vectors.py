"""Working-time sums that nobody of this project wrote (../shared/data/README.md)."""

import csv
import json
import os
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from deals.worktime import WorkClock

VECTORS = Path(__file__).resolve().parents[3] / "shared/data/work_time/vectors.csv"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def test_every_published_sum_comes_out_the_same() -> None:
    if not VECTORS.exists() and os.environ.get("LAMPLIGHTER_REQUIRE_DATA") != "1":
        pytest.skip("../shared/data/work_time/vectors.csv is missing")
    with VECTORS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [row["ref"] for row in rows if not _agrees(row)] == []
    assert len(rows) == 66


def _agrees(row: dict[str, str]) -> bool:
    clock = _clock(row)
    start = datetime.fromisoformat(row["start"])
    if row["op"] == "add":
        return clock.add(start, timedelta(seconds=int(row["amount"]))) == datetime.fromisoformat(
            row["expected"]
        )
    end = datetime.fromisoformat(row["end"])
    return clock.between(start, end) == timedelta(seconds=float(row["expected"]))


def _clock(row: dict[str, str]) -> WorkClock:
    schedule = json.loads(row["schedule"])
    hours = {
        WEEKDAYS.index(name): [(_time(opens), _time(closes)) for opens, closes in spans]
        for name, spans in schedule.items()
    }
    holidays = {date.fromisoformat(day) for day in json.loads(row["holidays"])}
    return WorkClock(hours, row["tz"], holidays)


def _time(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)
