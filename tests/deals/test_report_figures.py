"""What each figure of the gone-dark report counts. Source: docs/figures.md."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from deals import cards, course, people, reports
from deals.figures import TOLD, Figure
from deals.models import Outcome, Silence, Stage
from deals.periods import Period
from deals.reports import Report
from deals.scopes import Scope
from tests.cast import Story, day, make_deal, sweep_at

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)
FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28), UTC)
APRIL = Period(date(2026, 4, 1), date(2026, 4, 30), UTC)


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo (a week's patience) that waits for them since Monday ten o'clock."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def told(reader: User, period: Period, at: int) -> Report:
    """Return the report as of the day so many after that Monday, of which it is said that day."""
    return reports.report(reader, Scope(period, day(at)))


def counts(reader: User, period: Period = MARCH, at: int = 20) -> dict[str, int]:
    """Return the report's totals that are not zero, as of the day so many after that Monday."""
    report = told(reader, period, at)
    totals = {figure.value: report.tally(figure).count for figure in TOLD}
    return {figure: count for figure, count in totals.items() if count}


def test_a_silence_that_crossed_counts_as_went_dark_in_the_period_of_its_crossing(
    demo: Story, maud: User
) -> None:
    sweep_at(day(40))  # the sweep came weeks late: the crossing is still the seventh day
    assert counts(maud, at=40) == {"dark_now": 1, "went_dark": 1}
    assert counts(maud, APRIL, at=40) == {"dark_now": 1}


def test_dark_now_is_true_between_two_sweeps(demo: Story, maud: User) -> None:
    assert counts(maud, at=8) == {"dark_now": 1}
    assert counts(maud, at=6) == {}


def test_a_reply_to_a_dark_silence_counts_as_relit(demo: Story, maud: User) -> None:
    demo.they_write(day(9))
    assert counts(maud, at=9) == {"went_dark": 1, "relit": 1}


def test_a_reply_in_time_counts_nowhere(demo: Story, maud: User) -> None:
    demo.they_write(day(3))
    demo.we_talk(day(3, 10))
    assert counts(maud, at=3) == {}


def test_a_let_go_silence_counts_where_it_ended_and_again_when_they_are_heard(
    demo: Story, maud: User
) -> None:
    sweep_at(day(8))
    course.let_go(demo.deal, now=day(9))
    assert counts(maud) == {"went_dark": 1, "let_go": 1}
    demo.they_write(day(35))
    assert counts(maud, APRIL, at=35) == {"relit": 1}


def test_for_one_let_go_before_it_was_dark_the_deal_speaks(
    demo: Story, ines: User, maud: User
) -> None:
    course.let_go(demo.deal, now=day(3))
    report = told(maud, MARCH, 3)
    let_go = report.tally(Figure.LET_GO, Stage.objects.get(name="Demo"), ines)
    assert (let_go.count, let_go.amounts) == (1, {"EUR": Decimal("1000.00")})
    assert counts(maud, at=3) == {"let_go": 1}


def test_a_relit_deal_keeps_the_owner_and_amount_it_went_dark_with(
    demo: Story, ines: User, karl: User, maud: User
) -> None:
    sweep_at(day(8))
    people.hand_over([demo.deal.pk], karl, now=day(8))
    demo.deal.refresh_from_db()
    demo.they_write(day(9))
    relit = told(maud, MARCH, 9).tally(Figure.RELIT, owner=ines)
    assert (relit.count, relit.amounts) == (1, {"EUR": Decimal("1000.00")})


def test_an_answer_we_owed_too_long_counts_as_our_quiet_and_never_as_gone_dark(
    demo: Story, maud: User
) -> None:
    demo.they_write(day(1))
    sweep_at(day(4))
    assert counts(maud, at=4) == {"we_went_quiet": 1}


def test_a_period_ends_where_its_last_day_ends_in_the_readers_zone(demo: Story, maud: User) -> None:
    sweep_at(day(8))  # crossed on 9 March at 10:00 UTC: 10 March on Kiritimati, 14 hours ahead
    ends_before = Period(date(2026, 3, 1), date(2026, 3, 8), UTC)
    assert told(maud, ends_before, 8).tally(Figure.WENT_DARK).count == 0
    east = ZoneInfo("Pacific/Kiritimati")
    tomorrow = Period(date(2026, 3, 10), date(2026, 3, 10), east)
    assert told(maud, tomorrow, 8).tally(Figure.WENT_DARK).count == 1


def test_stage_owner_and_amount_are_those_of_the_crossing(
    demo: Story, ines: User, karl: User, maud: User
) -> None:
    sweep_at(day(8))
    people.hand_over([demo.deal.pk], karl, now=day(8))
    demo.deal.amount = Decimal("77.00")
    cards.change_deal(demo.deal, ["amount"], now=day(8))
    course.enter_stage(demo.deal, Stage.objects.get(name="Discovery"), turn="unchanged", now=day(9))
    report = told(maud, MARCH, 30)
    crossed = report.tally(Figure.WENT_DARK, Stage.objects.get(name="Demo"), ines)
    assert (crossed.count, crossed.amounts) == (1, {"EUR": Decimal("1000.00")})
    now = report.tally(Figure.DARK_NOW, Stage.objects.get(name="Discovery"), karl)
    assert (now.count, now.amounts) == (1, {"EUR": Decimal("77.00")})  # it crossed anew there


