"""Why they may be silent: a guess that shows its reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from outreach.diagnosis import Reason, Signs, diagnose, say

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def signs(**fields: object) -> Signs:
    return Signs(**{"today": date(2025, 11, 20), "patience": 3 * DAY, **fields})


@pytest.mark.parametrize(
    ("known", "reason", "because"),
    [
        (
            {"away_until": date(2025, 11, 18)},
            Reason.BUSY,
            "They were out of office until 18 November.",
        ),
        (
            {"has_dead_address": True},
            Reason.HARD_TO_REACH,
            "An address of theirs does not work.",
        ),
        (
            {"promised_on": date(2024, 12, 3)},
            Reason.CANNOT_COMMIT_YET,
            "They named 3 December 2024 to come back to us.",
        ),
        (
            {"replies": (5 * DAY, 6 * DAY, 9 * DAY)},
            Reason.HARD_TO_REACH,
            "They usually take 6 days to reply: longer than this stage waits.",
        ),
        (
            {"replies": (HOUR, 2 * HOUR, 9 * HOUR), "attempts": 4},
            Reason.LOST_INTEREST,
            "They usually replied within 2 hours, but not to the last four attempts.",
        ),
        (
            {"replies": (HOUR, HOUR, HOUR), "is_late_stage": True},
            Reason.CANNOT_COMMIT_YET,
            "They usually reply within a day, and this stage is close to a decision.",
        ),
        (
            {"was_heard": False},
            Reason.LOW_PRIORITY,
            "They have not been heard on this deal so far.",
        ),
        ({}, Reason.UNKNOWN, ""),
    ],
)
def test_each_reason_has_its_sign(known: dict[str, object], reason: Reason, because: str) -> None:
    assert diagnose(signs(**known)) == (reason, because)


def test_two_replies_are_no_habit() -> None:
    assert diagnose(signs(replies=(9 * DAY, 9 * DAY))).reason == Reason.UNKNOWN


def test_a_reason_is_said_with_why_and_an_unknown_one_not_at_all() -> None:
    assert say(diagnose(signs(has_dead_address=True))) == (
        "Likely reason: hard to reach. An address of theirs does not work."
    )
    assert say(diagnose(signs())) == ""
