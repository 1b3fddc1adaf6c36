"""A thousand touches at once: each is taken or refused by itself, and all with one replay."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from deals.models import Deal, Touch
from tests.calling import Program, program
from tests.cast import MONDAY_9, Story, day, make_contact, make_deal

MINUTE = timedelta(minutes=1)


@pytest.fixture
def caller(ines: User) -> Program:
    return program(ines, "touches")


@pytest.fixture
def deal(ines: User) -> Deal:
    return make_deal(ines)


def item(to: Deal, number: int, /, **said: Any) -> dict[str, Any]:
    return {
        "deal": to.pk, "channel": "email", "direction": "outbound",
        "occurred_at": (MONDAY_9 + number * MINUTE).isoformat(),
        "source": "zapier", "external_id": str(number), **said,
    }  # fmt: skip


def counts(said: dict[str, Any]) -> tuple[int, int, int, int]:
    return said["created"], said["updated"], said["unchanged"], said["refused"]


def test_each_item_has_a_fate_of_its_own(caller: Program, deal: Deal) -> None:
    caller.post("/touches", item(deal, 1))
    caller.post("/touches", item(deal, 2))
    stranger = make_contact("Tove", "Berg")

    answer = caller.post(
        "/touches/batch",
        {
            "items": [
                item(deal, 1),
                item(deal, 2, note="They asked for a price."),
                item(deal, 3),
                item(deal, 4, channel="pigeon"),
                item(deal, 5, contact=stranger.pk),
                item(deal, 6, occurred_at="2199-01-01T00:00:00Z"),
                {"deal": deal.pk},
                "nonsense",
                None,
                item(deal, 3),
                item(deal, 7, external_id=None),
            ]
        },
    )

    fates = [each["result"] for each in answer.said["items"]]
    assert fates == [
        "unchanged", "updated", "created", *["refused"] * 6, "unchanged", "refused"
    ]  # fmt: skip
    assert (answer.status, counts(answer.said)) == (200, (1, 1, 2, 7))
    assert Touch.objects.count() == 3


def test_what_is_refused_says_where_and_what_to_do(caller: Program, deal: Deal) -> None:
    answer = caller.post(
        "/touches/batch",
        {
            "items": [
                item(deal, 1),
                item(deal, 2, channel="pigeon", deal=10**9),
                item(deal, 3, deal=10**9),
            ]
        },
    )

    shape, missing = (each["problem"] for each in answer.said["items"][1:])
    assert [each["pointer"] for each in shape["errors"]] == ["#/items/1/channel"]
    assert missing["errors"] == [
        {
            "field": "items.2.deal", "pointer": "#/items/2/deal", "parameter": None,
            "detail": "There is no such deal, or it is not yours to see. Send the id of one that is.",
        }
    ]  # fmt: skip
    assert missing["status"] == 422


def test_a_thousand_at_once_are_one_story(caller: Program, deal: Deal) -> None:
    items = [item(deal, number) for number in range(999)]
    items.append(item(deal, 2000, direction="inbound"))

    answer = caller.post("/touches/batch", {"items": items[::-1]})
    again = caller.post("/touches/batch", {"items": items})

    assert [counts(each.said) for each in (answer, again)] == [(1000, 0, 0, 0), (0, 0, 1000, 0)]
    assert Story(deal).silences[-2:] == [
        ("them", MONDAY_9, MONDAY_9 + 2000 * MINUTE, "replied"),
        ("us", MONDAY_9 + 2000 * MINUTE, None, ""),
    ]


def test_a_batch_sent_again_without_instants_moves_nothing(caller: Program, deal: Deal) -> None:
    caller.post("/touches/batch", {"items": [item(deal, 1), item(deal, 2)]})

    bare = [item(deal, number) for number in (1, 2)]
    for each in bare:
        del each["occurred_at"]
    again = caller.post("/touches/batch", {"items": [*bare, {**bare[1], "note": "Seen."}]})

    assert counts(again.said) == (0, 1, 2, 0)
    assert Story(deal).silences[-1] == ("them", MONDAY_9 + MINUTE, None, "")


def test_a_touch_is_told_its_instant_later_in_the_same_batch(caller: Program, deal: Deal) -> None:
    bare = item(deal, 1, occurred_at=None)

    answer = caller.post("/touches/batch", {"items": [bare, item(deal, 1), bare]})

    assert counts(answer.said) == (1, 1, 1, 0)
    assert Touch.objects.get().occurred_at == MONDAY_9 + MINUTE


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_one_to_a_thousand_items(caller: Program, deal: Deal, count: int) -> None:
    answer = caller.post("/touches/batch", {"items": [item(deal, 1)] * count})

    assert (answer.status, answer.fields, Touch.objects.count()) == (422, ["items"], 0)


def test_deals_and_people_are_found_by_the_words_of_other_systems(
    ines: User, caller: Program
) -> None:
    mara = make_contact(source="crm", external_id="c", addresses={"email": "mara@example.org"})
    known = make_deal(ines, contact=mara, source="crm", external_id="d")
    other = make_deal(ines)
    key = {"source": "crm", "external_id": "d"}
    whom = [None, mara.pk, {"email": "Mara@Example.org"}, {"source": "crm", "external_id": "c"}]

    answer = caller.post(
        "/touches/batch",
        {
            "items": [
                *(item(known, place, deal=key, contact=each) for place, each in enumerate(whom)),
                item(other, 9, contact={"email": "mara@example.org"}),
            ]
        },
    )

    assert [each["result"] for each in answer.said["items"]] == ["created"] * 4 + ["refused"]
    assert list(Touch.objects.values_list("deal", "contact")) == [(known.pk, mara.pk)] * 4


def test_a_batch_asks_no_more_for_many_deals_than_for_one(
    ines: User, caller: Program, django_assert_max_num_queries: Any
) -> None:
    deals = [make_deal(ines) for _ in range(20)]

    def asked(some: list[Deal], start: int) -> int:
        items = [item(each, start + place) for place, each in enumerate(some)]
        with django_assert_max_num_queries(200) as captured:
            caller.post("/touches/batch", {"items": items})
        return len(captured)

    asked(deals[:1], 0)  # the first call of all makes a few rows
    one, many = asked(deals[1:2], 100), asked(deals[2:], 200)

    assert many == one


def test_in_a_batch_too_an_answer_ends_a_silence(caller: Program, deal: Deal) -> None:
    caller.post(
        "/touches/batch",
        {"items": [item(deal, 0), item(deal, 1440, direction="inbound", is_heard=False)]},
    )
    waits = Story(deal).silences[-1]
    caller.post("/touches/batch", {"items": [item(deal, 2880, direction="two_way")]})

    assert waits == ("them", MONDAY_9, None, "")
    assert Story(deal).silences[-1] == ("us", day(2), None, "")
