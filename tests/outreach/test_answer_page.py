"""A deal on which it is our move: who was heard, what to say, and nothing that is for the dark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from deals.models import Touch
from outreach.models import Suggestion
from tests.cast import Story, make_contact, make_deal


@pytest.fixture
def story(ines: User) -> Story:
    """Mara wrote two hours ago."""
    now = timezone.now()
    contact = make_contact(time_zone="Asia/Kathmandu")
    story = Story(make_deal(ines, "Demo", contact=contact, opened_at=now - timedelta(days=2)))
    story.they_write(now - timedelta(hours=2))
    return story


def test_the_pane_shows_what_to_answer_whom_and_when(
    client: Client, ines: User, story: Story
) -> None:
    client.force_login(ines)
    response = client.get(reverse("outreach:today"), {"deal": story.deal.pk})
    page = response.content.decode()

    pane = response.context["pane"]
    assert (pane.play, pane.suggestion.channel) == ("Answer", "email")
    assert pane.draft.body
    assert pane.best.startswith("Best: ")
    assert "their time" in pane.best
    for said in ("Mara wrote on", "This stage wants an answer within 1 working day", pane.best):
        assert said in page
    assert f"mailto:{story.deal.contact.addresses.get(channel='email').value}" in page
    assert 'id="do-dismiss"' not in page
    assert 'id="do-snooze"' not in page
    assert "Another way" not in page


def test_an_answer_that_is_logged_ends_our_silence(
    client: Client, ines: User, story: Story
) -> None:
    client.force_login(ines)
    told = {"direction": "outbound", "channel": "email", "contact": story.deal.contact_id,
            "note": "Hello Mara, here is the answer.", "next": "/"}  # fmt: skip
    client.post(reverse("outreach:touches", args=[story.deal.pk]), told)
    assert story.silences[-1][0] == "them"
    assert Touch.objects.get(direction="outbound").contact == story.deal.contact
    assert Suggestion.objects.count() == 0


def test_who_may_not_be_written_to_is_not_suggested(
    client: Client, ines: User, story: Story
) -> None:
    story.deal.contact.opt_outs.create(occurred_at=timezone.now())
    client.force_login(ines)
    response = client.get(reverse("outreach:today"), {"deal": story.deal.pk})
    assert response.context["pane"].suggestion is None


def test_the_queries_of_the_pane_do_not_grow_with_the_touches(
    client: Client, ines: User, story: Story, django_assert_max_num_queries
) -> None:
    client.force_login(ines)
    counts = []
    for number in (1, 3):
        for minute in range(number):
            story.they_write(timezone.now() - timedelta(minutes=90 - minute))
        with django_assert_max_num_queries(90) as captured:
            client.get(reverse("outreach:today"), {"deal": story.deal.pk})
        counts.append(len(captured))
    assert counts[0] == counts[1]
