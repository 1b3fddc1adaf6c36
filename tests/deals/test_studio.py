"""What a threshold is set from: read once, the same history behind every number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User, Workspace
from deals import studio
from deals.advice import FEW
from deals.models import Silence, Stage
from deals.segments import Segment
from deals.spans import Span
from tests.cast import Story, day, make_company, make_contact, make_deal

pytestmark = pytest.mark.django_db
NOW = day(60)
COMPANIES, CONSUMERS = 40, 34


@pytest.fixture
def demo(ines: User) -> Stage:
    """Demo, dark after a week: companies answer on the fourth day, consumers on the tenth."""
    firm = make_company()
    for number in range(COMPANIES + CONSUMERS):
        is_firm = number < COMPANIES
        contact = make_contact(company=firm if is_firm else None)
        story = Story(make_deal(ines, "Demo", contact=contact, amount=100 * (number % 3 + 1)))
        story.we_write(day(0, 10))
        if number % 10:
            story.they_write(day(4 if is_firm else 10, 10, number % 50))
    return Stage.objects.get(name="Demo")


def seen(read: studio.Studio) -> Iterator[tuple[str, bool]]:
    for parting in read.partings:
        yield parting.name, parting.differs


def test_only_what_differs_for_certain_is_shown(demo: Stage) -> None:
    read = studio.read(demo, NOW)

    assert dict(seen(read)) == {"business": True, "kind": False, "size": False}
    [shown] = read.telling
    assert [(part.segment, part.waits.count) for part in shown.parts] == [
        (Segment.B2B, COMPANIES), (Segment.B2C, CONSUMERS),
    ]  # fmt: skip
    assert [parting.chance is None for parting in read.partings] == [False, True, True]


def test_the_advice_and_the_what_ifs_are_of_the_same_silences(demo: Stage) -> None:
    read = studio.read(demo, NOW)

    assert read.waits.count == COMPANIES + CONSUMERS == read.whatif.past.ids.size
    assert read.would(read.current).flags == 4 + CONSUMERS
    assert read.would(Span(1, "h")).flags == COMPANIES + CONSUMERS
    assert read.would(Span(5, "d"), Segment.B2B).flags == 4
    assert read.would(Span(11, "d")).later == timedelta(days=4)
    assert read.advice.wait is None  # eight are left after the last answer: too few to tell by
    assert read.advice.reason.startswith("Waiting pays as far as the history tells")


def test_what_waiting_is_worth_is_the_workspaces_to_say(demo: Stage) -> None:
    assert CONSUMERS > FEW
    Workspace.objects.update(worth_waiting=99)

    read = studio.read(demo, NOW)

    assert (read.share, read.advice.span) == (0.99, Span(5, "d"))


def test_reading_takes_as_many_queries_for_many_silences(
    demo: Stage, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(16):
        studio.read(demo, NOW)
    Silence.objects.filter(pk__in=Silence.objects.values("pk")[3:]).delete()
    with django_assert_num_queries(16):
        read = studio.read(demo, NOW)
    with django_assert_num_queries(0):
        assert [read.would(span).flags for span, _ in read.stops]
        assert read.advice.wait is None


def test_a_stage_without_silences_says_that_it_knows_nothing(ines: User) -> None:
    read = studio.read(Stage.objects.get(name="Proposal"), NOW)

    assert (read.telling, read.advice.span, read.waits.count) == ([], None, 0)
    assert read.would(Span(4, "wh")).flags == 0
