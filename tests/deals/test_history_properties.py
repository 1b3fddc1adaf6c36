"""Whatever order a history arrives in, the rows say what a replay from nothing says."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from deals import conversation, course, people, replay
from deals.models import Deal, Direction, Hold, Outcome, Silence, Stage, Touch, Turn
from tests.cast import MONDAY_9, make_contact, make_deal, sweep_at

STAGES = ["Discovery", "Demo", "Proposal", "Negotiation"]
HOURS = st.integers(0, 40 * 24)
MANY = int(os.environ.get("LAMPLIGHTER_EXAMPLES", "60"))
END = MONDAY_9 + timedelta(days=60)
ARRIVAL = st.integers(0, 19 * 24)


def at(hours: int) -> datetime:
    return MONDAY_9 + timedelta(hours=hours)


@dataclass(frozen=True)
class Step:
    """One thing that happened at an hour, and how many hours later we learned of it."""

    kind: str
    hour: int
    late: int
    what: tuple[Any, ...] = ()

    @property
    def arrives(self) -> datetime:
        return at(self.hour + self.late)


def steps(
    kind: str, *what: st.SearchStrategy[Any], hours: st.SearchStrategy[int] = HOURS
) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.just(kind), hours, ARRIVAL, st.tuples(*what))


TOUCHES = steps(
    "touch",
    st.sampled_from(Direction.values),
    st.sampled_from(["", "", "", *Turn.values]),
    st.booleans(),
)
# Rows made by hand are told apart at one instant by random ids, so none shares an instant here;
# the deal's first stage entry is at hour 0.
OTHERS = st.one_of(
    steps(
        "stage",
        st.sampled_from(STAGES),
        st.sampled_from(["theirs", "ours", "unchanged"]),
        hours=st.integers(1, 40 * 24),
    ),
    steps("hold", st.integers(1, 300)),
    steps("absence", st.one_of(st.none(), st.integers(1, 300))),
    steps("promise", st.integers(1, 300)),
    steps("close", st.sampled_from(["won", "lost", "archived"])),
    steps("let_go", st.sampled_from(["resting", "lost"])),
    steps("reopen"),
    steps("opt_out"),
)
HISTORIES = st.tuples(
    st.lists(TOUCHES, max_size=9),
    st.lists(OTHERS, max_size=5, unique_by=lambda step: step.hour),
)


def tell(deal: Deal, number: int, step: Step, now: datetime) -> None:
    """Pass one step through the door that a page or an import would use."""
    when, name = at(step.hour), f"{deal.pk}-{number}"
    doors: dict[str, Callable[..., Any]] = {
        "touch": lambda direction, turn, counts: conversation.record(
            deal,
            Touch(
                direction=direction, channel="email", occurred_at=when, turn=turn,
                is_heard=counts, is_delivered=counts, source="test", external_id=name,
            ),
            now=now,
        ),
        "stage": lambda stage, turn: course.enter_stage(
            deal, Stage.objects.get(name=stage), turn=Turn(turn), at=when, now=now
        ),
        "hold": lambda hours: conversation.hold(
            Hold(deal=deal, reason="pause", starts_at=when, ends_at=at(step.hour + hours)), now=now
        ),
        "absence": lambda hours: conversation.hold(
            Hold(
                contact=deal.contact, reason="absence", starts_at=when,
                ends_at=None if hours is None else at(step.hour + hours),
            ),
            now=now,
        ),
        "promise": lambda hours: conversation.promise(
            deal, made_at=when, due_at=at(step.hour + hours), now=now
        ),
        "close": lambda outcome: course.close(deal, Outcome(outcome), at=when, now=now),
        "let_go": lambda outcome: course.let_go(deal, outcome=Outcome(outcome), at=when, now=now),
        "reopen": lambda: course.reopen(deal, at=when, now=now),
        "opt_out": lambda: people.opt_out(deal.contact, at=when, now=now),
    }  # fmt: skip
    doors[step.kind](*step.what)


def rows(deal: Deal) -> list[tuple[Any, ...]]:
    """Return all that a deal's rows say of its silences, but for ids and what was recorded when."""
    told = Silence.objects.filter(deal=deal).order_by("started_at", "ended_at", "by")
    names = [name for name in replay.SILENCE_FIELDS if name != "opening"]
    return [
        (
            *(getattr(row, name) for name in names),
            sorted(row.spells.values_list("started_at", "ended_at", "stage"), key=str),
        )
        for row in told
    ]


@pytest.mark.django_db
@settings(
    max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=HISTORIES, sweeps=st.lists(HOURS, max_size=4), twice=st.booleans())
def test_any_order_of_arrival_gives_the_rows_of_a_replay_from_nothing(
    ines: User, history: tuple[list[Step], list[Step]], sweeps: list[int], twice: bool
) -> None:
    events = list(enumerate([*history[0], *history[1]]))
    messy = make_deal(ines, contact=make_contact())
    beats = [(at(hour), None, None) for hour in sweeps]
    arrivals = [(step.arrives, number, step) for number, step in events]
    for now, number, step in sorted([*arrivals, *beats], key=lambda arrival: arrival[0]):
        if step is None:
            sweep_at(now)
        else:
            tell(messy, number, step, now)
    if twice:
        for number, step in reversed(events):
            if step.kind == "touch":
                tell(messy, number, step, END)
    tidy = make_deal(ines, contact=make_contact())
    for number, step in sorted(events, key=lambda event: event[1].hour):
        tell(tidy, number, step, END)
    sweep_at(END)
    assert rows(messy) == rows(tidy)
    assert Silence.objects.open().filter(deal=messy).count() == is_open(messy)
    assert replay.compare([messy.pk, tidy.pk], END).differing == set()


def is_open(deal: Deal) -> int:
    """One open silence on an open deal, none on another."""
    deal.refresh_from_db()
    return int(deal.is_open)
