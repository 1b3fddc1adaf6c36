"""How digests say what they tell: instants, subjects, bars. Pure text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo

from deals.wording import last_moment
from outreach.models import Digest, Telling

Kind = Telling.Kind
BLOCKS = 20  # letters of the longest bar in plain text
WEEK = 7  # days


def say_since(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say an instant that is past: "since 14:20", "since Friday, 14:20", "since 3 March"."""
    there, today = at.astimezone(zone), now.astimezone(zone)
    apart = (today.date() - there.date()).days
    if apart == 0:
        return f"since {there:%H:%M}"
    if 0 < apart < WEEK:
        return f"since {there:%A, %H:%M}"
    year = f" {there.year}" if there.year != today.year else ""
    return f"since {there.day} {there:%B}{year}"


def say_line(kind: str, by: str, at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say of a silence why it is told: "dark since Friday, 14:20", "goes dark at 16:00"."""
    if kind == Kind.DARK:
        return f"dark {say_since(at, now, zone)}"
    if kind == Kind.OURS:
        return f"overdue {say_since(at, now, zone)}"
    midnight = last_moment(at, zone) < at.astimezone(zone)
    when = "midnight" if midnight else f"{at.astimezone(zone):%H:%M}"
    if by == "us":
        return f"we owe an answer by {when}"
    return f"goes dark at {when}"


def say_counts(counts: Mapping[str, int], notices: int) -> str:
    """Say what a digest tells: "3 deals went dark · 2 wait for us · 1 due today"."""
    dark, ours, due = (counts.get(kind, 0) for kind in (Kind.DARK, Kind.OURS, Kind.DUE))
    parts = []
    if dark:
        parts.append(f"{dark} deal{'s' if dark > 1 else ''} went dark")
    if ours:
        parts.append(f"{ours} {'wait' if ours > 1 else 'waits'} for us")
    if due:
        parts.append(f"{due} due today")
    if notices and not parts:
        parts.append(f"{notices} other piece{'s' if notices > 1 else ''} of news")
    return " · ".join(parts)


def say_days(first: date, last: date) -> str:
    """Say a stretch of days: "9 to 15 March 2026", "30 March to 5 April 2026"."""
    year = f" {first.year}" if first.year != last.year else ""
    month = f" {first:%B}{year}" if (first.year, first.month) != (last.year, last.month) else ""
    return f"{first.day}{month} to {last.day} {last:%B} {last.year}"


def say_whose(teams: Sequence[str], alone: str, *, is_all: bool) -> str:
    """Say whose deals a report is about: "the whole workspace", "teams North and South", or `alone`."""
    if is_all:
        return "the whole workspace"
    if not teams:
        return alone
    *first, last = teams
    return f"teams {', '.join(first)} and {last}" if first else f"team {last}"


def say_block(share: int) -> str:
    """Draw a bar in plain text; what is not nothing has one block at least."""
    return "█" * max(round(BLOCKS * share / 100), 1 if share else 0)


def say_row(name: str, cells: Sequence[object], heads: Sequence[str]) -> str:
    """Write a row of a table in plain text: its name, and cells under their heads."""
    under = (f"{each!s:>{len(head) + 2}}" for each, head in zip(cells, heads, strict=True))
    return f"{name:<26}" + "".join(under)


def one_line(text: str) -> str:
    """Return a text as a header may have it: on one line."""
    return " ".join(text.split())


REASONS = {
    Digest.Kind.MORNING: "You get this on the mornings on which something is new. No silence is told twice.",
    Digest.Kind.AT_ONCE: "You get this when a deal of high value goes dark. No silence is told twice.",
    Digest.Kind.WEEKLY: "You get this once a week, when there is something to report.",
}
