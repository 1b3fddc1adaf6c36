"""Stretches of whole days that a report speaks about, in the reader's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
LONGEST = 5 * 366  # days: past it a report by month no longer reads
SHORTCUTS = {"4w": ("4 weeks", 28), "10w": ("10 weeks", 70), "year": ("Year", 365)}
USUAL = "10w"
BY_WEEK = 53 * 7  # days: up to a year a report goes week by week, past it month by month


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included, in `zone`."""

    first: date
    last: date
    zone: tzinfo

    @classmethod
    def until_today(cls, days: int, now: datetime, zone: tzinfo) -> Period:
        """Return the last so many days, today included."""
        today = now.astimezone(zone).date()
        return cls(today - (days - 1) * DAY, today, zone)

    @property
    def since(self) -> datetime:
        """The instant its first day begins, in UTC."""
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """The instant after its last day, in UTC: no longer part of it."""
        return datetime.combine(self.last + DAY, time(), self.zone).astimezone(UTC)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The period of equal length that ends where this one begins."""
        return Period(self.first - self.days * DAY, self.first - DAY, self.zone)

    @property
    def step(self) -> str:
        """By what it is told: "week" (from Monday) or "month"."""
        return "week" if self.days <= BY_WEEK else "month"

    def steps(self) -> Iterator[Period]:
        """Yield its weeks or months in order; the outer ones may be cut short by its ends."""
        first = self.first
        while first <= self.last:
            following = self._following(first)
            yield Period(first, min(following - DAY, self.last), self.zone)
            first = following

    def step_start(self, day: date) -> date:
        """Return the day on which the week or month of a day begins, also before the period."""
        return day - day.weekday() * DAY if self.step == "week" else day.replace(day=1)

    def _following(self, day: date) -> date:
        """Return the first day of the next week or month."""
        if self.step == "week":
            return day + (7 - day.weekday()) * DAY
        return date(day.year + day.month // 12, day.month % 12 + 1, 1)
