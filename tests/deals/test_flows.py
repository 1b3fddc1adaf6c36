"""What became of the silences of a period: each counted exactly once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import User
from deals import conversation, course, flows, people
from deals.flows import Became, Fate
from deals.models import Hold, Outcome, Rejudging, Silence, Stage, Turn
from deals.plots.caption import Caption
from deals.scopes import Scope
from deals.thresholds import change_span, rejudge
from tests.cast import MONDAY_9, Story, day, make_contact, make_deal, sweep_at

NOW = day(60)  # Demo is dark after a week
CAPTION = Caption("flow", "What became of them", "It says something.")


def scope(now: datetime = NOW, *, is_now: bool = True, **filters: object) -> Scope:
    return Scope.usual(now, UTC).narrowed(is_now=is_now, **filters)


def waiting(owner: User, since: datetime = MONDAY_9, **fields: object) -> Story:
    story = Story(make_deal(owner, fields.pop("stage", "Demo"), opened_at=since, **fields))
    story.we_write(since)
    return story


def counted(reader: User, asked: Scope | None = None) -> dict[str, int]:
    """What became of them: those that went dark are marked so."""
    found = flows.became(reader, asked or scope())
    return {f"{'dark, ' * each.was_dark}{each.fate}": each.count for each in found}


@pytest.fixture
def all_kinds(ines: User) -> dict[str, Story]:
    """A silence of every fate, once dark and once not."""
    told = {
        name: waiting(ines)
        for name in (
            "answered", "closed", "let go", "let go and heard", "turned", "opted out",
            "dark", "relit", "dark and closed", "dark and let go", "dark and turned",
            "dark, let go and heard",
        )
    }  # fmt: skip
    told["waiting"] = waiting(ines, day(58))
    told["answered"].they_write(day(2))
    course.close(told["closed"].deal, Outcome.WON, now=day(2))
    course.let_go(told["let go"].deal, now=day(2))
    course.let_go(told["let go and heard"].deal, now=day(2))
    told["let go and heard"].they_write(day(30))
    told["turned"].we_write(day(2), turn=Turn.NOBODY)
    people.opt_out(told["opted out"].deal.contact, now=day(2))
    sweep_at(day(10))
    told["relit"].they_write(day(11))
    course.close(told["dark and closed"].deal, Outcome.LOST, now=day(11))
    course.let_go(told["dark and let go"].deal, now=day(11))
    told["dark and turned"].we_write(day(11), turn=Turn.NOBODY)
    course.let_go(told["dark, let go and heard"].deal, now=day(11))
    told["dark, let go and heard"].they_write(day(30))
    return told


def test_every_silence_is_counted_exactly_once(ines: User, all_kinds: dict[str, Story]) -> None:
    assert counted(ines) == {
        "answered": 1, "waiting": 1, "turned": 1, "closed": 2, "let_go": 1, "relit": 1,
        "dark, turned": 1, "dark, closed": 1, "dark, let_go": 1, "dark, relit": 2, "dark, dark": 1,
    }  # fmt: skip
    assert sum(counted(ines).values()) == Silence.objects.by_them().count() == 13


def test_behind_each_number_are_as_many_silences(ines: User, all_kinds: dict[str, Story]) -> None:
    for each in flows.became(ines, scope()):
        found = flows.silences(ines, scope(), each.was_dark, each.fate)
        assert found.count() == each.count
    relit = flows.silences(ines, scope(), fate=Fate.RELIT).values_list("deal", flat=True)
    assert set(relit) == {
        all_kinds[name].deal.pk for name in ("relit", "let go and heard", "dark, let go and heard")
    }
    assert flows.silences(ines, scope(), was_dark=True).count() == 6


@pytest.mark.parametrize(
    ("at", "became"),
    [
        (day(1), {"waiting": 12}),
        (day(9), {
            "answered": 1, "turned": 1, "closed": 2, "let_go": 2, "dark, dark": 6,
        }),
        (day(12), {
            "answered": 1, "turned": 1, "closed": 2, "let_go": 2, "dark, turned": 1,
            "dark, closed": 1, "dark, let_go": 2, "dark, relit": 1, "dark, dark": 1,
        }),
    ],
)  # fmt: skip
def test_as_of_a_past_instant_it_is_what_it_was(
    ines: User, all_kinds: dict[str, Story], at: datetime, became: dict[str, int]
) -> None:
    assert counted(ines, scope(at, is_now=False)) == became


def test_what_is_due_and_not_swept_yet_is_dark_as_of_now_only(ines: User) -> None:
    waiting(ines)
    assert counted(ines, scope(day(8))) == {"dark, dark": 1}
    assert counted(ines, scope(day(8), is_now=False)) == {"waiting": 1}
    sweep_at(day(8))
    assert counted(ines, scope(day(8), is_now=False)) == {"dark, dark": 1}


def test_a_spell_that_a_hold_ended_leads_to_waiting_by_way_of_dark(ines: User) -> None:
    story = waiting(ines)
    sweep_at(day(8))
    held = Hold(deal=story.deal, reason="pause", starts_at=day(9), ends_at=day(100))
    conversation.hold(held, now=day(9))
    assert counted(ines, scope(day(10))) == {"dark, waiting": 1}
    story.they_write(day(11))
    assert counted(ines, scope(day(12))) == {"dark, answered": 1}


def test_a_threshold_that_counts_the_past_changes_what_went_dark(ines: User) -> None:
    waiting(ines).they_write(day(5))
    sweep_at(day(6))
    assert counted(ines) == {"answered": 1}

    change_span(Stage.objects.get(name="Demo"), "3d", now=day(6), retroactive=True)
    rejudge(Rejudging.objects.get(), lambda: day(6))
    assert counted(ines) == {"dark, relit": 1}


def test_only_silences_that_began_in_the_days_count(ines: User) -> None:
    waiting(ines).they_write(day(50))  # answered in them, begun before
    waiting(ines, day(59)).they_write(day(59, 12))
    assert counted(ines, Scope.usual(NOW, UTC, "4w")) == {"answered": 1}


def test_each_sees_what_was_theirs_when_it_began(
    ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    story = waiting(ines)
    people.hand_over([story.deal.pk], noor, now=day(3))
    story.they_write(day(4))
    sums = {who.name: sum(counted(who).values()) for who in (ines, karl, maud, noor, ada)}
    assert sums == {"Ines": 1, "Karl": 0, "Maud": 1, "Noor": 0, "Ada": 1}


def test_filters_narrow_it(ada: User, ines: User, karl: User) -> None:
    waiting(ines).they_write(day(1))
    waiting(karl, contact=make_contact(kind="customer")).they_write(day(1))
    waiting(karl, stage="Discovery")
    discovery = Stage.objects.get(name="Discovery")
    assert counted(ada, scope(owner=ines)) == {"answered": 1}
    assert counted(ada, scope(kind="customer")) == {"answered": 1}
    assert counted(ada, scope(stage=discovery)) == {"dark, dark": 1}
    assert counted(ada, scope(business="b2b")) == {}


def test_one_query_tells_a_past_day(
    ines: User, all_kinds: dict[str, Story], django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(1):
        flows.became(ines, scope(is_now=False))


def test_as_of_now_the_cutoffs_are_asked_too(
    ines: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for count in (1, 3):
        for _ in range(count):
            waiting(ines)
        with django_assert_num_queries(5):
            flows.became(ines, scope())


def test_the_plot_loses_nobody(ines: User, all_kinds: dict[str, Story]) -> None:
    found = flows.became(ines, scope())
    plot = flows.plot(found, CAPTION, lambda was_dark, fate: f"/?dark={was_dark}&fate={fate}")

    said = {post.label: post.said for post in plot.posts}
    assert (said["silences"], said["went dark"], said["relit"]) == ("13", "6", "3")
    ends = [int(post.said) for post in plot.posts[2:]]
    assert sum(ends) == 13
    urls = {ribbon.title: ribbon.url for ribbon in plot.ribbons}
    assert urls["went dark → relit: 2"] == "/?dark=True&fate=relit"
    assert urls["silences → relit: 1"] == "/?dark=False&fate=relit"
    assert urls["silences → went dark: 6"] == "/?dark=True&fate=None"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "No silence began in these days."),
        ([Became(False, Fate.ANSWERED, 1)], "1 silence began in these days; none of them went dark."),
        (
            [Became(False, Fate.ANSWERED, 300), Became(True, Fate.RELIT, 1), Became(True, Fate.DARK, 99)],
            "400 silences began in these days; 100 of them (25\u00a0%) went dark, and 1 of these was relit.",
        ),
    ],
)  # fmt: skip
def test_a_flow_is_said_in_a_sentence(found: list[Became], said: str) -> None:
    assert flows.say(found) == said


def test_a_file_has_each_way(ines: User) -> None:
    waiting(ines).they_write(day(2))
    assert list(flows.written(flows.became(ines, scope()))) == [
        ["Went dark", "Became", "Silences"],
        ["no", "answered", 1],
    ]


def test_an_empty_plot_has_only_its_caption() -> None:
    assert flows.plot([], CAPTION).posts == []
