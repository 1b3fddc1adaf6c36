"""Suggestions: one for each silence and step, and only while it holds."""

from __future__ import annotations

import pytest

from accounts.models import User
from outreach import suggest
from outreach.models import Suggestion
from outreach.steps import Steps
from tests.cast import Story, day, make_deal, sweep_at


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo: dark after a week of calendar time."""
    return Story(make_deal(ines, "Demo"))


def test_a_dark_silence_gets_one_suggestion_and_the_next_after_the_spacing(demo: Story) -> None:
    demo.we_write(day(0, 10))
    marked = sweep_at(day(8))
    assert suggest.for_silences(marked, day(8)) == 1
    assert suggest.for_silences(marked, day(8)) == 0
    first = Suggestion.objects.live().get()
    assert (first.step, first.play, first.channel) == (1, "refocus", "email")

    suggest.done(first, user=demo.deal.owner, now=day(8))

    assert list(suggest.due(Steps.at(day(9)))) == []
    assert list(suggest.due(Steps.at(day(10)))) == marked
    assert suggest.for_silences(marked, day(10)) == 1
    assert Suggestion.objects.live().get().step == 2
