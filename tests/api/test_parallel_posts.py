"""Many programs that post the same at once, each over a connection of its own."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AnsweredCall, User
from deals import rebuilding
from deals.models import Deal, Silence, Touch
from tests.calling import program
from tests.cast import MONDAY_9, make_deal

MINUTE = timedelta(minutes=1)
KEYS = 200


def items_of(deals: list[Deal]) -> list[dict[str, Any]]:
    """Return touches on all the deals in turn, theirs and ours."""
    return [
        {
            "deal": deals[number % len(deals)].pk, "channel": "email",
            "direction": ("outbound", "inbound")[number % 3 == 0],
            "occurred_at": (MONDAY_9 + number * MINUTE).isoformat(),
            "source": "zapier", "external_id": str(number),
        }
        for number in range(KEYS)
    ]  # fmt: skip


def post(url: str, secret: str, said: Any, **headers: str) -> tuple[int, Any]:
    told = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, json.dumps(said).encode(), told)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def at_once(count: int, url: str, secret: str, bodies: list[Any]) -> list[tuple[int, Any]]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda body: post(url, secret, body), bodies))


def check_parallel_posts(posts: int, ines: User, url: str) -> None:
    """Post the same keys many times at once, each time in another order."""
    deals = [make_deal(ines) for _ in range(7)]
    items = items_of(deals)
    bodies = [{"items": items[shift:] + items[:shift]} for shift in range(posts)]
    secret = program(ines, "touches").secret

    answers = at_once(posts, f"{url}/api/v1/touches/batch", secret, bodies)

    created = sum(said.get("created", 0) for _, said in answers)
    assert Counter(status for status, _ in answers) == {200: posts}
    assert (created, Touch.objects.count()) == (KEYS, KEYS)
    assert Touch.objects.values("source", "external_id").distinct().count() == KEYS
    assert Silence.objects.open().count() == len(deals)
    assert rebuilding.check(timezone.now).differing == []


@pytest.mark.django_db(transaction=True)
def test_eight_posts_of_the_same_200_keys_at_once_give_200_rows(
    ines: User, live_server: Any
) -> None:
    check_parallel_posts(8, ines, live_server.url)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_fifty_posts_of_the_same_200_keys_at_once_give_200_rows(
    ines: User, live_server: Any
) -> None:
    check_parallel_posts(50, ines, live_server.url)


@pytest.mark.django_db(transaction=True)
def test_the_same_keys_for_different_deals_at_once_are_each_one_row(
    ines: User, live_server: Any
) -> None:
    """Two that name different deals hold different locks, and meet at the key alone."""
    deals = [make_deal(ines) for _ in range(6)]
    bodies = [{"items": items_of([deal])[:20]} for deal in deals]
    secret = program(ines, "touches").secret

    answers = at_once(6, f"{live_server.url}/api/v1/touches/batch", secret, bodies)

    assert Counter(status for status, _ in answers) == {200: 6}
    assert (sum(said["created"] for _, said in answers), Touch.objects.count()) == (20, 20)
    assert rebuilding.check(timezone.now).differing == []


@pytest.mark.django_db(transaction=True)
def test_the_same_call_many_times_at_once_is_done_once(ines: User, live_server: Any) -> None:
    said = {"deal": make_deal(ines).pk, "channel": "phone", "direction": "two_way"}
    secret, url = program(ines, "touches").secret, f"{live_server.url}/api/v1/touches"

    with ThreadPoolExecutor(6) as pool:
        calls = pool.map(lambda _: post(url, secret, said, **{"Idempotency-Key": "k"}), range(6))
        statuses = {status for status, _ in calls}

    assert statuses <= {201, 409}
    assert 201 in statuses
    assert (Touch.objects.count(), AnsweredCall.objects.get().status) == (1, 201)
