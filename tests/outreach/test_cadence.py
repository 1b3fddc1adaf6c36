"""An attempt takes the deal off Today until the stage's spacing has gone by, in working time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from outreach import sweeping
from outreach.models import Play, Suggestion
from outreach.today import Scope, Today, queued
from tests.cast import Story, day, make_deal

FRIDAY = day(11, 10)
DUE = day(15, 10)  # two working days of eight hours on, over a weekend
MINUTE = timedelta(minutes=1)


@pytest.fixture
def tried(ines: User) -> Story:
    """A deal in Demo, dark since its eighth day and tried once on Friday at ten."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0))
    sweeping.run(day(8))
    story.we_write(FRIDAY)
    return story


def listed(user: User, now: datetime) -> list[str]:
    """The groups of Today on which a reader's only deal stands, after a sweep."""
    sweeping.run(now)
    return [group.key for group in Today.at(now, Scope(user)).groups({}, focus=7)]


def test_after_an_attempt_the_deal_leaves_today_until_the_next_step_is_due(
    tried: Story, ines: User
) -> None:
    assert listed(ines, FRIDAY) == []
    assert listed(ines, DUE - MINUTE) == []
    assert queued(ines, DUE - MINUTE).count() == 0
    assert listed(ines, DUE) == ["focus"]
    assert Suggestion.objects.live().get().step == 2


def test_it_is_dark_all_the_while(tried: Story) -> None:
    sweeping.run(FRIDAY)
    tried.deal.refresh_from_db()
    assert tried.is_dark


def test_each_attempt_waits_its_own_time_and_the_last_leads_to_letting_go(
    tried: Story, ines: User
) -> None:
    steps = []
    for days in (14, 28, 42, 56, 70):
        assert listed(ines, FRIDAY + timedelta(days=days)) == ["focus"]
        suggestion = Suggestion.objects.live().get()
        steps.append((suggestion.step, suggestion.play == Play.LET_GO))
        tried.we_write(FRIDAY + timedelta(days=days, hours=1), channel=suggestion.channel)
    assert steps == [(2, False), (3, False), (4, False), (5, False), (6, True)]
