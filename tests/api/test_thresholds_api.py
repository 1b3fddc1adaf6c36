"""Thresholds over the API: read by those who lead, tried and changed by admins."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from deals import thresholds
from deals.models import Rejudging, Stage, Threshold
from outreach import sweeping
from tests.calling import Program, program
from tests.cast import Cast, Story, day, make_deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(cast: Cast) -> Stage:
    """Demo, dark after a week; two deals wait in it for years, and one has been answered."""
    for answered in (None, None, 9):
        story = Story(make_deal(cast.ines, "Demo"))
        story.we_write(day(0, 10))
        if answered:
            story.they_write(day(answered, 10))
    sweeping.run(timezone.now())
    return Stage.objects.get(name="Demo")


@pytest.fixture
def ada_calls(cast: Cast) -> Program:
    return program(cast.ada, "admin")


def test_whoever_leads_reads_the_versions_and_others_find_none(cast: Cast, demo: Stage) -> None:
    read = program(cast.maud, "read").get(f"/stages/{demo.pk}/thresholds").said["items"]

    assert [(each["dark_after"], each["spacing"], each["rejudging"]) for each in read] == [
        ("1w", ["2wd", "3wd", "5wd", "7wd"], None)
    ]
    assert program(cast.maud, "read").get(f"/thresholds/{read[0]['id']}").said == read[0]
    for path in (f"/stages/{demo.pk}/thresholds", f"/stages/{demo.pk}/threshold", "/thresholds/1"):
        assert program(cast.ines, "read").get(path).status == 404


def test_trying_tells_the_effect_and_writes_nothing(demo: Stage, ada_calls: Program) -> None:
    said = {"dark_after": "999w", "months": 60}
    tried = ada_calls.post(f"/stages/{demo.pk}/thresholds/try", said).said

    counts = ("dark_before", "now_dark", "no_longer_dark", "suggestions_withdrawn")
    assert [tried[name] for name in counts] == [2, 0, 2, 2]
    current, would = tried["current"], tried["would"]
    assert (current["dark_after"], current["flags"], current["missed"]) == ("1w", 3, 0)
    assert (would["dark_after"], would["flags"], would["missed"]) == ("999w", 0, 2)
    anyway = current["would_have_answered_anyway"]
    assert (anyway["part"], anyway["whole"]) == (1, 3)
    assert tried["advice"]["dark_after"] is None
    assert demo.thresholds.count() == 1


def test_a_segment_is_tried_for_itself(demo: Stage, ada_calls: Program) -> None:
    said = {"dark_after": "1w", "months": 60, "segment": "b2b"}
    assert ada_calls.post(f"/stages/{demo.pk}/thresholds/try", said).said["would"]["flags"] == 0


def test_changing_keeps_what_is_not_said_and_happens_once(
    cast: Cast, demo: Stage, ada_calls: Program
) -> None:
    said = {"dark_after": "3w", "note": "Spring is slow"}
    key = {"Idempotency-Key": str(uuid.uuid4())}

    first, again = (
        ada_calls.call("POST", f"/stages/{demo.pk}/thresholds", said, key) for _ in range(2)
    )

    assert (first.status, again.status, again.said) == (201, 201, first.said)
    assert ada_calls.get(first.headers["Location"].removeprefix("/api/v1")).said == first.said
    version = demo.thresholds.last()
    assert (version.dark_after, version.attempts, version.created_by) == ("3w", 5, cast.ada)
    assert (demo.thresholds.count(), version.note) == (2, "Spring is slow")


def test_a_change_of_what_has_changed_meanwhile_is_refused(demo: Stage, ada_calls: Program) -> None:
    tag = ada_calls.get(f"/stages/{demo.pk}/threshold").headers["ETag"]
    thresholds.change_span(demo, "2w", now=timezone.now())

    refused = ada_calls.post(f"/stages/{demo.pk}/thresholds", {"dark_after": "3w"}, If_Match=tag)

    assert (refused.status, demo.thresholds.count()) == (412, 2)


def test_the_past_is_judged_anew_when_asked(
    demo: Stage, ada_calls: Program, django_capture_on_commit_callbacks: Any
) -> None:
    said = {"dark_after": "10d", "retroactive": True}
    with django_capture_on_commit_callbacks() as queued:
        made = ada_calls.post(f"/stages/{demo.pk}/thresholds", said).said

    assert made["counts_from"] is None
    assert made["rejudging"] == {"deals_done": 0, "deals_total": 3, "finished_at": None}
    assert (Rejudging.objects.count(), len(queued)) == (1, 1)


def test_returning_makes_a_new_version(demo: Stage, ada_calls: Program) -> None:
    first = demo.thresholds.get()
    assert ada_calls.post(f"/thresholds/{first.pk}/restore").status == 422
    thresholds.change_span(demo, "2w", now=timezone.now())

    made = ada_calls.post(f"/thresholds/{first.pk}/restore")

    assert (made.status, made.said["dark_after"], demo.thresholds.count()) == (201, "1w", 3)
    assert made.said["note"].startswith("Back to the version of ")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"dark_after": "soon"}, "dark_after"),
        ({"dark_after": "3w", "attempts": 0}, "attempts"),
        ({"dark_after": "3w", "spacing": ["1wd", "x"]}, "spacing"),
        ({"dark_after": "3w", "reply_within": "0d"}, "reply_within"),
        ({"dark_after": "3w", "on_entry": "nobody"}, "on_entry"),
        ({"dark_after": "3w", "colour": "red"}, "colour"),
        ({}, "dark_after"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(
    demo: Stage, ada_calls: Program, said: dict[str, Any], field: str
) -> None:
    answer = ada_calls.post(f"/stages/{demo.pk}/thresholds", said)

    assert (answer.status, answer.fields, Threshold.objects.filter(stage=demo).count()) == (
        422, [field], 1,
    )  # fmt: skip
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_is_in_force_already_is_a_conflict(demo: Stage, ada_calls: Program) -> None:
    assert ada_calls.post(f"/stages/{demo.pk}/thresholds", {"dark_after": "1w"}).status == 409
    tried = ada_calls.post(f"/stages/{demo.pk}/thresholds/try", {"dark_after": "soon"})
    assert (tried.status, tried.said["detail"][:6]) == (422, "“soon”")


@pytest.mark.parametrize(
    "path", ["/stages/1/thresholds", "/stages/1/thresholds/try", "/thresholds/1/restore"]
)
def test_only_a_token_for_admins_changes_and_tries(cast: Cast, path: str) -> None:
    for person in (cast.ada, cast.maud):
        answer = program(person).post(path, {"dark_after": "3w"})
        assert (answer.status, "“admin”" in answer.said["detail"]) == (403, True)
