"""What a rep decides on Today about a deal that was let go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import course
from deals.models import Deal, Outcome, OutcomeEntry
from outreach import sweeping
from tests.cast import Cast, Story, make_deal, today

DAY = timedelta(days=1)


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def story(ines: User) -> Story:
    """A deal that was let go a hundred days ago, whose day for another look is today."""
    told = Story(make_deal(ines, "Demo", opened_at=ago(days=130), wanted="The fuel readings"))
    told.we_write(ago(days=120))
    let_go(told.deal)
    return told


def let_go(deal: Deal) -> OutcomeEntry:
    then = ago(days=100)
    return course.let_go(deal, now=then, look_again_on=today(), reason="No budget", user=deal.owner)


def said(client: Client) -> list[str]:
    return [str(message) for message in client.get("/search/").context["messages"]]


def undo_of(client: Client) -> str:
    """Return the address that takes the last action back."""
    [message] = client.get("/search/").context["messages"]
    return str(message.extra_tags)


def group(client: Client) -> list[int]:
    shown = client.get("/").context["shown"]
    return [row.deal for each in shown if each.group.key == "again" for row, _ in each.lines]


def test_today_shows_what_was_wanted_and_why_and_when_it_was_let_go(
    rep: Client, story: Story
) -> None:
    assert group(rep) == [story.deal.pk]
    page = rep.get(f"/?deal={story.deal.pk}").content.decode()
    for words in ("Worth another look", "The fuel readings", "No budget", "by Ines"):
        assert words in page
    assert f"{ago(days=100):%B %Y}" in page


def test_before_its_day_it_rests_and_says_until_when(rep: Client, story: Story) -> None:
    later = today() + DAY
    OutcomeEntry.objects.update(look_again_on=later)
    assert group(rep) == []
    page = rep.get(f"/?deal={story.deal.pk}")
    assert not page.context["pane"].rest.has_come
    assert f"{later.day} {later:%B %Y}" in page.content.decode()


def test_it_is_opened_again_and_ours_to_write(rep: Client, story: Story) -> None:
    response = rep.post(f"/deals/{story.deal.pk}/reopening/")
    assert response.url == f"/?deal={story.deal.pk}"
    undo = undo_of(rep)
    assert story.silence is not None
    assert story.silence.by == "us"
    assert group(rep) == []
    rep.post(undo)
    assert group(rep) == [story.deal.pk]


def test_it_is_looked_at_later_and_undo_brings_the_day_back(rep: Client, story: Story) -> None:
    url = f"/deals/{story.deal.pk}/another-look/"
    day = today() + 30 * DAY
    assert rep.get(url).context["form"]["look_again_on"].value() == today() + 90 * DAY
    rep.post(url, {"look_again_on": day})
    assert "is worth another look on" in said(rep)[-1]
    assert (group(rep), OutcomeEntry.objects.get().look_again_on) == ([], day)
    rep.post(url, {"look_again_on": day + DAY})
    rep.post(undo_of(rep))
    assert OutcomeEntry.objects.get().look_again_on == day


def test_undo_of_a_later_day_runs_once_and_not_past_a_reopening(rep: Client, story: Story) -> None:
    url = f"/deals/{story.deal.pk}/another-look/"
    rep.post(url, {"look_again_on": today() + DAY})
    [message] = rep.get("/search/").context["messages"]
    rep.post(message.extra_tags)
    rep.post(message.extra_tags)
    assert "That was taken back already." in said(rep)
    course.reopen(story.deal, now=timezone.now())
    rep.post(message.extra_tags)
    assert said(rep)[-1] == "It is too late: the deal rests no more."


def test_it_may_rest_until_they_are_heard(rep: Client, story: Story) -> None:
    rep.post(f"/deals/{story.deal.pk}/another-look/", {"look_again_on": ""})
    assert said(rep)[-1] == "“Fleet telematics” rests on, until they are heard."
    assert group(rep) == []
    page = rep.get(f"/?deal={story.deal.pk}").content.decode()
    assert "Not until they are heard" in page


def test_a_later_day_is_to_come(rep: Client, story: Story) -> None:
    url = f"/deals/{story.deal.pk}/another-look/"
    response = rep.post(url, {"look_again_on": today()})
    assert response.status_code == 422
    assert "Choose a day to come for the next look." in response.content.decode()


def test_it_is_left_for_good_with_the_reason_it_had(rep: Client, story: Story) -> None:
    rep.post(f"/deals/{story.deal.pk}/leaving/")
    undo = undo_of(rep)
    deal = Deal.objects.get()
    assert (deal.outcome, deal.outcome_entries.last().reason) == (Outcome.LOST, "No budget")
    assert group(rep) == []
    rep.post(undo)
    assert group(rep) == [story.deal.pk]


def test_a_reply_opens_it_whatever_the_day(rep: Client, story: Story) -> None:
    story.they_write(ago(minutes=5))
    sweeping.run(timezone.now())
    assert group(rep) == []
    assert story.silence is not None
    assert story.silence.by == "us"


def test_what_rests_no_more_is_told_so(rep: Client, story: Story) -> None:
    course.reopen(story.deal, now=timezone.now())
    for name, told in (
        ("reopening", {}), ("leaving", {}), ("another-look", {"look_again_on": "2099-01-01"}),
    ):  # fmt: skip
        rep.post(f"/deals/{story.deal.pk}/{name}/", told)
        assert said(rep)[-1].startswith("This deal rests no more.")


def test_nobody_decides_about_what_they_may_not_see(
    client: Client, story: Story, cast: Cast
) -> None:
    for stranger in (cast.noor, cast.karl):
        client.force_login(stranger)
        assert group(client) == []
        for name in ("reopening", "leaving", "another-look"):
            assert client.post(f"/deals/{story.deal.pk}/{name}/").status_code == 404
    assert Deal.objects.get().outcome == Outcome.RESTING


def test_a_manager_finds_it_on_the_teams_page(client: Client, story: Story, maud: User) -> None:
    client.force_login(maud)
    assert group(client) == []
    shown = client.get("/?whose=team").context["shown"]
    assert [each.group.key for each in shown] == ["again"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_group(
    rep: Client, story: Story, ines: User, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count - 1):
        let_go(make_deal(ines, "Demo", opened_at=ago(days=130)))
    rep.get("/")
    with django_assert_num_queries(46):
        page = rep.get("/")
    assert len(page.context["shown"][0].lines) == count
