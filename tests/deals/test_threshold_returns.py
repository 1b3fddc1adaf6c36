"""Returning to an earlier threshold: what crosses again is counted again, and said beforehand.

Source: decision 125.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import reports, thresholds
from deals.figures import Figure
from deals.models import Stage, Threshold
from deals.periods import Period
from deals.scopes import Scope
from deals.supposing import suppose
from tests.cast import Story, day, make_deal, sweep_at
from tests.deals.test_thresholds_page import PAGE, look, said, waiting, words

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)


@pytest.fixture
def demo(workspace: object) -> Stage:
    """Demo: dark after a week."""
    return Stage.objects.get(name="Demo")


@pytest.fixture
def told(demo: Stage, ines: User) -> Story:
    """A deal in Demo, dark on the seventh day; on the tenth Demo's patience grew to three weeks."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    sweep_at(day(9))
    thresholds.change_span(demo, "3w", now=day(10))
    sweep_at(day(11))
    return story


def went_dark(reader: User) -> tuple[int, int]:
    """Return how many crossings and how many silences went dark, as of the fifteenth day."""
    report = reports.report(reader, Scope(MARCH, day(15)))
    return report.tally(Figure.WENT_DARK).count, report.tally(Figure.CROSSED).count


def first(stage: Stage) -> Threshold:
    return Threshold.objects.filter(stage=stage).order_by("pk")[0]


def test_a_return_counts_what_crosses_again_once_more_and_its_silence_once(
    demo: Stage, told: Story, ada: User
) -> None:
    assert went_dark(ada) == (1, 1)

    thresholds.restore(first(demo), now=day(12), user=ada)
    sweep_at(day(13))

    assert told.spells == [(day(7, 10), day(10)), (day(12), None)]
    assert went_dark(ada) == (2, 1)


def test_counting_the_past_too_takes_the_change_back_as_if_it_had_not_been(
    demo: Stage, told: Story, ada: User
) -> None:
    version = thresholds.change_span(demo, "1w", now=day(12), user=ada, retroactive=True)
    thresholds.rejudge(version.rejudging, lambda: day(12))
    sweep_at(day(13))

    assert told.spells == [(day(7, 10), None)]
    assert went_dark(ada) == (1, 1)


def test_what_would_cross_once_more_is_foreseen(demo: Stage, told: Story, ines: User) -> None:
    new = Story(make_deal(ines, "Demo"))
    new.we_write(day(2, 10))  # nine and a half days on the twelfth, and never dark

    foreseen = suppose(demo, "1w", day(12))

    assert thresholds.effect_of(foreseen) == thresholds.Effect(
        now_dark=2, no_longer_dark=0, dark_before=0, once_more=1
    )
    assert [silence.deal for silence in foreseen.once_more] == [told.deal]


def test_the_page_says_beforehand_who_is_counted_once_more(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    now = timezone.now()
    waiting(ines, 10, title="Ten days")
    sweep_at(now - timedelta(days=1))
    thresholds.change_span(demo, "3w", now=now - timedelta(hours=2), user=ada)
    sweep_at(now - timedelta(hours=1))
    client.force_login(ada)
    address = f"{PAGE}{demo.pk}/?version={first(demo).pk}"

    page = client.get(address)

    once_more = "1 of it was dark before in the same silence"
    assert page.status_code == 200
    assert "Returning to a version makes a new one, which counts from now on." in words(page)
    assert once_more in words(page)
    assert ("Use 1 week" in words(page), "Ten days" in words(page)) == (True, True)
    assert f'href="/thresholds/{demo.pk}/?version={first(demo).pk}"' in page.content.decode()
    assert "Back to the version of" in page.content.decode()
    past_too = words(look(client, demo, dark_after="1w", retroactive="on")[0])
    assert ("It would flag 1 open deal" in past_too, once_more in past_too) == (True, False)


def test_a_version_that_is_looked_at_brings_all_that_it_says(
    client: Client, demo: Stage, ada: User
) -> None:
    old = thresholds.change(demo, **said(dark_after="2w", attempts=9), now=timezone.now())
    thresholds.change_span(demo, "5d", now=timezone.now())
    thresholds.change(demo, **said(dark_after="5d", attempts=3), now=timezone.now())
    client.force_login(ada)

    page = words(client.get(f"{PAGE}{demo.pk}/?version={old.pk}"))

    assert "Dark after 5 days 2 weeks Attempts 3 9" in page


@pytest.mark.parametrize("version", ["0", "x", "99999999999", ""])
def test_a_version_that_is_none_of_the_stages_is_passed_over(
    client: Client, demo: Stage, ada: User, version: str
) -> None:
    client.force_login(ada)
    page = client.get(f"{PAGE}{demo.pk}/?version={version}")
    assert (page.status_code, 'name="seen"' in page.content.decode()) == (200, False)


def test_the_history_marks_what_is_in_force_and_what_is_void(
    client: Client, demo: Stage, ada: User
) -> None:
    at = timezone.now() - timedelta(days=30)
    thresholds.change_span(demo, "5d", now=at, user=ada)
    client.force_login(ada)
    page = words(client.get(f"{PAGE}{demo.pk}/")).split("History")[1]
    assert page.index("1 week → 5 days in force from then on") < page.index("from the beginning")
    assert page.count("in force") == 1

    thresholds.change_span(demo, "4d", now=timezone.now(), user=ada, retroactive=True)

    page = words(client.get(f"{PAGE}{demo.pk}/")).split("History")[1]
    assert "5 days → 4 days in force for the past too" in page
    assert page.count("no more: a later one counts for the past too") == 2
