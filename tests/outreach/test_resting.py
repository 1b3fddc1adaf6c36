"""Deals that were let go and are worth another look."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.models import User
from deals import course
from deals.models import Deal, Outcome
from outreach import notices, resting
from outreach.models import Notice
from tests.cast import Cast, Story, day, make_deal

AGAIN_ON = day(90).date()


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that was let go on the tenth day, for another look on the ninetieth."""
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0, 10))
    course.let_go(told.deal, now=day(9), look_again_on=AGAIN_ON, reason="No budget")
    return told


def again(reader: User, on: date = AGAIN_ON, owner: User | None = None) -> list[int]:
    owned = Q(deal__owner=owner or reader)
    return [row.deal for row in resting.rows(reader, owned, on, 10)]


def test_it_comes_back_on_its_day_and_stays_until_somebody_decides(
    story: Story, ines: User
) -> None:
    assert again(ines, AGAIN_ON - timedelta(1)) == []
    assert again(ines) == [story.deal.pk]
    assert again(ines, AGAIN_ON + timedelta(200)) == [story.deal.pk]


def test_it_says_what_was_wanted_and_why_it_was_let_go(story: Story, ines: User) -> None:
    Deal.objects.update(wanted="fuel readings")
    [row] = resting.rows(ines, Q(), AGAIN_ON, 10)
    told = row.flat
    assert (told.deal__wanted, told.reason, told.occurred_at) == (
        "fuel readings",
        "No budget",
        day(9),
    )
    assert (row.person, row.company) == ("Mara Lind", "")


def test_the_latest_day_comes_first_and_no_more_than_asked(story: Story, ines: User) -> None:
    later = make_deal(ines, "Demo")
    course.let_go(later, now=day(9), look_again_on=AGAIN_ON + timedelta(5))
    assert again(ines, AGAIN_ON + timedelta(5)) == [later.pk, story.deal.pk]
    assert len(resting.rows(ines, Q(), AGAIN_ON + timedelta(5), 1)) == 1


def test_a_reply_relights_it_and_takes_it_off_the_list(story: Story, ines: User) -> None:
    story.they_write(day(95))
    assert again(ines, day(96).date()) == []
    assert story.deal.outcome == Outcome.OPEN
    assert story.deal.silences.get(ending="let_go").relit_at == day(95)
    assert story.silence is not None
    assert story.silence.by == "us"


def test_one_that_is_lost_asks_when_it_is_heard_and_is_not_on_the_list(ines: User) -> None:
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0, 10))
    course.let_go(told.deal, now=day(9), outcome=Outcome.LOST)
    assert again(ines, day(400).date()) == []
    told.they_write(day(20))
    assert told.deal.outcome == Outcome.LOST
    assert notices.tell(day(20, 10)) == 1


def test_reopening_takes_it_off_and_undo_brings_it_back(story: Story, ines: User) -> None:
    entry = course.reopen(story.deal, now=day(91))
    assert again(ines) == []
    course.undo(entry, now=day(91, 10))
    assert again(ines) == [story.deal.pk]


def test_leaving_it_for_good_takes_it_off(story: Story, ines: User) -> None:
    course.close(story.deal, Outcome.LOST, now=day(91))
    assert again(ines) == []


def test_only_the_latest_let_go_counts(story: Story, ines: User) -> None:
    course.reopen(story.deal, now=day(20))
    course.let_go(story.deal, now=day(21), look_again_on=day(200).date())
    assert again(ines, day(199).date()) == []
    assert again(ines, day(200).date()) == [story.deal.pk]


def test_a_later_day_is_told_anew(story: Story, ines: User) -> None:
    assert notices.tell(day(90)) == 1
    resting.look_later(story.deal, day(120).date())
    assert again(ines, day(119).date()) == []
    assert notices.tell(day(119)) == 0
    assert notices.tell(day(120)) == 1
    assert notices.tell(day(120, 10)) == 0
    assert Notice.objects.filter(user=ines, kind="look_again").count() == 2
    assert again(ines, day(120).date()) == [story.deal.pk]


def test_it_may_rest_without_a_day(story: Story, ines: User) -> None:
    resting.look_later(story.deal, None)
    assert again(ines, day(4000).date()) == []
    story.deal.refresh_from_db()
    assert story.deal.outcome == Outcome.RESTING


def test_what_rests_no_more_has_no_later_day(story: Story) -> None:
    course.reopen(story.deal, now=day(20))
    with pytest.raises(ValidationError, match="rests no more"):
        resting.look_later(story.deal, day(200).date())


def test_nobody_sees_what_is_not_theirs_to_see(story: Story, cast: Cast) -> None:
    assert again(cast.noor, owner=cast.ines) == []
    assert again(cast.karl, owner=cast.ines) == []
    assert again(cast.maud, owner=cast.ines) == [story.deal.pk]


def test_the_day_begins_where_the_owner_is(story: Story, ines: User) -> None:
    User.objects.filter(pk=ines.pk).update(time_zone="Pacific/Auckland")
    assert notices.tell(day(89, 11)) == 0
    assert notices.tell(day(89, 12)) == 1


def test_the_day_begins_where_the_workspace_is_for_whoever_chose_no_zone(
    story: Story, cast: Cast
) -> None:
    User.objects.filter(pk=cast.noor.pk).update(time_zone="Pacific/Auckland")
    assert notices.tell(day(89, 21)) == 0
    assert notices.tell(day(89, 22)) == 1  # Berlin
