"""What beat learns once a day, and that what is queued is ranked by it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from deals.models import Silence, Stage
from outreach import chances, learning, sweeping, tasks
from outreach.models import ChannelRate, StageChance, Suggestion
from tests.cast import Story, day, make_contact, make_deal

NOW = day(30)


def dark(owner: User, **fields: Any) -> Story:
    told = Story(make_deal(owner, "Demo", **fields))
    told.we_write(day(0))
    return told


def ranks() -> list[Decimal]:
    return list(Suggestion.objects.order_by("deal").values_list("rank", flat=True))


@pytest.fixture
def queued(ines: User) -> Story:
    told = dark(ines, amount=Decimal(1000))
    sweeping.run(NOW)
    return told


def test_a_suggestion_keeps_what_its_rank_was_multiplied_from(queued: Story) -> None:
    suggestion = Suggestion.objects.get()
    assert suggestion.rank == Decimal("25.00")  # 1000 × 25 % for Demo × 10 in 100
    assert suggestion.rank_parts == {
        "amount": "1000.00", "currency": "EUR", "is_typical": False, "stage": "Demo",
        "stage_chance": 25, "share": 0.1, "is_assumed": True, "waiting": 1.0,
    }  # fmt: skip


def test_what_is_queued_is_ranked_anew_by_what_was_learned(queued: Story) -> None:
    learning.learn(NOW)
    row = StageChance.objects.get(stage=queued.deal.stage_id)
    row.ages = [[0, 50, 0.4, 0.3, 0.5]]
    row.save()
    learning.rank_anew(NOW)
    assert ranks() == [Decimal("100.00")]
    assert Suggestion.objects.get().rank_parts["share"] == 0.4


def test_with_the_ranks_the_first_of_a_contacts_deals_changes(ines: User) -> None:
    contact = make_contact()
    small = dark(ines, contact=contact, amount=Decimal(100))
    large = dark(ines, contact=contact, amount=Decimal(900))
    sweeping.run(NOW)
    first = Suggestion.objects.get(deal=large.deal)
    assert Suggestion.objects.get(deal=small.deal).after == first
    small.deal.amount = Decimal(5000)
    small.deal.save()
    learning.learn(NOW)
    assert Suggestion.objects.get(deal=small.deal).after is None
    assert Suggestion.objects.get(deal=large.deal).after.deal == small.deal


def test_a_day_of_learning_is_done_once(queued: Story) -> None:
    learning.learn(NOW)
    Suggestion.objects.update(rank=0)
    learning.learn(NOW + timedelta(hours=23))
    assert ranks() == [0]
    learning.learn(NOW + timedelta(hours=24))
    assert ranks() == [Decimal("25.00")]


def test_an_import_of_history_is_learned_from_within_the_hour(queued: Story) -> None:
    learning.learn(NOW)
    like = queued.silence
    Silence.objects.bulk_create(
        Silence(
            deal=queued.deal, by="them", opening=f"imported {number}", started_at=day(0),
            ended_at=day(1), ending="replied", stage=like.stage, calendar=like.calendar,
            clock_from=day(0),
        )
        for number in range(40)
    )  # fmt: skip
    later = NOW + timedelta(hours=1)
    assert chances.are_due(later)
    learning.learn(later)
    assert StageChance.objects.get(stage=like.stage).silences == 41
    assert StageChance.objects.exclude(stage=like.stage).filter(learned_at=later).count() == 0


def test_the_number_of_queries_does_not_grow_with_what_is_queued(
    ines: User, django_assert_num_queries: Any
) -> None:
    counts = []
    for owned in (1, 2):
        for _ in range(owned):
            dark(ines)
        sweeping.run(NOW)
        Suggestion.objects.update(rank=0)
        with django_assert_num_queries(9):
            learning.rank_anew(NOW)
        counts.append(Suggestion.objects.count())
    assert counts == [1, 3]


def test_the_task_learns_once_a_day_however_often_beat_asks(ines: User) -> None:
    dark(ines)
    tasks.learn()
    once = list(StageChance.objects.values_list("stage", "learned_at"))
    assert len(once) == Stage.objects.count()
    assert ChannelRate.objects.exists()
    tasks.learn()
    assert list(StageChance.objects.values_list("stage", "learned_at")) == once


def test_one_may_ask_for_it_at_any_time(ines: User, capsys: pytest.CaptureFixture[str]) -> None:
    dark(ines)
    tasks.learn()
    before = timezone.now()
    call_command("learn")
    assert capsys.readouterr().out.startswith("Learned from 1 silences in ")
    assert not StageChance.objects.filter(learned_at__lt=before).exists()
