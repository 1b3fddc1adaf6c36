"""When one silence is dark: crossings and spells under policies, holds and promises. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from deals.worktime import Clock

# When a silence is due that its calendar is never open long enough to reach.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From an instant up to, not including, another. UTC."""

    since: datetime
    to: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a silence may last, on which clock; `day` is how long that clock's days are."""

    threshold: timedelta
    clock: Clock
    day: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Promised:
    """“I will come back on …”: from when it stands, and the date."""

    made_at: datetime
    due_at: datetime


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals in order, with those that overlap or touch made one."""
    result: list[Interval] = []
    for interval in sorted(intervals):
        if interval.to <= interval.since:
            continue
        if result and interval.since <= result[-1].to:
            result[-1] = Interval(result[-1].since, max(result[-1].to, interval.to))
        else:
            result.append(interval)
    return result


def shifted(start: datetime, holds: Sequence[Interval]) -> datetime:
    """Return the start, moved later by all held time; `holds` are merged and begin at it or later."""
    return start + sum((hold.to - hold.since for hold in holds), timedelta())


def elapsed(start: datetime, at: datetime, clock: Clock, holds: Sequence[Interval]) -> timedelta:
    """Return the time on the clock from start to `at`, with the holds left out."""
    held = (clock.between(hold.since, min(hold.to, at)) for hold in holds if hold.since < at)
    return clock.between(start, at) - sum(held, timedelta())


def crossing(start: datetime, policy: Policy, holds: Sequence[Interval]) -> datetime:
    """Return when a silence from `start` is due: the clock stands still in the merged holds.

    On a calendar that is never open for so long it is due NEVER.
    Source: SILENCE.md, "When it is dark": `clock.add(started_at, threshold)`, holds left out.
    """
    left, at = policy.threshold, start
    for hold in holds:
        free = policy.clock.between(at, hold.since)
        if free >= left:
            break
        left, at = left - free, hold.to
    try:
        return policy.clock.add(at, left)
    except OverflowError:
        return NEVER


def dark_spells(
    start: datetime,
    end: datetime,
    *,
    policies: Sequence[tuple[datetime, Policy]],
    holds: Sequence[Interval],
    promises: Sequence[Promised],
) -> list[Interval]:
    """Return when a silence was dark from `start` up to, not including, `end`.

    Each instant is judged by the policy and the promise in force at it, and none inside a hold
    is dark. Source: SILENCE.md, "When it is dark".
    """
    turns = {at for at, _ in policies} | {promise.made_at for promise in promises}
    bounds = [*sorted(at for at in turns if at < end), end]
    dark = []
    for since, to in pairwise(bounds):
        due = _due(since, start, policies, holds, promises)
        dark.append(Interval(max(since, due), to))
    return _without(merged(dark), holds)


def _due(
    at: datetime,
    start: datetime,
    policies: Sequence[tuple[datetime, Policy]],
    holds: Sequence[Interval],
    promises: Sequence[Promised],
) -> datetime:
    """Return when the silence is due under what is in force at an instant."""
    standing = [promise for promise in promises if promise.made_at <= at]
    if standing:
        return standing[-1].due_at
    policy = [policy for since, policy in policies if since <= at][-1]
    return crossing(start, policy, holds)


def _without(spells: Iterable[Interval], holds: Sequence[Interval]) -> list[Interval]:
    """Return what the merged holds leave of the spells."""
    result = []
    for spell in spells:
        since = spell.since
        for hold in holds:
            if hold.to <= since or hold.since >= spell.to:
                continue
            if since < hold.since:
                result.append(Interval(since, hold.since))
            since = hold.to
        if since < spell.to:
            result.append(Interval(since, spell.to))
    return result
