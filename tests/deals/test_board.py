"""The board: deals by stage, most silent first."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from deals import board, course
from deals.models import Deal, Outcome, Pipeline
from tests.cast import Story, day, make_contact, make_deal

PAGE = "/deals/board/"


@pytest.fixture
def pipeline(workspace: object) -> Pipeline:
    return Pipeline.objects.get(name="New business")


def waits(owner: User, title: str, since: datetime, stage: str = "Demo", **fields: object) -> Deal:
    story = Story(make_deal(owner, stage, title=title, opened_at=since, **fields))
    story.we_write(since)
    return story.deal


def test_each_lane_has_its_count_its_sums_by_currency_and_the_most_silent_first(
    ines: User, pipeline: Pipeline
) -> None:
    waits(ines, "Short", day(5), amount=Decimal("100.50"))
    waits(ines, "Long", day(1), amount=Decimal("50.25"))
    waits(ines, "Swedish", day(3), amount=Decimal(900), currency="SEK")
    make_deal(ines, "Demo", title="Nobody’s", amount=None)
    course.close(waits(ines, "Won", day(1)), Outcome.WON, now=day(6))

    lanes = {lane.stage.name: lane for lane in board.lanes(pipeline, ines, day(6))}

    assert list(lanes) == ["Discovery", "Demo", "Proposal", "Negotiation"]
    demo = lanes["Demo"]
    assert [row.deal.title for row in demo.rows] == ["Long", "Swedish", "Short", "Nobody’s"]
    assert demo.sums == [("EUR", Decimal("150.75")), ("SEK", Decimal(900))]
    assert (demo.count, demo.more, lanes["Proposal"].count) == (4, 0, 0)


def test_a_lane_shows_so_many_and_says_how_many_more(
    client: Client, ines: User, pipeline: Pipeline
) -> None:
    contact = make_contact()
    for number in range(board.SHOWN + 3):
        waits(ines, f"{number:02}", day(1, 9, number), contact=contact)
    lane = board.lanes(pipeline, ines, day(2))[1]
    assert [row.deal.title for row in lane.rows] == [f"{n:02}" for n in range(board.SHOWN)]
    assert lane.more == 3
    client.force_login(ines)
    page = client.get(PAGE).content.decode()
    assert f'href="/deals/?stage={lane.stage.pk}&amp;sort=silence">3 more in Demo' in page


def test_the_board_shows_what_its_reader_may_see(
    ines: User, karl: User, maud: User, noor: User, ada: User, pipeline: Pipeline
) -> None:
    waits(ines, "Hers", day(1))
    waits(karl, "His", day(2))
    seen = {
        user.name: [row.deal.title for row in board.lanes(pipeline, user, day(3))[1].rows]
        for user in (ines, karl, maud, noor, ada)
    }
    assert seen == {
        "Ines": ["Hers"], "Karl": ["His"], "Maud": ["Hers", "His"], "Noor": [],
        "Ada": ["Hers", "His"],
    }  # fmt: skip
    hidden = board.lanes(pipeline, noor, day(3))[1]
    assert (hidden.count, hidden.sums) == (0, [])


def test_each_pipeline_has_its_board(client: Client, ines: User) -> None:
    client.force_login(ines)
    customers = Pipeline.objects.get(name="Customers")
    lanes = client.get(PAGE, {"pipeline": customers.pk}).context["lanes"]
    assert [lane.stage.name for lane in lanes] == ["Onboarding", "Active", "Renewal"]
    assert client.get(PAGE, {"pipeline": "x"}).context["pipeline"].name == "New business"


def test_a_workspace_without_pipelines_says_what_to_do(client: Client, ines: User) -> None:
    Pipeline.objects.all().delete()
    client.force_login(ines)
    assert "An admin adds stages" in client.get(PAGE).content.decode()


def test_the_board_asks_no_more_for_three_deals_than_for_one(client: Client, ines: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(PAGE).status_code == 200
        return len(asked)

    client.force_login(ines)
    client.get(PAGE)
    since = timezone.now() - timedelta(days=2)
    waits(ines, "One", since)
    one = queries()
    waits(ines, "Two", since)
    waits(ines, "Three", since, "Proposal")
    assert (one, queries()) == (12, 12)
