"""Pages of a list: each row once, in order, while rows are added; and what is known is not sent again."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from deals import conversation
from deals.models import Hold
from outreach import sweeping
from tests.calling import Program, program
from tests.cast import Story, day, make_company, make_contact, make_deal


@pytest.fixture
def caller(ines: User) -> Program:
    return program(ines)


def ids(said: dict[str, Any]) -> list[int]:
    return [each["id"] for each in said["items"]]


def test_pages_follow_each_other_to_the_end(ines: User, caller: Program) -> None:
    deals = [make_deal(ines).pk for _ in range(5)]

    first = caller.get("/deals?limit=2&outcome=open")
    second = caller.get(first.said["next"])
    third = caller.get(second.said["next"])

    assert [ids(each.said) for each in (first, second, third)] == [deals[:2], deals[2:4], deals[4:]]
    assert first.headers["Link"] == f'<{first.said["next"]}>; rel="next"'
    assert (third.said["next"], "Link" in third.headers) == (None, False)


def test_rows_that_come_and_go_meanwhile_move_no_page(ines: User, caller: Program) -> None:
    deals = [make_deal(ines) for _ in range(4)]
    first = caller.get("/deals?limit=2")
    deals[0].participations.all().delete()
    deals[0].stage_entries.all().delete()
    deals[0].silences.all().delete()
    deals[0].delete()
    late = make_deal(ines)

    second = caller.get(first.said["next"])
    third = caller.get(second.said["next"])

    assert ids(second.said) + ids(third.said) == [deals[2].pk, deals[3].pk, late.pk]


def test_a_page_that_ends_with_the_list_says_so(ines: User, caller: Program) -> None:
    make_deal(ines), make_deal(ines)

    assert caller.get("/deals?limit=2").said["next"] is None


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", ""])
def test_a_page_has_one_to_two_hundred_rows(caller: Program, limit: str) -> None:
    answer = caller.get(f"/deals?limit={limit}")

    assert (answer.status, answer.fields) == (422, ["limit"])


@pytest.mark.parametrize(
    "cursor", ["17", "YWZ0ZXI6LTE", "YWZ0ZXI6", "eDox", "%00", "=", "ü", "a" * 90]
)
def test_a_cursor_that_is_none_of_ours_is_refused(caller: Program, cursor: str) -> None:
    answer = caller.get(f"/deals?cursor={cursor}")

    assert (answer.status, answer.fields) == (422, ["cursor"])


def test_a_parameter_that_there_is_not_is_refused_by_its_name(caller: Program) -> None:
    answer = caller.get("/deals?stat=dark")

    assert (answer.status, answer.fields) == (422, ["stat"])
    assert "state" in answer.said["errors"][0]["detail"]


def test_what_one_has_is_not_sent_again(ines: User, caller: Program) -> None:
    deal = make_deal(ines)
    path = f"/deals/{deal.pk}"
    for address in (path, "/deals", "/me", "/report?from=2026-03-01&to=2026-03-02"):
        first = caller.get(address)
        again = caller.get(address, If_None_Match=first.headers["ETag"])
        assert (again.status, again.said) == (304, None)
    tag = caller.get(path).headers["ETag"]

    caller.patch(path, {"title": "Another"})

    assert caller.get(path, If_None_Match=tag).status == 200


def whole_book(ines: User, number: int) -> None:
    """Make one more of everything that is listed."""
    company = make_company(f"Company {number}", owner=ines)
    contact = make_contact(owner=ines, company=company)
    deal = make_deal(ines, contact=contact)
    Story(deal).we_write(day(1))
    Story(deal).they_write(day(2))
    Story(deal).we_write(day(3), user=ines)
    held = Hold(deal=deal, reason="pause", starts_at=day(4), ends_at=day(5))
    conversation.hold(held, now=day(4))
    sweeping.run(day(60))


LISTS = (
    "/deals", "/deals?state=dark", "/contacts", "/companies", "/silences", "/silences?state=dark",
    "/silences?state=ended", "/suggestions", "/holds", "/stages", "/users",
)  # fmt: skip


def test_three_rows_cost_as_many_queries_as_one(ines: User, caller: Program) -> None:
    def cost() -> dict[str, int]:
        counts = {}
        for path in LISTS:
            with CaptureQueriesContext(connection) as asked:
                caller.get(path)
            counts[path] = len(asked)
        return counts

    whole_book(ines, 0)
    one = cost()
    whole_book(ines, 1)
    whole_book(ines, 2)

    assert cost() == one
    assert one == {
        "/deals": 13, "/deals?state=dark": 14, "/contacts": 5, "/companies": 4, "/silences": 12,
        "/silences?state=dark": 16, "/silences?state=ended": 4, "/suggestions": 4, "/holds": 4,
        "/stages": 7, "/users": 4,
    }  # fmt: skip


def test_the_touches_of_a_deal_cost_the_same_for_one_and_three(ines: User, caller: Program) -> None:
    deal = make_deal(ines)
    counts = []
    for number in range(3):
        Story(deal).we_write(day(number + 1), user=ines)
        with CaptureQueriesContext(connection) as asked:
            caller.get(f"/deals/{deal.pk}/touches")
        counts.append(len(asked))

    assert counts == [5, 5, 5]
