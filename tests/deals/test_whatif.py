"""What a threshold would have done is what setting it for the past too does, silence by silence."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from deals import calendars, conversation, histories, silence, thresholds
from deals.darkness import Interval, elapsed, merged
from deals.events import Spell, Stretch
from deals.histories import History
from deals.instants import to_instant
from deals.models import (
    By,
    DarkSpell,
    Deal,
    Ending,
    Hold,
    Silence,
    Stage,
    Threshold,
    WorkCalendar,
)
from deals.policies import Rulebook, Versions
from deals.segments import Segment
from deals.shares import Share
from deals.spans import Span
from deals.whatif import MONTH, WhatIf, Would
from tests.cast import Story, day, make_company, make_contact, make_deal, sweep_at
from tests.deals.test_history_properties import END, HISTORIES, MANY, STAGES, Step, at, tell
from tests.deals.test_real_data_import import loan_offers, run  # noqa: F401

Loaded = tuple[Rulebook, dict[int, History], dict[tuple[int, str], int]]
Flag = tuple[int, datetime, bool, bool]
SPANS = [f"{count}{unit}" for unit in ("h", "d", "wh", "wd") for count in range(1, 30)] + [
    "1w",
    "5w",
]


def set_for_ever(stage: Stage, span: str, now: datetime) -> None:
    """Set a threshold for the past too, and bring every row in line with it."""
    version = thresholds.change_span(stage, span, now=now, retroactive=True)
    thresholds.rejudge(version.rejudging, lambda: now)
    sweep_at(now)


def spells_in(stage: Stage, now: datetime) -> list[tuple[int, datetime]]:
    """Return the spells by them that began in a stage: of which silence, and when."""
    rows = DarkSpell.objects.filter(stage=stage, silence__by=By.THEM, started_at__lte=now)
    return sorted(rows.values_list("silence_id", "started_at"))


def flagged(whatif: WhatIf, span: str) -> list[Flag]:
    """Return the same as it would have been, and what is known to have followed each."""
    flags = whatif.flags(Span.parse(span))
    ids = whatif.past.ids[flags.silence].tolist()
    at = map(to_instant, flags.at.tolist())
    followed = flags.in_time_again.tolist(), flags.is_known.tolist()
    return sorted(zip(ids, at, *followed, strict=True))


def everything(stage: Stage, now: datetime) -> WhatIf:
    return WhatIf.of(stage.pk, now, months=600)


@pytest.mark.django_db
@settings(
    max_examples=max(MANY // 8, 1), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    told=st.lists(HISTORIES, min_size=1, max_size=2),
    spans=st.lists(st.sampled_from(SPANS), min_size=20, max_size=20, unique=True),
    dice=st.randoms(use_true_random=False),
)
def test_what_would_have_been_is_what_a_replay_makes_of_it(
    ines: User, told: list[tuple[list[Step], list[Step]]], spans: list[str], dice: random.Random
) -> None:
    night_shift = WorkCalendar.objects.create(name=f"Nights {WorkCalendar.objects.count()}")
    hours = {str(weekday): [["20:00", "24:00"], ["00:00", "03:30"]] for weekday in (1, 3, 5)}
    calendars.new_version(night_shift, now=at(0), hours=hours, time_zone="Asia/Kolkata")
    for stage in Stage.objects.filter(name__in=STAGES):
        thresholds.change_span(stage, dice.choice(SPANS), now=at(dice.randrange(900)))
    for touches, others in told:
        deal = make_deal(ines, dice.choice(STAGES), contact=make_contact())
        if dice.random() < 0.5:
            calendars.assign(deal.contact, night_shift, now=at(dice.randrange(600)))
        for number, step in sorted(enumerate([*touches, *others]), key=lambda each: each[1].hour):
            tell(deal, number, step, END)
    sweep_at(END)
    loaded = load()
    for stage in Stage.objects.filter(name__in=STAGES):
        whatif = everything(stage, END)
        for span in spans:
            assert flagged(whatif, span) == replayed(stage, span, loaded, END)
    set_for_ever(stage, span, END)
    assert [flag[:2] for flag in flagged(whatif, span)] == spells_in(stage, END)


def load() -> Loaded:
    """Read every history, and which row is which silence."""
    rulebook = Rulebook.load()
    rows = Silence.objects.values_list("deal", "opening", "pk")
    ids = {(deal, opening): pk for deal, opening, pk in rows}
    return rulebook, histories.load(Deal.objects.values_list("pk", flat=True), rulebook), ids


def replayed(stage: Stage, span: str, loaded: Loaded, now: datetime) -> list[Flag]:
    """Return the spells that a replay from nothing begins in a stage, under a threshold from ever."""
    rulebook, told, ids = loaded
    known = rulebook.thresholds[stage.pk]
    rulebook.thresholds[stage.pk] = Versions([Threshold(stage=stage, dark_after=span)])
    found = []
    for deal, history in told.items():
        for stretch in silence.replay(history, now).silences:
            found += [
                (ids[deal, stretch.opening], spell.since, *followed(stretch, history, spell, now))
                for spell in stretch.spells
                if stretch.by == By.THEM and stretch.stage_at(spell.since) == stage.pk
            ]
    rulebook.thresholds[stage.pk] = known
    return sorted(found)


def followed(stretch: Stretch, history: History, spell: Spell, now: datetime) -> tuple[bool, bool]:
    """Return whether they were heard in as much time again, and whether that can be known."""
    policy = history.policy(stretch.by, stretch.stage_at(spell.since), spell.since)
    last = stretch.ended_at or now
    holds = merged(
        Interval(max(hold.since, stretch.started_at), min(hold.to, last)) for hold in history.holds
    )

    def age(at: datetime) -> timedelta:
        return elapsed(stretch.started_at, at, policy.clock, holds)

    until = age(spell.since) + policy.threshold
    heard = stretch.ended_at if stretch.ending == Ending.REPLIED else stretch.relit_at
    in_time = heard is not None and age(heard) <= until
    is_lost = stretch.ending == Ending.TURNED and age(last) < until and not in_time
    return in_time, age(now) >= until and not is_lost


@pytest.mark.django_db
def test_on_real_offers_it_is_what_a_replay_makes_of_every_stage(loan_offers: Path) -> None:  # noqa: F811
    run("import_crm", loan_offers, "--pipeline", "Loans")
    now = timezone.now().replace(microsecond=0)
    loaded, dice = load(), random.Random(2012)
    stages = list(Stage.objects.filter(pipeline__name="Loans"))
    counts = []
    for stage in stages:
        whatif = everything(stage, now)
        for span in dice.sample(SPANS, 20):
            said = flagged(whatif, span)
            assert said == replayed(stage, span, loaded, now)
            counts.append(len(said))
        set_for_ever(stage, span, now)
        assert [flag[:2] for flag in said] == spells_in(stage, now)
        loaded[0].thresholds[stage.pk] = Rulebook.load().thresholds[stage.pk]
    assert len(set(counts)) > 30


@pytest.fixture
def demo(workspace: object) -> Stage:
    """Demo: dark after a week, of calendar time."""
    return Stage.objects.get(name="Demo")


@pytest.fixture
def told(ines: User) -> list[Story]:
    """Silences of Demo since day 0, in calendar time: answered after 2, 9 and 13 days and never,
    and one since day 36 that is 4 days old now.
    """
    stories = []
    for since, answered in ((0, 2), (0, 9), (0, 13), (0, None), (36, None)):
        is_company = answered == 9
        company = make_company(f"Company {answered}") if is_company else None
        contact = make_contact(company=company)
        story = Story(make_deal(ines, "Demo", contact=contact, opened_at=day(since)))
        story.we_write(day(since, 10))
        if answered is not None:
            story.they_write(day(answered, 10))
        stories.append(story)
    return stories


NOW = day(40, 10)


def would(demo: Stage, span: str, segment: Segment | None = None) -> Would:
    return WhatIf.of(demo.pk, NOW).within(segment).would(Span.parse(span), Span.parse("7d"))


def test_a_flag_that_they_would_have_answered_anyway_is_a_false_alarm(
    demo: Stage, told: list[Story]
) -> None:
    week = would(demo, "7d")

    assert (week.flags, week.anyway) == (3, Share(2, 3))  # by day 14: after 9 and after 13 days
    assert (week.found, week.missed, week.later) == (1, 0, timedelta())


def test_what_became_of_a_flag_is_known_when_as_much_time_again_is_over(
    demo: Stage, told: list[Story]
) -> None:
    three = would(demo, "3d")

    assert (three.flags, three.anyway) == (4, Share(0, 3))  # one was flagged a day ago
    assert (three.found, three.missed, three.later) == (1, 0, -timedelta(days=4))


def test_the_truly_dark_are_found_later_or_never(demo: Stage, told: list[Story]) -> None:
    assert would(demo, "10d").later == timedelta(days=3)
    assert (would(demo, "50d").found, would(demo, "50d").missed) == (0, 1)
    assert would(demo, "50d").later is None


def test_flags_a_month_are_counted_over_what_there_was(demo: Stage, told: list[Story]) -> None:
    assert would(demo, "7d").a_month == pytest.approx(3 / (timedelta(days=40) / MONTH))


def test_a_segment_is_asked_of_its_own_silences_only(demo: Stage, told: list[Story]) -> None:
    assert would(demo, "7d", Segment.B2B).anyway == Share(1, 1)
    assert would(demo, "7d", Segment.B2C).anyway == Share(1, 2)
    assert would(demo, "7d", Segment.CUSTOMER).flags == 0


def test_working_time_goes_by_the_calendar_and_holds_are_left_out(
    demo: Stage, told: list[Story]
) -> None:
    pause = Hold(deal=told[3].deal, reason="pause", starts_at=day(0, 12), ends_at=day(3, 12))
    conversation.hold(pause, now=NOW)

    flags = WhatIf.of(demo.pk, NOW).flags(Span.parse("4wh"))
    at = sorted(to_instant(each) for each in flags.at.tolist())
    # Monday 10 to 14; the held one has two hours left on Thursday at noon; the last began on a Tuesday
    assert at == [day(0, 14)] * 3 + [day(3, 14), day(36, 14)]


def test_a_stage_without_silences_has_flagged_nobody(demo: Stage) -> None:
    nothing = would(demo, "1wd")
    assert (nothing.flags, nothing.anyway, nothing.later) == (0, Share(0, 0), None)


def test_no_more_is_read_for_more_silences(
    demo: Stage, told: list[Story], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(9):
        WhatIf.of(demo.pk, NOW)
    for since in range(20, 30):
        Story(make_deal(told[0].deal.owner, "Demo")).we_write(day(since))
    with django_assert_num_queries(9):
        whatif = WhatIf.of(demo.pk, NOW)
    with django_assert_num_queries(0):
        assert {
            whatif.would(Span.parse(f"{days}d"), Span.parse("7d")).flags for days in range(1, 9)
        }
