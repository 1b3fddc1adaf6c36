"""What a new version of a calendar would change now: as judging every silence by it does."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from deals import calendars, conversation, standing
from deals.calendar_effect import effect
from deals.models import By, CalendarVersion, DarkSpell, Hold, Silence, WorkCalendar
from deals.standing import State
from tests.cast import MONDAY_9, Story, day, make_contact, make_deal

STAGES = ["Discovery", "Demo", "Proposal", "Negotiation", "Renewal"]
NINE_TO_FIVE = {str(weekday): [["09:00", "17:00"]] for weekday in range(5)}
ALWAYS = {str(weekday): [["00:00", "24:00"]] for weekday in range(7)}
RARELY = {"0": [["09:00", "10:00"]]}
TWO_DAYS = {"1": [["10:00", "16:00"]], "6": [["08:00", "20:00"]]}


@pytest.fixture
def ours(workspace: object) -> WorkCalendar:
    return WorkCalendar.objects.get(is_workspace=True)


def tell_some(ines: User, dice: random.Random, other: WorkCalendar) -> None:
    """Open a deal that waits for them or for us, perhaps held, promised, or on another calendar."""
    contact = make_contact()
    if dice.random() < 0.3:
        calendars.assign(contact, other, now=MONDAY_9)
    story = Story(make_deal(ines, dice.choice(STAGES), contact=contact))
    since = MONDAY_9 + timedelta(minutes=dice.randrange(10 * 24 * 60))
    (story.they_write if dice.random() < 0.3 else story.we_write)(since)
    if dice.random() < 0.4:
        starts = since + timedelta(minutes=dice.randrange(-2000, 20000))
        ends = starts + timedelta(minutes=dice.randrange(1, 20000))
        conversation.hold(
            Hold(deal=story.deal, reason="pause", starts_at=starts, ends_at=ends), now=since
        )
    if dice.random() < 0.2:
        due = since + timedelta(minutes=dice.randrange(1, 20000))
        conversation.promise(story.deal, made_at=since, due_at=due, now=since)


def over(now: Any, by: str) -> set[int]:
    """Judge every open silence one by one: which are dark, or owed too long."""
    rows = Silence.objects.open().filter(by=by)
    return {
        pk
        for pk, stands in standing.of(rows, now).items()
        if stands.state in (State.DARK, State.OVERDUE)
    }


def ids(rows: Any) -> set[int]:
    return set(rows.values_list("pk", flat=True))


@pytest.mark.parametrize("seed", range(3))
def test_what_it_tells_is_what_saving_does(ines: User, ours: WorkCalendar, seed: int) -> None:
    dice = random.Random(seed)
    other = WorkCalendar.objects.create(name="Elsewhere")
    calendars.new_version(other, now=MONDAY_9, hours=NINE_TO_FIVE, time_zone="America/New_York")
    for _ in range(40):
        tell_some(ines, dice, other)
    seen: set[int] = set()
    for days in (6, 8, 9, 12, 14):
        now = day(days, dice.randrange(24))
        version = calendars.drafted(
            dice.choice([ours, other]),
            now=now,
            hours=dice.choice([ALWAYS, RARELY, TWO_DAYS]),
            time_zone=dice.choice(["UTC", "Asia/Tokyo"]),
            special={"2026-03-10": []},
        )
        seen |= check_told(version, now)
    assert seen


def check_told(version: CalendarVersion, now: datetime) -> set[int]:
    """Look at a version, save it, and judge all by hand before and after; return what it changed."""
    before = {by: over(now, by) for by in (By.THEM, By.US)}
    found = effect(version, now)
    told = [ids(rows) for rows in (
        found.now_dark, found.no_longer_dark, found.now_overdue, found.no_longer_overdue
    )]  # fmt: skip
    assert ids(found.before) == before[By.THEM] & ids(
        Silence.objects.filter(calendar=version.calendar)
    )
    version.counts_from = now
    version.save()
    after = {by: over(now, by) for by in (By.THEM, By.US)}
    assert told == [
        after[By.THEM] - before[By.THEM],
        before[By.THEM] - after[By.THEM],
        after[By.US] - before[By.US],
        before[By.US] - after[By.US],
    ]
    return set().union(*told)


def test_looking_writes_nothing(ines: User, ours: WorkCalendar) -> None:
    Story(make_deal(ines, "Proposal")).we_write(day(0, 10))
    version = calendars.drafted(ours, now=day(1), hours=ALWAYS, time_zone="UTC")
    with CaptureQueriesContext(connection) as asked:
        assert effect(version, day(1)).judged.count() == 1
    assert [each for each in asked if not each["sql"].startswith("SELECT")] == []
    assert CalendarVersion.objects.filter(calendar=ours).count() == 1
    assert not DarkSpell.objects.exists()


def test_a_look_asks_no_more_for_more_silences(ines: User, ours: WorkCalendar) -> None:
    def queries() -> int:
        version = calendars.drafted(ours, now=day(3), hours=ALWAYS, time_zone="UTC")
        with CaptureQueriesContext(connection) as asked:
            found = effect(version, day(3))
            for rows in (found.now_dark, found.no_longer_dark, found.now_overdue, found.before):
                rows.count()
        return len(asked)

    def tell() -> None:
        story = Story(make_deal(ines, "Proposal"))
        story.we_write(day(0, 10))
        hold = Hold(deal=story.deal, reason="pause", starts_at=day(0, 11), ends_at=day(0, 12))
        conversation.hold(hold, now=day(0, 11))

    tell()
    one = queries()
    for _ in range(3):
        tell()
    assert one == queries()
    assert one == 24
