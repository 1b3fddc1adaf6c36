"""When the last sweep ran, in words, and whether it is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from deals.sweep import last_sweep_at

# A sweep may take a while and a beat may be late: three ticks without one is a warning.
LATE_AFTER_TICKS = 3


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What the rail says of the sweep."""

    text: str
    is_late: bool


def heartbeat(now: datetime) -> Heartbeat:
    """Say when the last sweep came to its end, in one query."""
    swept_at = last_sweep_at()
    if swept_at is None:
        return Heartbeat("No sweep yet: start the worker and beat", is_late=True)
    ago = max(now - swept_at, timedelta())
    is_late = ago > LATE_AFTER_TICKS * timedelta(seconds=settings.SWEEP_SECONDS)
    return Heartbeat(f"Last sweep {say_ago(ago)}", is_late)


def say_ago(ago: timedelta) -> str:
    """Say how long ago something was, in its largest unit: "40 s ago", "3 h ago"."""
    seconds = int(ago.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
