"""SILENCE.md, "History": whatever is corrected, deleted or told again, the rows equal a replay."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from accounts.models import User
from deals import conversation, people
from deals.models import Direction, Hold, Touch, Turn
from deals.replay import compare
from tests.cast import MONDAY_9, Story, day, make_contact, make_deal, sweep_at


def change_something(dice: random.Random, stories: list[Story], number: int, hour: int) -> None:
    """Let one thing be written, corrected, deleted, restored, told again, held or handed over."""
    now = MONDAY_9 + timedelta(hours=hour)
    story = dice.choice(stories)
    touches = list(Touch.objects.order_by("pk"))
    kind = dice.choice(["touch"] * 4 + ["correct", "delete", "again", "absence", "primary"])
    if kind == "touch" or not touches:
        touch = Touch(
            direction=dice.choice(Direction.values), channel="email", source="test",
            external_id=str(number), turn=dice.choice(["", "", *Turn.values]),
            occurred_at=now - timedelta(hours=dice.randrange(hour + 1)),
        )  # fmt: skip
        is_promise = dice.random() < 0.3
        promised = touch.occurred_at + timedelta(hours=dice.randrange(1, 400))
        conversation.record(
            story.deal, touch, now=now, promised_at=promised if is_promise else None
        )
        return
    known = dice.choice(touches)
    at = now - timedelta(hours=dice.randrange(hour + 1))
    if kind == "correct":
        changes = dice.choice(
            [
                {"occurred_at": at},
                {"direction": dice.choice(Direction.values)},
                {"is_delivered": False, "is_heard": False},
                {"deal": story.deal},
                {"contact": story.deal.contact},
            ]
        )
        conversation.correct(known, now=now, **changes)
    elif kind == "delete":
        change = conversation.restore if known.deleted_at else conversation.delete
        change(known, now=now)
    elif kind == "again":
        told = Touch(
            direction=dice.choice(Direction.values), channel="email", source="test",
            external_id=known.external_id, occurred_at=at,
        )  # fmt: skip
        conversation.record(story.deal, told, now=now)
    elif kind == "absence":
        until = None if dice.random() < 0.5 else at + timedelta(hours=dice.randrange(1, 300))
        note = Hold(contact=story.deal.contact, reason="absence", starts_at=at, ends_at=until)
        conversation.hold(note, now=now)
    else:
        people.make_primary(story.deal, dice.choice(stories).deal.contact, now=now)
        story.deal.refresh_from_db()


@pytest.mark.parametrize("seed", range(6))
def test_the_rows_equal_a_replay_after_any_change_to_any_deal(ines: User, seed: int) -> None:
    dice = random.Random(seed)
    stories = [Story(make_deal(ines, "Demo", contact=make_contact())) for _ in range(3)]
    hour = 0
    for number in range(25):
        hour += dice.randrange(1, 40)
        change_something(dice, stories, number, hour)
        now = MONDAY_9 + timedelta(hours=hour)
        if dice.random() < 0.3:
            sweep_at(now)
        assert compare([story.deal.pk for story in stories], now).differing == set()
    sweep_at(day(200))
    assert compare([story.deal.pk for story in stories], day(200)).differing == set()
