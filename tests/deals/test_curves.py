"""How long replies take, stage by stage, on the clock of the stage's threshold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone
from scipy import stats

from accounts.models import User
from deals import calendars, conversation, course, curves, flows, people
from deals.curves import Waits
from deals.flows import Fate
from deals.models import Ending, Hold, Outcome, OutcomeEntry, Silence, Stage, WorkCalendar
from deals.periods import Period
from deals.plots.caption import Caption
from deals.scopes import Scope
from deals.spans import Span
from deals.survival import CENSORED, REPLIED, Curve, Table
from deals.thresholds import change_span
from tests.cast import LONG_AGO, MONDAY_9, Story, day, make_contact, make_deal, sweep_at

NOW = day(100)
HOUR = 3600.0
CAPTION = Caption("curve", "Proposal", "It says something.")


def scope(now: datetime = NOW, **filters: object) -> Scope:
    return Scope.usual(now, UTC, "year").narrowed(**filters)


def waiting(
    owner: User, stage: str = "Proposal", since: datetime = MONDAY_9, **fields: object
) -> Story:
    """A deal on which they have had the move since an instant."""
    story = Story(make_deal(owner, stage, opened_at=since, **fields))
    story.we_write(since)
    return story


def hours(found: Waits) -> list[tuple[float, int, int, int]]:
    """After how many hours on the clock, of how many, replied, closed."""
    table = found.table
    columns = (table.at_risk.tolist(), table.replied.tolist(), table.closed.tolist())
    return list(zip((table.times / HOUR).tolist(), *columns, strict=True))


def only(reader: User, now: datetime = NOW, **filters: object) -> Waits:
    """The waits of the only stage in which anybody waited."""
    (found,) = curves.of_scope(reader, scope(now, **filters))
    return found


# --- The clock


def test_a_stage_by_working_time_counts_open_hours(ines: User) -> None:
    waiting(ines, since=day(4, 16)).they_write(day(7, 10))  # Friday, 16:00, to Monday, 10:00
    found = only(ines)
    assert (found.stage.name, str(found.span), found.day) == (
        "Proposal", "1 working day", timedelta(hours=8),
    )  # fmt: skip
    assert hours(found) == [(2, 1, 1, 0)]


def test_a_stage_by_calendar_time_counts_all_of_it(ines: User) -> None:
    waiting(ines, "Demo", day(4, 16)).they_write(day(7, 10))
    found = only(ines)
    assert (found.day, hours(found)) == (timedelta(days=1), [(66, 1, 1, 0)])


def test_what_was_held_is_left_out(ines: User) -> None:
    for stage in ("Proposal", "Demo"):
        story = waiting(ines, stage)
        held = Hold(deal=story.deal, reason="pause", starts_at=day(1, 9), ends_at=day(2, 9))
        conversation.hold(held, now=day(0, 10))
        story.they_write(day(3, 9))
    by_name = {found.stage.name: hours(found) for found in curves.of_scope(ines, scope())}
    assert by_name == {"Proposal": [(16, 1, 1, 0)], "Demo": [(48, 1, 1, 0)]}


def test_who_is_held_now_waits_no_longer_than_until_the_hold(ines: User) -> None:
    story = waiting(ines, "Demo")
    held = Hold(deal=story.deal, reason="pause", starts_at=day(1, 9), ends_at=day(400, 9))
    conversation.hold(held, now=day(0, 10))
    assert hours(only(ines)) == [(24, 1, 0, 0)]


def test_a_working_day_is_one_day_on_every_calendar(ines: User) -> None:
    half = WorkCalendar.objects.create(name="Mornings")
    mornings = {str(weekday): [["09:00", "13:00"]] for weekday in range(5)}
    calendars.new_version(half, now=LONG_AGO, hours=mornings, time_zone="UTC")
    contact = make_contact()
    calendars.assign(contact, half, now=LONG_AGO)
    waiting(ines, contact=contact).they_write(day(1, 9))  # 4 hours: their whole day
    waiting(ines).they_write(day(1, 9))  # 8 hours: a whole day too
    assert hours(only(ines)) == [(8, 2, 2, 0)]
    change_span(Stage.objects.get(name="Proposal"), "4wh", now=LONG_AGO, retroactive=True)
    assert hours(only(ines)) == [(4, 2, 1, 0), (8, 1, 1, 0)]


def test_a_silence_goes_by_the_calendar_in_force_when_it_ended(ines: User) -> None:
    waiting(ines).they_write(day(1, 9))
    waiting(ines, since=day(7)).they_write(day(8, 9))
    own = WorkCalendar.objects.get(is_workspace=True)
    longer = {str(weekday): [["09:00", "19:00"]] for weekday in range(5)}
    calendars.save(own, now=day(4), user_id=None, hours=longer, time_zone="UTC")
    change_span(Stage.objects.get(name="Proposal"), "4wh", now=LONG_AGO, retroactive=True)
    assert hours(only(ines)) == [(8, 2, 1, 0), (10, 1, 1, 0)]


# --- What counts, as what


def test_open_ones_are_censored_closings_too_and_the_let_go_stay_at_risk(ines: User) -> None:
    waiting(ines, "Demo")
    course.close(waiting(ines, "Demo").deal, Outcome.LOST, now=day(10))
    let_go = waiting(ines, "Demo")
    course.let_go(let_go.deal, now=day(5))
    let_go.they_write(day(20))
    course.let_go(waiting(ines, "Demo").deal, now=day(5))
    found = only(ines)
    assert hours(found) == [(240, 4, 0, 1), (480, 3, 1, 0), (2400, 2, 0, 0)]
    assert (found.count, found.replied, found.open) == (4, 1, 2)
    assert found.curve.share.tolist() == [1, pytest.approx(2 / 3), pytest.approx(2 / 3)]


def test_what_came_after_the_instant_does_not_count(ines: User) -> None:
    story = waiting(ines, "Demo")
    story.they_write(day(12))
    assert hours(only(ines, day(5))) == [(120, 1, 0, 0)]
    assert only(ines, day(5)).open == 1
    assert curves.of_scope(ines, scope(day(0) - timedelta(minutes=1))) == []


def test_only_what_began_in_the_days_of_the_scope_counts(ines: User) -> None:
    waiting(ines, "Demo", day(0)).they_write(day(1))
    waiting(ines, "Demo", day(90)).they_write(day(92))
    assert hours(curves.of_scope(ines, Scope.usual(NOW, UTC, "4w"))[0]) == [(48, 1, 1, 0)]


def test_each_sees_what_was_theirs_when_it_began(
    ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    story = waiting(ines, "Demo")
    waiting(noor, "Demo").they_write(day(1))
    people.hand_over([story.deal.pk], karl, now=day(3))
    counted = {
        reader.name: sum(found.count for found in curves.of_scope(reader, scope()))
        for reader in (ines, karl, maud, noor, ada)
    }
    assert counted == {"Ines": 1, "Karl": 0, "Maud": 1, "Noor": 1, "Ada": 2}


def test_filters_narrow_it(ada: User, ines: User, karl: User) -> None:
    waiting(ines, "Demo")
    waiting(karl, "Demo", contact=make_contact(kind="customer"))
    waiting(karl, "Proposal")
    demo = Stage.objects.get(name="Demo")

    def counted(**filters: object) -> list[tuple[str, int]]:
        return [(found.stage.name, found.count) for found in curves.of_scope(ada, scope(**filters))]

    assert counted() == [("Demo", 2), ("Proposal", 1)]
    assert counted(stage=demo) == [("Demo", 2)]
    assert counted(owner=karl) == [("Demo", 1), ("Proposal", 1)]
    assert counted(kind="customer") == [("Demo", 1)]
    assert counted(business="b2b") == []
    assert counted(team=ines.team, pipeline=demo.pipeline) == [("Demo", 2), ("Proposal", 1)]


def test_the_number_of_queries_does_not_grow(
    ines: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for count in (1, 3):
        for _ in range(count):
            for stage in ("Demo", "Proposal"):
                story = waiting(ines, stage)
                held = Hold(deal=story.deal, reason="pause", starts_at=day(1), ends_at=day(2))
                conversation.hold(held, now=day(0, 10))
        with django_assert_num_queries(11):
            curves.of_scope(ines, scope())


# --- How it is said and drawn


def test_waits_are_said_in_a_sentence(ines: User) -> None:
    for day_of_reply in (1, 2, 3):
        waiting(ines, "Proposal").they_write(day(day_of_reply))
    waiting(ines, "Proposal")
    found = only(ines, day(4))
    assert curves.say(found) == (
        "Half were answered within 2 d of working time; past the threshold of 1 working day 75 %"
        " (13 to 96) are still silent. 4 silences, 1 of them may still be answered."
    )


def test_without_answers_no_half_is_made_up(ines: User) -> None:
    waiting(ines, "Demo")
    assert curves.say(only(ines, day(3))) == (
        "Fewer than half were answered; past the threshold of 1 week 100 % (100 to 100) are still"
        " silent. 1 silence, 1 of them may still be answered."
    )


def test_a_file_has_every_step(ines: User) -> None:
    waiting(ines, "Demo").they_write(day(1))
    waiting(ines, "Demo")
    header, *rows = curves.written(only(ines, day(2)))
    assert header[0] == "After (hours)"
    assert [[float(value) for value in row[:5]] for row in rows] == [  # type: ignore[arg-type]
        [24, 2, 1, 0, 0.5],
        [48, 1, 0, 0, 0.5],
    ]


def test_who_was_let_go_years_ago_does_not_make_a_plot_of_years(workspace: object) -> None:
    stage = Stage.objects.get(name="Demo")
    answered = [hour * HOUR for hour in range(1, 501)]
    watched = [1000 * 24 * HOUR] * 40
    ends = [REPLIED] * len(answered) + [CENSORED] * len(watched)
    table = Table.of([*answered, *watched], ends)
    waits = Waits(stage, Span.parse("1d"), timedelta(days=1), table, 40)
    assert waits.longest == 1.5 * 495 * HOUR  # 99 of 100 were answered by then
    assert replace(waits, span=Span.parse("2w")).longest == 2.5 * 14 * 24 * HOUR
    silent = Table.of(watched, [CENSORED] * len(watched))
    assert replace(waits, table=silent).longest == 2.5 * 24 * HOUR


def test_the_plot_has_the_threshold_in_force_and_reaches_past_it(ines: User) -> None:
    waiting(ines).they_write(day(0, 11))
    found = only(ines)
    plot = curves.plot(found, CAPTION)
    assert [(rule.kind, rule.text) for rule in plot.rules] == [("current", "1 working day: 0 %")]
    assert plot.longest == 2.5 * 8 * HOUR
    assert found.length(Span.parse("4wh")) == 4 * HOUR


# --- Against scipy, on others' data


def by_hand(stage: Stage, now: datetime) -> tuple[list[float], list[float]]:
    """Tell answered silences of a stage from censored ones, row by row: their elapsed seconds."""
    answered, censored = [], []
    for silence in Silence.objects.filter(by="them", stage=stage, started_at__lt=now):
        until, is_answer = silence.ended_at, silence.ending == Ending.REPLIED
        if silence.ending == Ending.LET_GO:
            later = OutcomeEntry.objects.filter(
                deal=silence.deal_id, occurred_at__gt=silence.ended_at
            )
            assert not later.exists()
            until, is_answer = silence.relit_at, silence.relit_at is not None
        is_seen = until is not None and until <= now
        length = ((until if is_seen else now) - silence.started_at).total_seconds()
        (answered if is_seen and is_answer else censored).append(length)
    return answered, censored


def agrees(told: Curve, answered: list[float], censored: list[float]) -> None:
    """Hold a curve and its band against scipy's estimate, at every step."""
    known = stats.ecdf(stats.CensoredData(uncensored=answered, right=censored)).sf
    interval = known.confidence_interval(method="log-log")
    assert told.share == pytest.approx(known.evaluate(told.times), abs=1e-12)
    inside = (told.share > 0) & (told.share < 1)
    for side, theirs in ((told.low, interval.low), (told.high, interval.high)):
        assert side[inside] == pytest.approx(theirs.evaluate(told.times[inside]), abs=1e-9)
    assert told.at_risk[0] == len(answered) + len(censored)
    assert np.array_equal(told.times, np.unique([*answered, *censored]))


