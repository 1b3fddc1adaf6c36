"""docs/figures.md gives the SQL of each figure, and it counts what the report counts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from deals import course, figures, people, reports
from deals.figures import Figure
from deals.models import Outcome, Stage
from deals.periods import Period
from deals.scopes import INSTANT, Scope
from tests.cast import Story, day, make_deal, sweep_at

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "figures.md"
FENCED = re.compile(r"^```sql (\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SQL = dict(FENCED.findall(DOCUMENT.read_text(encoding="utf-8")))
COLUMNS = ("of_deal", "of_stage", "of_owner", "of_amount", "of_currency")


@pytest.fixture
def book(ines: User, karl: User, maud: User) -> None:
    """Deals that have each met with something else."""
    stories = [Story(make_deal(who, "Demo")) for who in (ines, karl) * 5]
    for number, story in enumerate(stories):
        story.we_write(day(number % 4, 10))
        if number % 2:
            story.we_write(day(8 + number, 11))
    sweep_at(day(9))
    people.hand_over([stories[0].deal.pk, stories[3].deal.pk], maud, now=day(10))
    stories[0].they_write(day(12))
    stories[1].they_write(day(13, 15))
    course.close(stories[2].deal, Outcome.WON, now=day(12))
    course.close(stories[3].deal, Outcome.LOST, now=day(14))
    course.let_go(stories[4].deal, now=day(13))
    course.let_go(stories[5].deal, now=day(14), outcome=Outcome.LOST)
    stories[5].they_write(day(16))
    course.enter_stage(
        stories[6].deal, Stage.objects.get(name="Proposal"), turn="theirs", now=day(11)
    )
    course.let_go(Story(make_deal(ines, "Demo")).deal, now=day(11))
    early = Story(make_deal(karl, "Discovery"))
    early.we_write(day(5))
    course.let_go(early.deal, now=day(12))
    early.they_write(day(15))
    sweep_at(day(30))


def asked(name: str, scope: Scope) -> list[Any]:
    """Run what the document says of a figure, with the instants of a scope."""
    instants = {
        "since": scope.since, "until": scope.until, "as_of": scope.as_of,
        "last": scope.until - INSTANT,
    }  # fmt: skip
    said = {name: connection.ops.adapt_datetimefield_value(at) for name, at in instants.items()}
    with connection.cursor() as cursor:
        cursor.execute(re.sub(r":(since|until|as_of|last)\b", r"%(\1)s", SQL[name]), said)
        return cursor.fetchall()


def test_every_figure_is_documented_and_nothing_else() -> None:
    assert set(SQL) == {*Figure.values, "relighting", "attempts"}


@pytest.mark.parametrize("figure", Figure)
def test_the_documented_sql_counts_what_the_report_counts(
    book: None, ada: User, figure: Figure
) -> None:
    total = 0
    for first, last, as_of in ((0, 30, 30), (8, 12, 30), (8, 20, 13), (12, 13, 16), (13, 13, 12)):
        days = Period(day(first).date(), day(last).date(), UTC)
        scope = Scope(days, day(as_of, 12), is_now=False)
        counted = figures.rows(figure, reader=ada, scope=scope).values_list(*COLUMNS)
        found = sorted((*row[:3], float(row[3]), row[4]) for row in asked(figure, scope))
        assert found == sorted((*row[:3], float(row[3]), row[4]) for row in counted)
        total += len(found)
    assert total > 0


def test_medians_and_attempts_are_those_of_the_documented_rows(book: None, ada: User) -> None:
    period = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)
    scope = Scope(period, day(30), is_now=False)
    report = reports.report(ada, scope)
    took = [_instant(heard) - _instant(dark) for heard, dark in asked("relighting", scope)]
    tried = [number for (number,) in asked("attempts", scope)]
    middle = timedelta(seconds=median(length.total_seconds() for length in took))
    assert (report.relighting.count, report.relighting.median) == (len(took), middle)
    assert (report.attempts.count, report.attempts.mean, report.attempts.median) == (
        len(tried), mean(tried), median(tried),
    )  # fmt: skip
    assert (len(took), len(tried)) == (3, 3)
    assert not report.attempts.is_enough


def _instant(said: datetime | str) -> datetime:
    """Return an instant as either database hands it out."""
    return said if isinstance(said, datetime) else datetime.fromisoformat(said)
