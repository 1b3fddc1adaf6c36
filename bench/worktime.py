"""Compare working time over arrays with a loop over the same instants, side by side in one run.

Usage, from the project's root: python -m bench.worktime [--count 200000]
"""

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter

import numpy as np

from deals.worktime import WorkClock

THRESHOLD = timedelta(hours=36)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="how many instants")
    count = parser.parse_args().count
    clock = _clock()
    moments = _moments(count)
    later = np.roll(moments, 1)
    starts: list[datetime] = [m.replace(tzinfo=UTC) for m in moments.tolist()]
    ends: list[datetime] = [m.replace(tzinfo=UTC) for m in later.tolist()]
    print(f"{count:,} instants over five years  loop µs  array µs  ratio")
    _compare(
        "add",
        lambda: [clock.add(start, THRESHOLD) for start in starts],
        lambda: clock.add_many(moments, THRESHOLD),
        count,
    )
    _compare(
        "back",
        lambda: [clock.back(start, THRESHOLD) for start in starts],
        lambda: clock.back_many(moments, THRESHOLD),
        count,
    )
    _compare(
        "between",
        lambda: [clock.between(*pair) for pair in zip(starts, ends, strict=True)],
        lambda: clock.between_many(moments, later),
        count,
    )


def _clock() -> WorkClock:
    week = {day: [(time(9), time(12, 30)), (time(13, 30), time(17))] for day in range(5)}
    new_years = {date(year, 1, 1) for year in range(2015, 2035)}
    return WorkClock(week, "Europe/Berlin", holidays=new_years)


def _moments(count: int) -> np.ndarray:
    since, until = (np.datetime64(f"{year}-01-01", "us").astype(int) for year in (2020, 2025))
    moments = np.random.default_rng(1).integers(since, until, count)
    return moments.astype("datetime64[us]")


def _compare(
    name: str, loop: Callable[[], object], array: Callable[[], object], count: int
) -> None:
    array()  # builds the years that both then share
    slow, fast = _best(loop), _best(array)
    per_item = 1e6 / count
    print(f"{name:<34}{slow * per_item:9.3f}{fast * per_item:10.4f}{slow / fast:7.1f}")


def _best(run: Callable[[], object]) -> float:
    durations = []
    for _ in range(3):
        began = perf_counter()
        run()
        durations.append(perf_counter() - began)
    return min(durations)


if __name__ == "__main__":
    main()
