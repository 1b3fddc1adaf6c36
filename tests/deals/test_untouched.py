"""Prospects who await a first touch."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import conversation, course
from deals.listing import untouched
from deals.models import Deal, Outcome
from tests.cast import Story, day, make_deal


def waiting(user: User) -> list[str]:
    deals = untouched(Deal.objects.visible_to(user))
    return list(deals.order_by("pk").values_list("title", flat=True))


def test_a_deal_awaits_a_first_touch_until_we_write(ines: User) -> None:
    story = Story(make_deal(ines, title="New"))
    assert waiting(ines) == ["New"]
    story.they_write(day(1))
    assert waiting(ines) == ["New"]
    touch = story.we_write(day(2))
    assert waiting(ines) == []
    conversation.delete(touch, now=day(3))
    assert waiting(ines) == ["New"]


def test_a_talk_is_a_first_touch_and_a_mail_that_bounced_is_none(ines: User) -> None:
    Story(make_deal(ines, title="Talked")).we_talk(day(1))
    Story(make_deal(ines, title="Bounced")).we_write(day(1), is_delivered=False)
    assert waiting(ines) == ["Bounced"]


def test_only_open_deals_with_prospects_count(ines: User) -> None:
    make_deal(ines, "Onboarding", title="A customer")
    lost = make_deal(ines, title="Lost")
    course.close(lost, Outcome.LOST, now=day(1))
    assert waiting(ines) == []


@pytest.mark.parametrize("name", ["karl", "noor"])
def test_nobody_sees_whom_others_have_not_written_to(
    ines: User, name: str, request: pytest.FixtureRequest
) -> None:
    make_deal(ines, title="New")
    assert waiting(request.getfixturevalue(name)) == []


def test_the_list_narrows_down_to_them(client: Client, ines: User) -> None:
    make_deal(ines, title="New", opened_at=timezone.now())
    Story(make_deal(ines, title="Written to")).we_write(day(1))
    client.force_login(ines)
    response = client.get("/deals/", {"state": "untouched"})
    assert [row.deal.title for row in response.context["rows"]] == ["New"]
    assert "Awaiting a first touch" in response.content.decode()
