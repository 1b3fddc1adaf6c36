"""When a silence is dark, held against the plain definition, instant by instant."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from deals.darkness import (
    Interval,
    Policy,
    Promised,
    crossing,
    dark_spells,
    elapsed,
    merged,
    shifted,
)
from deals.worktime import CalendarClock, WorkClock

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALL_DAY = CalendarClock()
OFFICE = WorkClock({weekday: [(time(9), time(17))] for weekday in range(5)}, "UTC")
BERLIN = WorkClock({weekday: [(time(8), time(12)), (time(13), time(18))] for weekday in range(6)},
                   "Europe/Berlin")  # fmt: skip
SPAN = 400
HOURS = st.integers(0, SPAN)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


POLICIES = st.builds(
    Policy,
    st.integers(1, 200).map(lambda h: timedelta(hours=h)),
    st.sampled_from([ALL_DAY, OFFICE, BERLIN]),
)
HOLDS = st.lists(st.tuples(HOURS, st.integers(1, 100)), max_size=4).map(
    lambda pairs: merged(Interval(at(since), at(since + length)) for since, length in pairs)
)
VERSIONS = st.lists(st.tuples(HOURS, POLICIES), max_size=3, unique_by=lambda pair: pair[0])
PROMISES = st.lists(
    st.tuples(HOURS, st.integers(1, 100)), max_size=2, unique_by=lambda p: p[0]
).map(lambda pairs: [Promised(at(made), at(made + wait)) for made, wait in sorted(pairs)])


@settings(max_examples=150, deadline=None)
@given(first=POLICIES, later=VERSIONS, holds=HOLDS, promises=PROMISES)
def test_a_spell_covers_exactly_the_instants_that_are_dark(
    first: Policy,
    later: list[tuple[int, Policy]],
    holds: list[Interval],
    promises: list[Promised],
) -> None:
    policies = [
        (START, first),
        *((at(hour), policy) for hour, policy in sorted(later, key=lambda p: p[0])),
    ]
    spells = dark_spells(START, at(SPAN), policies=policies, holds=holds, promises=promises)

    def is_dark(instant: datetime) -> bool:
        if any(hold.since <= instant < hold.to for hold in holds):
            return False
        standing = [promise for promise in promises if promise.made_at <= instant]
        if standing:
            return instant >= standing[-1].due_at
        policy = [policy for since, policy in policies if since <= instant][-1]
        clock = policy.clock
        worked = clock.between(START, instant)
        held = sum(
            (
                clock.between(hold.since, min(hold.to, instant))
                for hold in holds
                if hold.since < instant
            ),
            timedelta(),
        )
        return worked - held >= policy.threshold

    for hour in range(SPAN):
        told = any(spell.since <= at(hour) < spell.to for spell in spells)
        assert told == is_dark(at(hour)), hour


@given(start=HOURS, policy=POLICIES, holds=HOLDS)
def test_the_crossing_is_the_first_instant_with_the_threshold_elapsed(
    start: int, policy: Policy, holds: list[Interval]
) -> None:
    holds = [Interval(max(h.since, at(start)), h.to) for h in holds if h.to > at(start)]
    due = crossing(at(start), policy, holds)
    assert elapsed(at(start), due, policy.clock, holds) == policy.threshold
    before = due - timedelta.resolution
    assert elapsed(at(start), before, policy.clock, holds) < policy.threshold


@given(start=HOURS, policy=POLICIES, holds=HOLDS, now=st.integers(0, SPAN * 2))
def test_in_calendar_time_the_shifted_start_tells_all(
    start: int, policy: Policy, holds: list[Interval], now: int
) -> None:
    policy = Policy(policy.threshold, ALL_DAY)
    holds = [Interval(max(h.since, at(start)), h.to) for h in holds if h.to > at(start)]
    if holds and holds[-1].to > at(now):
        return
    cutoff = ALL_DAY.back(at(now), policy.threshold)
    assert (shifted(at(start), holds) <= cutoff) == (crossing(at(start), policy, holds) <= at(now))
