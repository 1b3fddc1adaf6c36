"""Several sweepers, and replies that arrive while they sweep, on a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import User
from deals import conversation, replay, sweep
from deals.models import DarkSpell, Deal, Direction, Silence, Touch
from tests.cast import Story, day, make_deal

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def in_threads(*jobs: Callable[[], list[int]]) -> list[list[int]]:
    """Run jobs at the same time, each on a connection of its own."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], list[int]]) -> list[int]:
        start.wait()
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def sweep_all() -> list[int]:
    marked: list[int] = []
    while True:
        with transaction.atomic():
            batch = sweep.mark_batch(day(8), limit=5)
        if not batch:
            return marked
        marked += batch


def silent_deals(owner: User, count: int) -> list[Deal]:
    deals = [make_deal(owner, "Demo") for _ in range(count)]
    for deal in deals:
        Story(deal).we_write(day(0, 10))
    return deals


def test_two_sweepers_mark_each_silence_once(ines: User) -> None:
    silent_deals(ines, 30)
    first, second = in_threads(sweep_all, sweep_all)
    marked = [*first, *second, *sweep_all()]
    assert sorted(marked) == sorted(Silence.objects.by_them().values_list("pk", flat=True))
    assert DarkSpell.objects.count() == 30


def test_replies_during_a_sweep_leave_every_row_as_a_replay_would(ines: User) -> None:
    deals = silent_deals(ines, 20)

    def reply() -> list[int]:
        for deal in reversed(deals):
            touch = Touch(
                direction=Direction.INBOUND, channel="email", occurred_at=day(7, 22),
                source="test", external_id=str(deal.pk),
            )  # fmt: skip
            conversation.record(deal, touch, now=day(8))
        return []

    in_threads(sweep_all, reply, sweep_all)
    assert not Silence.objects.open().by_them().exists()
    assert replay.compare([deal.pk for deal in deals], day(8)).differing == set()
    ends = set(DarkSpell.objects.values_list("started_at", "ended_at"))
    assert ends == {(day(7, 10), day(7, 22))}


def test_the_same_touch_through_many_doors_at_once_is_one_row(ines: User) -> None:
    [deal] = silent_deals(ines, 1)

    def arrive() -> list[int]:
        touch = Touch(
            direction=Direction.INBOUND, channel="email", occurred_at=day(2),
            source="mail", external_id="the-same",
        )  # fmt: skip
        return [conversation.record(deal, touch, now=day(2)).touch.pk]

    arrived = in_threads(*[arrive] * 8)
    assert len({pk for [pk] in arrived}) == 1
    assert Touch.objects.filter(source="mail").count() == 1
    assert Story(deal).silence.by == "us"
