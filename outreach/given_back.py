"""What letting go gives: the time of the attempts that will not be made, and who waits for it.

Source: SILENCE.md, "What to do (plays)": the time goes to new customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User, Workspace
from deals.listing import untouched
from deals.models import By, Deal, Silence
from deals.policies import Rulebook
from outreach.chances import Chances, say

NAMED = 3  # of those who wait, by name
HOUR = 60  # minutes


@dataclass(frozen=True, slots=True)
class Waiting:
    """The prospects who await a first touch: how many, the largest by name, and the list."""

    count: int
    first: Sequence[Deal]
    url: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a rep reads before they let go; "" for what is not known."""

    chance: str
    time: str
    waiting: Waiting


def read(
    deal: Deal, silence: Silence | None, *, reader: User, now: datetime, rulebook: Rulebook
) -> GivenBack:
    """Read what letting a deal go gives, in a number of queries that never grows.

    `silence` is its open one; only one by them has attempts to save and a chance to lose.
    """
    theirs = silence if silence and silence.by == By.THEM else None
    minutes = Workspace.current().attempt_minutes
    time = say_time(_attempts_left(theirs, now, rulebook), minutes) if theirs else ""
    chance = _chance(theirs, now) if theirs else ""
    return GivenBack(chance, time, waiting(reader))


def waiting(reader: User) -> Waiting:
    """Return the reader's own prospects who await a first touch, in two queries."""
    deals = untouched(Deal.objects.visible_to(reader).filter(owner=reader))
    largest = deals.select_related("contact", "company").order_by(
        F("amount").desc(nulls_last=True), "opened_at", "pk"
    )
    told = {"state": "untouched"} | ({"owner": str(reader.pk)} if reader.is_manager else {})
    url = f"{reverse('deals:list')}?{urlencode(told)}"
    return Waiting(deals.count(), list(largest[:NAMED]), url)


def say_time(tries: int, minutes_each: int) -> str:
    """Say the time given back: "3 more tries of about 10 minutes: half an hour for somebody else."."""
    if minutes_each <= 0:
        return ""
    if tries <= 0:
        return f"The tries are spent: each one more takes about {say_minutes(minutes_each)}."
    length = say_minutes(tries * minutes_each)
    if tries == 1:
        return f"1 more try: about {length} for somebody else."
    return f"{tries} more tries of about {say_minutes(minutes_each)}: {length} for somebody else."


def say_minutes(minutes: int) -> str:
    """Say a length in words: "10 minutes", "half an hour", "2 hours and 20 minutes"."""
    if minutes == HOUR // 2:
        return "half an hour"
    hours, rest = divmod(minutes, HOUR)
    parts = [_counted(hours, "hour")] if hours else []
    parts += [_counted(rest, "minute")] if rest or not hours else []
    return " and ".join(parts)


def _counted(number: int, noun: str) -> str:
    if (number, noun) == (1, "hour"):
        return "an hour"
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _attempts_left(silence: Silence, now: datetime, rulebook: Rulebook) -> int:
    allowed = rulebook.threshold(silence.stage_id, now).attempts
    return max(allowed - silence.dark_attempts, 0)


def _chance(silence: Silence, now: datetime) -> str:
    known = Chances.load().of(silence.stage_id, now - silence.started_at)
    return say(known) if known else ""
