"""The same call with the same key is done once, and answered twice the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.api import idempotency
from accounts.models import AnsweredCall, User
from deals.models import Deal, Touch
from tests.calling import Program, program
from tests.cast import make_deal

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KEY = "b7c0a2f4"


@pytest.fixture
def caller(ines: User) -> Program:
    return program(ines)


@pytest.fixture
def said(ines: User) -> dict[str, Any]:
    return {"deal": make_deal(ines).pk, "channel": "phone", "direction": "two_way"}


def post(caller: Program, said: Any, key: str = KEY) -> Any:
    return caller.post("/touches", said, Idempotency_Key=key)


def test_the_same_call_is_done_once_and_answered_the_same(
    caller: Program, said: dict[str, Any]
) -> None:
    first, second = post(caller, said), post(caller, said)

    assert (first.status, first.said) == (second.status, second.said)
    assert first.headers["Location"] == second.headers["Location"]
    assert [each.headers.get("Idempotency-Replayed") for each in (first, second)] == [None, "true"]
    assert Touch.objects.count() == 1


def test_a_new_key_is_a_new_call(caller: Program, said: dict[str, Any]) -> None:
    post(caller, said, "one")
    post(caller, said, "two")

    assert Touch.objects.count() == 2


def test_the_same_key_with_another_body_or_address_is_refused(
    caller: Program, said: dict[str, Any]
) -> None:
    post(caller, said)

    other = post(caller, {**said, "note": "Another one"})
    elsewhere = caller.post("/touches/batch", {"items": [said]}, Idempotency_Key=KEY)

    assert [(each.status, each.fields) for each in (other, elsewhere)] == [
        (422, ["Idempotency-Key"])
    ] * 2
    assert Touch.objects.count() == 1


def test_the_key_of_somebody_else_is_another_key(caller: Program, said: Any, ines: User) -> None:
    post(caller, said)

    assert post(program(ines), said).headers.get("Idempotency-Replayed") is None
    assert Touch.objects.count() == 2


def test_a_call_that_was_refused_leaves_its_key_free(caller: Program, said: dict[str, Any]) -> None:
    refused = post(caller, {**said, "channel": "pigeon"})

    assert (refused.status, post(caller, said).status) == (422, 201)


def test_while_the_first_is_being_answered_the_second_waits(
    caller: Program, said: dict[str, Any]
) -> None:
    post(caller, said)
    AnsweredCall.objects.update(status=None, answer="")

    waits = post(caller, said)

    assert (waits.status, waits.headers["Retry-After"], Touch.objects.count()) == (409, "1", 1)


def test_a_call_that_broke_off_is_done_by_the_next(caller: Program, said: dict[str, Any]) -> None:
    """The first claimed its key and died: what it did was rolled back with its answer."""
    post(caller, said)
    Touch.objects.all().delete()
    long_ago = timezone.now() - 4 * MINUTE
    AnsweredCall.objects.update(status=None, answer="", created_at=long_ago)

    assert (post(caller, said).status, Touch.objects.count()) == (201, 1)
    assert post(caller, said).headers["Idempotency-Replayed"] == "true"


def test_one_that_was_taken_over_keeps_nothing(caller: Program, said: dict[str, Any]) -> None:
    post(caller, said)
    call = AnsweredCall.objects.get()
    call.created_at -= 4 * MINUTE

    with pytest.raises(Exception, match="being answered right now"):
        idempotency.keep(call, idempotency.answer(call))


def test_a_key_is_forgotten_after_a_day(caller: Program, said: dict[str, Any]) -> None:
    post(caller, said)
    now = timezone.now()
    kept = [idempotency.forget(now + 24 * HOUR), idempotency.forget(now + 26 * HOUR)]

    assert (kept, idempotency.forget(now + 26 * HOUR)) == ([0, 1], 0)
    assert (post(caller, said).status, Touch.objects.count()) == (201, 2)


def test_an_old_key_means_nothing_any_more_even_before_it_is_forgotten(
    caller: Program, said: dict[str, Any]
) -> None:
    post(caller, said)
    AnsweredCall.objects.update(created_at=timezone.now() - 26 * HOUR)

    assert post(caller, {**said, "note": "Another"}).status == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "ü"])
def test_a_key_that_is_none_is_refused(caller: Program, said: dict[str, Any], key: str) -> None:
    answer = post(caller, said, key)

    assert (answer.status, answer.fields) == (422, ["Idempotency-Key"])


def test_a_kept_answer_holds_no_more_than_was_answered(caller: Program, said: Any) -> None:
    post(caller, said)

    deal = Deal.objects.get()
    assert AnsweredCall.objects.get().status == 201
    assert str(deal.title) not in AnsweredCall.objects.get().answer