def test_what_is_dark_now_belongs_to_whom_it_went_dark_with(
    demo: Story, ines: User, karl: User, maud: User
) -> None:
    sweep_at(day(8))
    people.hand_over([demo.deal.pk], karl, now=day(9))
    report = told(maud, MARCH, 10)
    for figure in (Figure.DARK_NOW, Figure.OPEN):
        assert [report.tally(figure, owner=who).count for who in (ines, karl)] == [1, 0]
    assert report.value_share == 1


def test_amounts_of_two_currencies_are_never_added(ines: User, maud: User) -> None:
    for currency in ("EUR", "SEK"):
        Story(make_deal(ines, "Demo", currency=currency)).we_write(day(0, 10))
    report = told(maud, MARCH, 8)
    amounts = report.tally(Figure.DARK_NOW).amounts
    assert amounts == {"EUR": Decimal(1000), "SEK": Decimal(1000)}
    assert report.tally(Figure.OPEN).amounts == amounts


def test_each_reader_gets_the_figures_of_whom_they_may_see(
    demo: Story, ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    Story(make_deal(noor, "Demo")).we_write(day(0, 10))
    sweep_at(day(8))
    found = {
        user.name: counts(user, at=8).get("went_dark", 0) for user in (ines, karl, maud, noor, ada)
    }
    assert found == {"Ines": 1, "Karl": 0, "Maud": 1, "Noor": 1, "Ada": 2}
    report = told(maud, MARCH, 8)
    assert [owner.name for owner in report.owners] == ["Ines"]
    assert report.tally(Figure.OPEN).amounts == {"EUR": Decimal(1000)}


def test_the_period_before_is_counted_beside_it(demo: Story, maud: User) -> None:
    sweep_at(day(8))
    before = told(maud, MARCH, 30).before
    assert before.tally(Figure.WENT_DARK).count == 0
    after = Period(date(2026, 4, 1), date(2026, 5, 1), UTC)
    assert told(maud, after, 60).before.tally(Figure.WENT_DARK).count == 1


def test_the_weeks_add_up_to_the_total(ines: User, maud: User) -> None:
    for start in (0, 4, 7, 15):
        Story(make_deal(ines, "Demo")).we_write(day(start, 10))
    sweep_at(day(40))
    report = told(maud, MARCH, 40)
    weeks = [(step.period.first.day, step.counts[Figure.WENT_DARK]) for step in report.steps]
    assert weeks == [(1, 0), (2, 0), (9, 2), (16, 1), (23, 1), (30, 0)]
    assert report.tally(Figure.WENT_DARK).count == 4


def test_past_a_year_the_report_goes_month_by_month(demo: Story, maud: User) -> None:
    sweep_at(day(8))
    long = Period(date(2025, 1, 15), date(2026, 3, 31), UTC)
    steps = told(maud, long, 30).steps
    assert len(steps) == 15
    assert (steps[0].period.first, steps[0].period.last) == (date(2025, 1, 15), date(2025, 1, 31))
    assert steps[-1].counts[Figure.WENT_DARK] == 1


def test_heat_is_a_share_of_the_darkest_cell(ines: User, karl: User, maud: User) -> None:
    for owner, deals in ((ines, 5), (karl, 1)):
        for _ in range(deals):
            Story(make_deal(owner, "Demo")).we_write(day(0, 10))
    report = told(maud, MARCH, 8)
    demo, proposal = Stage.objects.get(name="Demo"), Stage.objects.get(name="Proposal")
    assert [report.heat(demo, owner) for owner in (ines, karl)] == [5, 1]
    assert report.heat(proposal, ines) == 0


def test_a_deal_won_while_dark_is_neither_relit_nor_let_go(demo: Story, maud: User) -> None:
    sweep_at(day(8))
    course.close(demo.deal, Outcome.WON, now=day(9))
    assert counts(maud) == {"went_dark": 1, "won": 1}
    assert Silence.objects.by_them().get().ending == "closed"


@pytest.mark.parametrize(("is_now", "queries"), [(True, 30), (False, 26)])
def test_the_report_asks_as_often_for_three_deals_as_for_one(
    ines: User, karl: User, maud: User, is_now: bool, queries: int
) -> None:
    asked = []
    for owner, stage in ((ines, "Demo"), (karl, "Proposal"), (ines, "Negotiation")):
        for is_heard in (True, False):
            story = Story(make_deal(owner, stage))
            story.we_write(day(0, 10))
            sweep_at(day(10))
            if is_heard:
                story.they_write(day(11))
        with CaptureQueriesContext(connection) as found:
            reports.report(maud, Scope(MARCH, day(20), is_now))
        asked.append(len(found))
    assert asked == [queries] * 3
