"""The report is true: its figures equal a recount, and a past day's stay what they were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from contacts.models import Contact
from deals import cards, figures, people, reports
from deals.cutoffs import Cutoffs
from deals.figures import SHAPE, Figure
from deals.models import Deal, Stage
from deals.periods import Period
from deals.reports import Report
from deals.scopes import Business, Scope
from tests.cast import Cast, make_company, make_contact, make_deal, sweep_at
from tests.deals.recounting import recounted
from tests.deals.test_history_properties import END, HISTORIES, MANY, STAGES, Step, at, tell
from tests.deals.test_real_data_import import loan_offers, run  # noqa: F401

SOME = max(15, MANY // 2)
DAYS = st.integers(0, 59)


@dataclass(frozen=True)
class Change:
    """At an hour, a deal changes hands, amount, kind or company."""

    hour: int
    what: str
    value: int

    def make(self, deal: Deal, cast: Cast) -> None:
        """Pass it through its door."""
        now = at(self.hour)
        deal.refresh_from_db()
        match self.what:
            case "owner":
                owner = [cast.ines, cast.karl, cast.noor][self.value % 3]
                people.hand_over([deal.pk], owner, now=now)
            case "amount":
                deal.amount = [None, Decimal(100), Decimal("0.05")][self.value % 3]
                deal.currency = ["EUR", "SEK"][self.value % 2]
                cards.change_deal(deal, ["amount", "currency"], now=now)
            case "kind":
                contact = Contact.objects.get(pk=deal.contact_id)
                contact.kind = Contact.Kind.values[self.value % 2]
                cards.save_contact(contact, [], [], now=now)
            case "company":
                deal.company = [None, make_company()][self.value % 2]
                cards.change_deal(deal, ["company"], now=now)


CHANGES = st.lists(
    st.builds(
        Change,
        st.integers(1, 59 * 24),
        st.sampled_from(["owner", "amount", "kind", "company"]),
        st.integers(0, 5),
    ),
    max_size=4,
)
BOOK = st.lists(st.tuples(HISTORIES, CHANGES), min_size=1, max_size=3)
usual = settings(
    max_examples=SOME, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def told(cast: Cast, book: Sequence[tuple[Any, list[Change]]], until: int, since: int = -1) -> None:
    """Tell what happens on each deal after an hour and up to another, in order of time."""
    deals = list(Deal.objects.order_by("pk")) or [
        make_deal(cast.ines, contact=make_contact()) for _ in book
    ]
    told: list[tuple[int, int, Any, Deal]] = []
    for deal, ((touches, others), changes) in zip(deals, book, strict=True):
        told += [(each.hour, 0, each, deal) for each in changes]
        steps = enumerate([*touches, *others], start=1)
        told += [(step.hour, number, step, deal) for number, step in steps]
    for hour, number, each, deal in sorted(told, key=lambda line: line[:2]):
        if since < hour <= until:
            if isinstance(each, Step):
                tell(deal, number, each, at(hour))
            else:
                each.make(deal, cast)


@st.composite
def scopes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a scope as what it is made of: people and stages are not there yet."""
    first, length, until = draw(DAYS), draw(st.integers(0, 40)), draw(DAYS)
    asked = st.sampled_from(["", "", "stage", "owner", "kind", "business", "team"])
    return {"first": first, "length": length, "until": until, "asked": draw(asked)}


def made(said: dict[str, Any], cast: Cast) -> Scope:
    day = timedelta(days=1)
    first = at(0).date() + said["first"] * day
    scope = Scope(
        Period(first, first + said["length"] * day, UTC), at(said["until"] * 24), is_now=False
    )
    narrowed: dict[str, dict[str, Any]] = {
        "": {}, "stage": {"stage": Stage.objects.get(name=STAGES[said["first"] % 4])},
        "owner": {"owner": cast.karl}, "kind": {"kind": "customer"},
        "business": {"business": Business.B2C}, "team": {"team": cast.noor.team},
    }  # fmt: skip
    return scope.narrowed(**narrowed[said["asked"]])


