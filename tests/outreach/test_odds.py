"""What the open deal says of its chance of an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from outreach import odds, sweeping
from outreach.models import StageChance, Suggestion
from tests.cast import Story, make_deal


@pytest.fixture
def suggestion(ines: User) -> Suggestion:
    """What is suggested for a deal in Demo that has been silent for 30 days."""
    at = timezone.now() - timedelta(days=30)
    Story(make_deal(ines, "Demo", opened_at=at)).we_write(at)
    sweeping.run(timezone.now())
    return Suggestion.objects.select_related("silence", "owner").get()


@pytest.fixture
def learned(suggestion: Suggestion) -> Suggestion:
    ages = [[0, 90, 0.5, 0.4, 0.6], [20 * 86400, 64, 0.05, 0.03, 0.09]]
    StageChance.objects.create(
        stage=suggestion.stage, ages=ages, silences=90, learned_at=timezone.now()
    )
    return suggestion


def test_the_chance_is_the_one_of_silences_as_old_as_this(
    learned: Suggestion, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        known = odds.read(learned, timezone.now())
    assert known.said == "About 5 in 100 come back; 64 were this quiet."
    assert known.interval == "Likely 3 to 9 in 100."
    assert known.place == "€\u00a01,000 × 25 % for Demo × 10 in 100 assumed to answer"


def test_where_nothing_was_learned_that_is_said(suggestion: Suggestion) -> None:
    known = odds.read(suggestion, timezone.now())
    assert (known.said, known.interval) == (odds.UNKNOWN, "")


def test_the_page_tells_it_with_what_stands_behind_it(client: Client, learned: Suggestion) -> None:
    client.force_login(learned.owner)
    for url in ("/", f"/?deal={learned.deal_id}"):
        page = client.get(url).content.decode()
        assert "<summary>About 5 in 100 come back; 64 were this quiet.</summary>" in page
        assert "Likely 3 to 9 in 100. Learned from your own history" in page


def test_what_is_ours_to_answer_has_no_odds(client: Client, ines: User) -> None:
    at = timezone.now() - timedelta(days=3)
    Story(make_deal(ines, "Demo", opened_at=at)).they_write(at)
    client.force_login(ines)
    assert client.get("/").context["pane"].odds is None
