"""The figures at the head of the report: a number, what it is of, what it was, what it is worth."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal

import pytest

from accounts.models import User
from deals import conversation, course, rates, reports
from deals.figures import Figure
from deals.models import Hold, Outcome
from deals.periods import Period
from deals.report_summary import Said, summary
from deals.report_tables import Table, table
from deals.scopes import Scope
from tests.cast import Story, day, make_deal, sweep_at

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)
APRIL = Period(date(2026, 4, 1), date(2026, 5, 1), UTC)


def waits(owner: User, start: int = 0, **fields: object) -> Story:
    """Return a deal in Demo that waits for them since a day at ten: it is dark a week later."""
    story = Story(make_deal(owner, "Demo", **fields))
    story.we_write(day(start, 10))
    return story


def said(reader: User, period: Period = MARCH, at: int = 29) -> dict[str, Said]:
    """Return the figures as of the day so many after the cast's Monday, by their labels."""
    report = reports.report(reader, Scope(period, day(at), is_now=False))
    return {each.label: each for each in summary(report, report.currency, "/deals/")}


def stages(reader: User) -> Table:
    return table("stages", reports.report(reader, Scope(MARCH, day(29), is_now=False)))


def note(told: Said) -> str:
    return told.note.replace("\u00a0", " ")


def test_a_number_and_its_share_add_up(ines: User) -> None:
    for _ in range(2):
        waits(ines).they_write(day(12))
    waits(ines, amount=None)
    gone = waits(ines)
    sweep_at(day(8))
    course.close(waits(ines).deal, Outcome.LOST, now=day(13))
    course.let_go(gone.deal, now=day(12))
    gone.they_write(day(14))
    relit = said(ines)["Relit"]
    assert relit.value == "3"
    assert note(relit) == (
        "2 of 4 dark ones that ended · 50 % (15 to 85 %) · 1 after we let go · worth € 3,000"
        " · 0 in the 31 days before"
    )
    assert relit.is_thin


def test_a_silence_that_crossed_twice_is_told_apart(ines: User) -> None:
    story = waits(ines)
    sweep_at(day(8))
    away = Hold(deal=story.deal, starts_at=day(9), ends_at=day(15))
    conversation.hold(away, now=day(9))
    sweep_at(day(29))
    dark = said(ines)["Went dark"]
    assert dark.value == "2"
    assert note(dark) == (
        "1 of 1 silences · 100 % (21 to 100 %) · 1 crossed again · worth € 2,000"
        " · 0 in the 31 days before"
    )


def test_what_is_dark_is_compared_with_the_instant_at_which_the_period_began(ines: User) -> None:
    waits(ines)
    waits(ines, 10, amount=1_500_000)
    late = waits(ines, 30, amount=250)
    sweep_at(day(40))
    late.they_write(day(41))
    now = said(ines, APRIL, at=40)
    assert (now["Dark now"].value, note(now["Dark now"])) == (
        "3", "3 of 3 open deals · 100 % · as of then · 2 when the period began",
    )  # fmt: skip
    assert (now["Value dark now"].value, note(now["Value dark now"])) == (
        "€\u00a01.50\u00a0M", "100 % of the open pipeline · € 1.50 M when the period began",
    )  # fmt: skip


def test_of_a_moment_few_are_not_too_few(ines: User) -> None:
    waits(ines)
    sweep_at(day(8))
    told = said(ines)
    assert (told["Dark now"].is_thin, told["Went dark"].is_thin) == (False, True)


def test_what_we_owed_too_long_is_told_of_all_that_we_owed(ines: User) -> None:
    waits(ines).they_write(day(1))
    waits(ines).they_write(day(1))
    Story(make_deal(ines, "Demo")).they_write(day(28, 16))
    sweep_at(day(8))
    quiet = said(ines, at=28)["We went quiet"]
    assert (quiet.value, note(quiet)) == (
        "2",
        "2 of 2 answers we owed · 100 % (34 to 100 %) · 0 in the 31 days before",
    )


def test_won_and_lost_say_that_they_are_of_once_dark_deals_and_what_they_were_worth(
    ines: User,
) -> None:
    for outcome, amount in ((Outcome.WON, 300), (Outcome.LOST, 20)):
        story = waits(ines, amount=amount)
        sweep_at(day(8))
        course.close(story.deal, outcome, now=day(9))
    course.close(make_deal(ines, "Demo"), Outcome.WON, now=day(9))
    told = said(ines)
    assert note(told["Won after dark"]) == (
        "1 of 2 won or lost · 50 % (9 to 91 %) · worth € 300 · 0 in the 31 days before"
    )
    assert note(told["Lost after dark"]) == "worth € 20 · 0 in the 31 days before"


def test_what_a_rate_turned_says_so_and_the_rest_stays_apart(ines: User, ada: User) -> None:
    for currency in ("EUR", "SEK", "USD"):
        waits(ines, currency=currency)
    assert "by your rates" not in said(ines)["Value dark now"].note
    assert not stages(ines).is_converted
    rates.set_rate("SEK", date(2026, 1, 1), Decimal("0.1"), user=ada, now=day(0))
    sweep_at(day(8))
    told = said(ines)
    assert "worth € 1,100 by your rates and $ 1,000" in note(told["Went dark"])
    assert (told["Value dark now"].value, note(told["Value dark now"])) == (
        "€\u00a01,100",
        "100 % of the open pipeline · by your rates · and $ 1,000 · € 0 when the period began",
    )
    assert stages(ines).is_converted


def test_where_nothing_happened_nothing_is_greyed(ines: User) -> None:
    assert not any(each.is_thin for each in said(ines).values())
    assert said(ines)["Let go"].note == "0 in the 31 days before"


def test_letting_go_of_few_is_greyed_with_what_it_came_to(ines: User) -> None:
    story = waits(ines)
    sweep_at(day(8))
    course.let_go(story.deal, now=day(9))
    let_go = said(ines)["Let go"]
    assert let_go.is_thin
    assert note(let_go).startswith(
        "after 0.0 attempts, half of them after 0 at most · worth € 1,000"
    )


def test_files_have_the_value_of_each_figure_to_the_cent(ines: User) -> None:
    waits(ines, amount=Decimal("1000.50"))
    waits(ines, currency="SEK", amount=70)
    sweep_at(day(8))
    report = reports.report(ines, Scope(MARCH, day(20), is_now=False))
    header, row, _ = table("reps", report).values()
    told = dict(zip(header, row, strict=True))
    assert (told["Went dark"], told["Value went dark EUR"], told["Value went dark SEK"]) == (
        2, Decimal("1000.50"), Decimal("70.00"),
    )  # fmt: skip
    assert (told["Lost after dark"], told["Value lost after dark EUR"]) == (0, Decimal(0))
    assert "Value we went quiet EUR" not in told


@pytest.mark.parametrize("figure", [Figure.OWED, Figure.OWED_LONG])
def test_answers_that_were_overdue_already_are_owed_no_more_in_the_period(
    ines: User, figure: Figure
) -> None:
    waits(ines).they_write(day(1))
    sweep_at(day(40))
    told = [
        reports.report(ines, Scope(period, day(40), is_now=False)).tally(figure).count
        for period in (MARCH, APRIL)
    ]
    assert told == [1, 0]
