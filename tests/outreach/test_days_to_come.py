"""A day that somebody names must have an end in their time zone."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from deals.models import Promise
from outreach.forms.calls import CallForm
from outreach.forms.moments import PauseForm
from outreach.forms.returning import ReturningForm
from outreach.forms.touches import TouchForm
from tests.cast import Story, day, make_deal

TOO_FAR = "9999-12-31"
REMEDY = ["Choose a year from 1900 to 2199."]


@pytest.fixture
def story(ines: User) -> Story:
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(1))
    return story


def form(name: str, story: Story, on: str) -> ReturningForm:
    deal = story.deal
    if name == "touch":
        said = {"direction": "inbound", "channel": "email", "contact": deal.contact_id}
        return TouchForm({**said, "promised_on": on}, now=day(2), deal=deal)
    if name == "call":
        address = deal.contact.addresses.get(channel="phone")
        said = {"result": "reached", "promised_on": on}
        return CallForm(said, now=day(2), address=address)
    return PauseForm({"kind": "promise", "until": "day", "day": on}, now=day(2))


@pytest.mark.parametrize(
    ("name", "field"), [("touch", "promised_on"), ("call", "promised_on"), ("pause", "day")]
)
def test_a_day_at_the_end_of_all_calendars_is_refused_with_the_remedy(
    story: Story, name: str, field: str
) -> None:
    assert form(name, story, TOO_FAR).errors[field] == REMEDY
    assert field not in form(name, story, "2199-12-31").errors


def test_a_page_refuses_such_a_promise(client: Client, ines: User, story: Story) -> None:
    client.force_login(ines)
    told = {"kind": "promise", "until": "day", "day": TOO_FAR}
    answer = client.post(f"/deals/{story.deal.pk}/pause/", told)
    assert answer.status_code == 422
    assert not Promise.objects.exists()