@pytest.mark.django_db
@usual
@given(book=BOOK, said=scopes())
def test_each_figure_counts_what_a_recount_by_hand_counts(
    cast: Cast, book: Sequence[Any], said: dict[str, Any]
) -> None:
    Deal.objects.all().delete()
    told(cast, book, 60 * 24)
    sweep_at(END)
    scope = made(said, cast)
    expected = recounted(scope.narrowed(team=None, owner=cast.noor) if scope.team else scope)
    shape = ("at", *SHAPE[3:])
    for figure in Figure:
        counted = figures.rows(figure, reader=cast.ada, scope=scope).values_list(*shape)
        assert (figure, sorted(counted, key=str)) == (figure, expected[figure])


@pytest.mark.django_db
@usual
@given(book=BOOK, until=st.integers(1, 59 * 24), first=DAYS)
def test_the_report_as_of_a_past_day_is_what_it_was_that_day(
    cast: Cast, book: Sequence[Any], until: int, first: int
) -> None:
    Deal.objects.all().delete()
    told(cast, book, until)
    sweep_at(at(until))
    start = at(0).date() + timedelta(days=first)
    scope = Scope(Period(min(start, at(until).date()), at(until).date(), UTC), at(until))
    readers = [cast.ada, cast.maud, cast.karl]
    that_day = [summed(reports.report(reader, scope)) for reader in readers]
    told(cast, book, 60 * 24, since=until)
    sweep_at(END)
    for reader, before in zip(readers, that_day, strict=True):
        assert summed(reports.report(reader, scope.pinned)) == before


def summed(report: Report) -> list[Any]:
    """Return all that a report says, without what is nothing."""
    return [
        *(
            (
                {place: tally for place, tally in each.tallies.items() if tally.count},
                each.relighting,
                each.attempts,
            )
            for each in (report, report.before)
        ),
        [(step.period, step.counts) for step in report.steps],
        [owner.pk for owner in report.owners],
    ]


@pytest.mark.django_db
def test_the_loan_offers_are_dark_in_the_report_as_expected(
    loan_offers: Path,  # noqa: F811
    ada: User,
) -> None:
    expected = json.loads((loan_offers / "expected.json").read_text())
    run("import_crm", loan_offers, "--pipeline", "Loans")
    for stage, patience in expected["thresholds"].items():
        if stage != "clock":
            run("set_threshold", stage, f"{patience.split()[0]}d", "--retroactive")
    sweep_at(datetime(2012, 3, 31, tzinfo=UTC))
    for moment in expected["states"]:
        as_of = datetime.fromisoformat(moment["as_of"])
        period = Period(date(2011, 10, 1), as_of.date(), UTC)
        report = reports.report(ada, Scope(period, as_of, is_now=False))
        dark, pipeline = report.tally(Figure.DARK_NOW), report.tally(Figure.OPEN)
        assert (dark.count, dark.value) == (moment["dark"], Decimal(moment["dark_amount"]))
        assert pipeline.count == moment["ours"] + moment["waiting"] + moment["dark"]
        ended = report.tally(Figure.ENDED_DARK).count
        # whatever went dark is dark still, or came to its end, or was moved to another stage's patience
        assert report.tally(Figure.WENT_DARK).count >= dark.count + ended
        assert report.share(Figure.WENT_DARK).part <= report.tally(Figure.WENT_DARK).count


@pytest.mark.parametrize("hour", [10, 200, 700])
def test_between_sweeps_the_present_is_what_the_sweep_will_record(cast: Cast, hour: int) -> None:
    for stage in STAGES:
        make_deal(cast.ines, stage, turn="theirs")
    scope = Scope(Period(at(0).date(), at(hour).date(), UTC), at(hour))
    shape = ("of_deal", "of_stage", "of_owner", "of_amount")

    def dark(is_now: bool) -> list[Any]:
        asked = scope if is_now else scope.pinned
        found = figures.rows(Figure.DARK_NOW, reader=cast.maud, scope=asked)
        return sorted(found.values_list(*shape))

    before = dark(is_now=True)
    assert dark(is_now=False) == []
    sweep_at(at(hour))
    assert dark(is_now=False) == before == dark(is_now=True)
    assert len(before) == Deal.objects.filter(silences__in=_dark(hour)).count() > 0


def _dark(hour: int) -> Any:
    from deals.models import Silence

    return Silence.objects.filter(Cutoffs.at(at(hour)).dark())
