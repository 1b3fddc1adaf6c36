"""Changing a stage's threshold: what it flags, from when it counts, and counting the past by it."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from deals import conversation, course, rebuilding, replay, thresholds
from deals.cutoffs import Cutoffs
from deals.models import Deal, Hold, Rejudging, Silence, Stage, Threshold, Turn
from deals.supposing import suppose
from deals.tasks import go_on
from deals.thresholds import Effect
from tests.cast import Story, day, make_deal, sweep_at
from tests.deals.test_history_properties import HISTORIES, MANY, STAGES, Step, at, tell
from tests.serving import PROJECT


def change(stage: Stage, dark_after: str, **fields: object) -> Threshold:
    said = {
        "on_entry": "unchanged",
        "reply_within": "1wd",
        "attempts": 5,
        "spacing": "2wd, 3wd",
        "now": day(10),
        **fields,
    }
    return thresholds.change(stage, dark_after=dark_after, **said)


@pytest.fixture
def stage(workspace: object) -> Stage:
    """Demo: dark after a week."""
    return Stage.objects.get(name="Demo")


@pytest.fixture
def waiting(ines: User) -> list[Story]:
    """Three deals in Demo that wait since the days 0, 4 and 8, and one elsewhere since day 0."""
    told = []
    for since, name in ((0, "Demo"), (4, "Demo"), (8, "Demo"), (0, "Discovery")):
        story = Story(make_deal(ines, name))
        story.we_write(day(since, 10))
        told.append(story)
    return told


@pytest.mark.parametrize(
    ("dark_after", "expected"),
    [
        ("1w", Effect(now_dark=0, no_longer_dark=0, dark_before=1)),
        ("5d", Effect(now_dark=1, no_longer_dark=0, dark_before=1)),
        ("24h", Effect(now_dark=2, no_longer_dark=0, dark_before=1)),
        ("30d", Effect(now_dark=0, no_longer_dark=1, dark_before=1)),
        ("4wh", Effect(now_dark=2, no_longer_dark=0, dark_before=1)),
    ],
)
def test_the_effect_of_a_threshold_is_known_before_it_is_saved(
    stage: Stage, waiting: list[Story], dark_after: str, expected: Effect
) -> None:
    assert thresholds.effect(stage, dark_after, day(10)) == expected
    assert expected.dark_after == expected.dark_before + expected.now_dark - expected.no_longer_dark


def test_held_deals_are_in_no_effect(stage: Stage, waiting: list[Story]) -> None:
    held = Hold(deal=waiting[0].deal, reason="pause", starts_at=day(5), ends_at=day(20))
    conversation.hold(held, now=day(5))
    assert thresholds.effect(stage, "24h", day(10)) == Effect(2, 0, 0)


def test_a_held_deal_that_came_through_other_stages_is_foreseen(
    stage: Stage, waiting: list[Story]
) -> None:
    deal = waiting[0].deal
    other = Stage.objects.exclude(pk=stage.pk).filter(pipeline=stage.pipeline).first()
    assert other is not None
    for number, to in enumerate((other, stage)):
        course.enter_stage(deal, to, turn=Turn.UNCHANGED, now=day(3, 10 + number))
    held = Hold(deal=deal, reason="pause", starts_at=day(5), ends_at=day(20))
    conversation.hold(held, now=day(5))
    assert thresholds.effect(stage, "24h", day(10)) == Effect(2, 0, 0)


def test_asking_for_an_effect_writes_nothing(stage: Stage, waiting: list[Story]) -> None:
    thresholds.effect(stage, "24h", day(10))
    assert stage.thresholds.count() == 1


def test_a_new_version_counts_from_now_and_rewrites_no_silence(
    stage: Stage, waiting: list[Story], ada: User
) -> None:
    sweep_at(day(9))
    version = change(stage, " 30d ", user=ada, note="Spring is slow")
    assert (version.counts_from, version.created_by, version.dark_after) == (day(10), ada, "30d")
    assert Rejudging.objects.count() == 0
    assert waiting[0].spells == [(day(7, 10), None)]
    sweep_at(day(11))
    assert waiting[0].spells == [(day(7, 10), day(10))]


def test_a_retroactive_version_judges_the_past_anew(stage: Stage, waiting: list[Story]) -> None:
    waiting[0].they_write(day(9))
    assert waiting[0].spells == [(day(7, 10), day(9))]

    version = change(stage, "24h", retroactive=True)
    heard: list[tuple[int, int]] = []
    thresholds.rejudge(
        version.rejudging, lambda: day(10), lambda done, total: heard.append((done, total))
    )

    assert waiting[0].spells == [(day(1, 10), day(9))]
    assert heard == [(3, 3)]
    assert (version.rejudging.finished_at, version.rejudging.share) == (day(10), 1.0)


def test_a_rejudging_that_was_stopped_goes_on_where_it_was(
    stage: Stage, waiting: list[Story]
) -> None:
    for story in waiting[:3]:
        story.they_write(day(9))
    version = change(stage, "24h", retroactive=True)
    pk = version.rejudging.pk
    assert thresholds.rejudge_batch(pk, day(10), limit=2)
    version.rejudging.refresh_from_db()
    assert (version.rejudging.deals_done, version.rejudging.share) == (2, 2 / 3)
    assert thresholds.rejudge_batch(pk, day(10), limit=2)
    assert not thresholds.rejudge_batch(pk, day(10), limit=2)
    assert not thresholds.rejudge_batch(pk, day(11), limit=2)
    version.rejudging.refresh_from_db()
    assert (version.rejudging.deals_done, version.rejudging.finished_at) == (3, day(10))
    ids = Deal.objects.values_list("pk", flat=True)
    assert replay.compare(ids, day(10)).differing == set()


def test_a_deal_that_left_the_stage_is_judged_anew_too(stage: Stage, ines: User) -> None:
    from deals import course
    from deals.models import Turn

    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    discovery = Stage.objects.get(name="Discovery")
    course.enter_stage(story.deal, discovery, turn=Turn.UNCHANGED, now=day(3))
    assert story.spells == []
    thresholds.rejudge(change(stage, "24h", retroactive=True).rejudging, lambda: day(10))
    sweep_at(day(10))
    assert story.spells == [(day(1, 10), day(3))]


def test_a_newer_retroactive_version_does_the_work_of_an_older_one(
    stage: Stage, waiting: list[Story]
) -> None:
    older = change(stage, "24h", retroactive=True).rejudging
    assert thresholds.rejudge_batch(older.pk, day(10), limit=1)
    newer = change(stage, "48h", retroactive=True, now=day(10, 9, 5)).rejudging

    assert not thresholds.rejudge_batch(older.pk, day(11), limit=1)
    thresholds.rejudge(newer, lambda: day(11))

    assert list(Rejudging.objects.filter(finished_at=None)) == []
    assert rebuilding.check(lambda: day(11)).differing == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("moment", "done"), [("within", 0), ("between", 2)])
def test_a_worker_that_is_killed_leaves_the_rest_to_the_next(
    stage: Stage, waiting: list[Story], moment: str, done: int
) -> None:
    for story in waiting[:3]:
        story.they_write(day(9))
    pk = change(stage, "24h", retroactive=True).rejudging.pk
    words = [moment, connection.settings_dict["NAME"], str(pk), day(10).isoformat()]
    worker = [sys.executable, "-m", "tests.one_rejudging", *words]
    died_of = subprocess.run(worker, cwd=PROJECT, check=False).returncode
    assert died_of == -signal.SIGKILL
    assert Rejudging.objects.get(pk=pk).deals_done == done

    go_on()

    rejudging = Rejudging.objects.get(pk=pk)
    assert (rejudging.deals_done, rejudging.finished_at is None) == (3, False)
    assert rebuilding.check(lambda: day(10)).differing == []
    assert waiting[0].spells == [(day(1, 10), day(9))]


def test_what_is_left_to_judge_is_foretold_from_what_is_done(stage: Stage) -> None:
    rejudging = Rejudging(created_at=day(0), deals_total=40, deals_done=0)
    assert rejudging.left(day(0, 10)) is None
    rejudging.deals_done = 10
    assert rejudging.left(day(0, 10)) == timedelta(hours=3)


def test_returning_is_a_new_version_that_says_what_the_old_one_said(
    stage: Stage, waiting: list[Story], ada: User
) -> None:
    first = change(stage, "24h", attempts=9, now=day(9))
    change(stage, "48h", now=day(10))

    back = thresholds.restore(first, now=day(12), user=ada)

    assert [getattr(back, name) for name in thresholds.SAYS] == [
        getattr(first, name) for name in thresholds.SAYS
    ]
    assert (back.counts_from, back.created_by, stage.thresholds.count()) == (day(12), ada, 4)
    assert back.note == "Back to the version of 11 March 2026, 09:00."


def test_there_is_no_return_to_what_is_in_force(stage: Stage) -> None:
    [first] = stage.thresholds.all()
    with pytest.raises(ValidationError):
        thresholds.restore(first, now=day(12))


SPANS = st.sampled_from(["1h", "12h", "2d", "5d", "1w", "3w", "1wh", "4wh", "1wd", "3wd", "9wd"])


@pytest.mark.django_db
@settings(
    max_examples=max(MANY // 8, 1), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(told=st.lists(HISTORIES, min_size=1, max_size=4), was=SPANS, would=SPANS)
def test_what_is_foreseen_is_what_comes(
    ines: User, told: list[tuple[list[Step], list[Step]]], was: str, would: str
) -> None:
    stages = list(Stage.objects.filter(name__in=STAGES))
    for number, (touches, others) in enumerate(told):
        deal = make_deal(ines, STAGES[number])
        for place, step in sorted(enumerate([*touches, *others]), key=lambda each: each[1].hour):
            tell(deal, place, step, at(step.hour + step.late))
    now = at(20 * 24 + 5)
    for stage in stages:
        thresholds.change_span(stage, was, now=now - timedelta(days=1))
    dark = Silence.objects.by_them().order_by()
    for stage in stages:
        before = {*dark.filter(Cutoffs.at(now).dark(), stage=stage).values_list("pk", flat=True)}
        supposed = suppose(stage, would, now)
        said = [{*rows.values_list("pk", flat=True)} for rows in (
            supposed.before, supposed.now_dark, supposed.no_longer_dark
        )]  # fmt: skip
        thresholds.change_span(stage, would, now=now)
        after = {*dark.filter(Cutoffs.at(now).dark(), stage=stage).values_list("pk", flat=True)}
        assert said == [before, after - before, before - after]


def test_the_first_version_counts_from_the_beginning(stage: Stage) -> None:
    fresh = Stage.objects.create(pipeline=stage.pipeline, name="Pilot", position=9)
    assert change(fresh, "3w").counts_from is None


@pytest.mark.parametrize(
    "fields",
    [
        {"reply_within": "soon"},
        {"on_entry": "nobody"},
        {"attempts": 0},
        {"spacing": "1wd; 2wd"},
    ],
)
def test_what_cannot_be_is_refused(stage: Stage, fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        change(stage, "1w", **fields)
    assert stage.thresholds.count() == 1


def test_an_effect_needs_a_span_of_time(stage: Stage) -> None:
    with pytest.raises(ValidationError):
        thresholds.effect(stage, "0d", day(10))
