"""The demo as it is told to whoever tries it out: four hundred deals, told once for all tests here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Q
from pytest_django import DjangoDbBlocker

from accounts.models import User
from deals import reports, standing, studio
from deals.figures import Figure
from deals.listing import untouched
from deals.models import Deal, Ending, Silence, Stage, Touch
from deals.periods import Period
from deals.scopes import Scope
from outreach import resting
from outreach.demo import build
from outreach.demo.build import Written
from outreach.models import Play, Suggestion

WEDNESDAY = datetime(2026, 10, 14, 13, 40, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def written(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Written]:
    """Tell all of it, and take it back after the last test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build.fill(WEDNESDAY)
        transaction.set_rollback(True)


def states_of(owner: str) -> Counter[str]:
    """Count how the open deals of a user stand."""
    silences = list(Silence.objects.open().filter(deal__owner__email=owner))
    return Counter(str(stands.state) for stands in standing.of(silences, WEDNESDAY).values())


def test_there_are_three_teams_eight_reps_and_four_hundred_deals_in_every_state(
    written: Written,
) -> None:
    assert (written.deals, Deal.objects.count()) == (400, 400)
    assert 8_000 <= written.touches == Touch.objects.count() <= 15_000
    roles = Counter(User.objects.values_list("role", flat=True))
    assert roles == {"rep": 8, "manager": 3, "admin": 1}
    assert User.objects.filter(role="manager", led_teams=None).count() == 0
    assert set(Deal.objects.values_list("outcome", flat=True)) == {"open", "won", "lost", "resting"}
    ines = states_of("ines@example.com")
    assert sum(ines.values()) == 38
    assert {state: ines[state] for state in ("dark", "dimming", "stale", "overdue")} == {
        "dark": 7, "dimming": 3, "stale": 2, "overdue": 2,
    }  # fmt: skip
    assert min(ines[state] for state in ("ours", "held", "waiting", "nobody")) > 0
    suggested = Suggestion.objects.live().filter(owner__email="ines@example.com")
    assert set(suggested.values_list("play", flat=True)) == set(Play.re_engaging())
    open_ones = Silence.objects.open()
    share = open_ones.filter(by="them", dark_at__isnull=False).count() / open_ones.count()
    assert 0.1 < share < 0.3


def test_reps_have_prospects_who_await_a_first_touch_and_deals_worth_another_look() -> None:
    ines = User.objects.get(email="ines@example.com")
    assert untouched(Deal.objects.filter(owner=ines)).count() == 2
    assert untouched(Deal.objects.exclude(owner=ines)).count() > 2
    assert len(resting.rows(ines, Q(deal__owner=ines), WEDNESDAY.date(), 9)) > 1


def test_waiting_on_wins_nothing_after_a_demo_and_pays_in_discovery() -> None:
    advised = {
        stage.name: studio.read(stage, WEDNESDAY).advice
        for stage in Stage.objects.filter(name__in=["Discovery", "Demo", "Proposal"])
    }
    spans = {name: told.span for name, told in advised.items()}
    assert spans["Demo"] is not None
    assert timedelta(days=7) < spans["Demo"].length(timedelta(days=1)) < timedelta(days=15)
    assert "answer in as much time again" in advised["Demo"].reason
    assert spans["Proposal"] is not None
    assert spans["Proposal"].is_working
    assert spans["Discovery"] is None
    assert advised["Discovery"].reason.startswith("Waiting pays as far as the history tells")


def test_every_figure_of_the_report_has_something_to_tell() -> None:
    weeks = Period(WEDNESDAY.date() - timedelta(days=69), WEDNESDAY.date(), UTC)
    maud, ada = (User.objects.get(email=f"{name}@example.com") for name in ("maud", "ada"))
    for reader in (maud, ada):
        told = reports.report(reader, Scope(weeks, WEDNESDAY, is_now=True))
        assert [figure for figure in Figure if not told.tally(figure).count] == []
        assert [figure for figure in Figure if not told.before.tally(figure).count] == []
    relit, dark = told.tally(Figure.RELIT).count, told.tally(Figure.WENT_DARK).count
    assert 0.4 < relit / dark < 0.8
    ended = Silence.objects.filter(by="them", spells__isnull=False).exclude(ended_at=None)
    assert set(ended.values_list("ending", flat=True)) == {
        Ending.REPLIED, Ending.LET_GO, Ending.CLOSED,
    }  # fmt: skip