@pytest.mark.django_db
def test_the_curve_of_offers_agrees_with_scipy_and_the_flow_with_what_is_expected(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = real_data / "loan_offers"
    call_command("import_crm", str(folder), "--pipeline", "Loans")
    expected = json.loads((folder / "expected.json").read_text())
    for name, patience in expected["thresholds"].items():
        if name != "clock":
            call_command("set_threshold", name, f"{patience.split()[0]}d", "--retroactive")
    capsys.readouterr()
    stage = Stage.objects.get(name="Offer", pipeline__name="Loans")

    sweep_at(timezone.now())
    ada = User.objects.create_user("ada@example.com", role="admin")
    days = Period(date(2011, 1, 1), date(2012, 12, 31), UTC)

    for moment in expected["states"]:
        now = datetime.fromisoformat(moment["as_of"])
        [found] = curves.of_parts(stage, Silence.objects.all(), now, lambda _: [])
        answered, censored = by_hand(stage, now)
        assert (str(found.span), found.count, found.replied) == (
            "7 days", len(answered) + len(censored), len(answered),
        )  # fmt: skip
        agrees(found.curve, answered, censored)
        assert found.replied > 100

        became = flows.became(ada, Scope(days, now, is_now=False))
        stands = {fate: sum(each.count for each in became if each.fate == fate) for fate in Fate}
        assert (stands[Fate.DARK], stands[Fate.WAITING]) == (moment["dark"], moment["waiting"])
        assert sum(stands.values()) == (
            Silence.objects.filter(by="them", started_at__lte=now).count()
        )
