"""Evidence in sentences: plural-safe, dates in words, nothing that goes stale."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from deals.models import Direction
from outreach import evidence
from outreach.answers import Answers, Told, answers_of

SINCE, TODAY = date(2025, 11, 12), date(2025, 11, 20)
IN, OUT, BOTH = Direction.INBOUND, Direction.OUTBOUND, Direction.TWO_WAY


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        (["email"], "One e-mail since 12 November went unanswered."),
        (["email", "email"], "Two e-mails since 12 November went unanswered."),
        (
            ["phone", "email", "email", "sms"],
            "Two e-mails, one call and one text message since 12 November went unanswered.",
        ),
        (["letter"] * 13, "13 letters since 12 November went unanswered."),
        ([], "It has been their move since 12 November."),
    ],
)
def test_what_went_unanswered_is_counted_by_channel(channels: list[str], sentence: str) -> None:
    assert evidence.say_unanswered(channels, SINCE, TODAY) == sentence


def test_answers_are_said_the_best_channel_first_and_not_where_there_are_none() -> None:
    known = {"email": (1, 5), "phone": (2, 3), "sms": (0, 0)}
    assert evidence.say_answers(known) == "Answered 2 of 3 calls, 1 of 5 e-mails."
    assert evidence.say_answers({"phone": (1, 1)}) == "Answered 1 of 1 call."
    assert evidence.say_answers({"email": (0, 5)}) == ""


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "1 hour"), (1, "1 hour"), (35, "35 hours"), (36, "2 days")]
)
def test_lengths_are_said_about(hours: int, said: str) -> None:
    assert evidence.say_length(timedelta(hours=hours)) == said


def test_a_day_of_another_year_has_its_year() -> None:
    assert evidence.say_day(date(2024, 3, 2), TODAY) == "2 March 2024"


def test_an_answer_counts_on_the_channel_that_it_came_by() -> None:
    touches = [
        ("email", OUT), ("email", OUT), ("email", IN), ("phone", OUT), ("phone", BOTH),
        ("email", OUT), ("chat", IN), ("email", IN),
    ]  # fmt: skip
    assert answers_of(Told(*touch) for touch in touches) == {
        "email": Answers(tried=3, answered=2),
        "phone": Answers(tried=2, answered=1),
        "chat": Answers(unasked=1),
    }
