"""How many deals stood how at an instant, replayed from history as of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from deals import histories, silence, standing
from deals.events import History, Stretch
from deals.models import Deal
from deals.policies import Rulebook
from deals.standing import State

CHUNK = 500


@dataclass
class States:
    """The counts of `manage.py states`; `dimming` is part of `waiting`."""

    ours: int = 0
    waiting: int = 0
    dimming: int = 0
    dark: int = 0
    closed: int = 0
    dark_amount: Decimal = Decimal(0)


def states(at: datetime) -> States:
    """Count the deals by how they stood at an instant; what came later does not count.

    `dark_amount` adds the amounts as they are, whatever their currency.
    Source: docs/architecture.md, "What others rely on".
    """
    counts = States()
    rulebook = Rulebook.load()
    for ids in _chunks():
        amounts = dict(Deal.objects.filter(pk__in=ids).values_list("pk", "amount"))
        for pk, history in histories.load(ids, rulebook).items():
            _count(history, amounts[pk] or Decimal(0), at, counts)
    return counts


def _chunks() -> Iterator[list[int]]:
    last = 0
    deals = Deal.objects.order_by("pk").values_list("pk", flat=True)
    while ids := list(deals.filter(pk__gt=last)[:CHUNK]):
        yield ids
        last = ids[-1]


def _count(history: History, amount: Decimal, at: datetime, counts: States) -> None:
    replayed = silence.replay(history, at)
    if replayed.silences and replayed.silences[0].started_at > at:
        return  # not opened yet
    current = replayed.open_silence
    if current is None:
        counts.closed += 1
    elif current.by != "them":
        counts.ours += 1
    else:
        state = state_of(current, history, at)
        counts.dark += state == State.DARK
        counts.waiting += state != State.DARK
        counts.dimming += state == State.DIMMING
        counts.dark_amount += amount if state == State.DARK else 0


def state_of(stretch: Stretch, history: History, at: datetime) -> State:
    """Return how an open silence stood at an instant."""
    policy = history.policy(stretch.by, stretch.stage, at)
    return standing.judge(
        stretch.by,
        stretch.started_at,
        now=at,
        policy=policy,
        holds=standing.clipped(history.holds, stretch.started_at),
        promised_at=stretch.promised_at,
    ).state
