"""What a report is about, and how an address says it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Team, User
from contacts.models import Contact
from deals.forms.report import ScopeForm
from deals.models import Pipeline, Stage
from deals.periods import Period
from deals.scopes import Business, Scope
from tests.cast import day

NOW = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def form(reader: User, **said: object) -> ScopeForm:
    return ScopeForm(said, reader=reader, now=NOW, zone=BERLIN)


def test_without_a_word_it_is_the_usual_weeks_as_of_now(maud: User) -> None:
    scope = form(maud).scope
    assert scope == Scope.usual(NOW, BERLIN)
    assert (scope.period.days, scope.as_of, scope.is_now, scope.is_narrowed) == (
        70, NOW, True, False,
    )  # fmt: skip


def test_what_an_address_says_is_what_it_was_written_from(cast: object, ada: User) -> None:
    stage = Stage.objects.get(name="Demo")
    scope = Scope(
        Period(date(2026, 3, 1), date(2026, 3, 15), BERLIN),
        day(5, 17),
        is_now=False,
        pipeline=stage.pipeline,
        stage=stage,
        team=Team.objects.get(name="North"),
        owner=User.objects.get(name="Ines"),
        kind=Contact.Kind.PROSPECT,
        business=Business.B2B,
    )
    said = dict(parse_qsl(scope.query()))
    assert said["as_of"] == "2026-03-07T17:00:00Z"
    assert form(ada, **said).scope == scope


def test_a_day_to_report_as_of_means_its_end_where_the_reader_lives(maud: User) -> None:
    scope = form(maud, as_of="2026-03-10").scope
    assert scope.as_of == datetime(2026, 3, 10, 22, 59, 59, 999_999, tzinfo=UTC)
    assert (scope.period.last, scope.is_now) == (date(2026, 3, 10), False)
    assert scope.until == datetime(2026, 3, 10, 23, tzinfo=UTC)


def test_today_means_now(maud: User) -> None:
    scope = form(maud, as_of="2026-03-20").scope
    assert (scope.as_of, scope.is_now) == (NOW, True)


def test_what_came_after_the_instant_does_not_belong_to_it(maud: User) -> None:
    scope = form(maud, **{"from": "2026-03-01", "to": "2026-03-31"}, as_of="2026-03-10T12:00").scope
    assert scope.until == datetime(2026, 3, 10, 11, tzinfo=UTC) + timedelta.resolution


def test_the_period_before_ends_where_this_one_begins(maud: User) -> None:
    scope = form(maud, as_of="2026-03-10", kind="customer").scope
    assert (scope.before.until, scope.before.is_now, scope.before.kind) == (
        scope.since, False, "customer",
    )  # fmt: skip
    assert scope.before.period.days == scope.period.days


def test_a_pinned_scope_stays_at_its_instant(maud: User) -> None:
    pinned = form(maud).scope.pinned
    later = ScopeForm(
        dict(parse_qsl(pinned.query())), reader=maud, now=NOW + timedelta(days=9), zone=BERLIN
    )
    assert later.scope == pinned


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ({"as_of": "2026-03-21"}, "Choose a day up to today"),
        ({"as_of": "lately"}, "Write a day such as"),
        ({"as_of": "2026-02-31"}, "Write a day such as"),
        ({"as_of": "2026-03-01", "from": "2026-03-05"}, "Choose an earlier first day"),
        ({"kind": "friend"}, "not one of the available choices"),
        ({"business": "b3b"}, "not one of the available choices"),
        ({"owner": "x"}, "not one of the available choices"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_remedy(
    maud: User, said: dict[str, str], remedy: str
) -> None:
    refused = form(maud, **said)
    assert remedy in str(refused.errors)
    assert refused.scope == Scope(refused.shown, NOW)


def test_a_stage_of_another_pipeline_is_refused(maud: User) -> None:
    other = Pipeline.objects.get(name="Customers")
    refused = form(maud, pipeline=other.pk, stage=Stage.objects.get(name="Demo").pk)
    assert "Choose one of its stages" in str(refused.errors["stage"])


def test_teams_and_owners_out_of_sight_are_refused_like_unknown_ones(
    ines: User, karl: User, maud: User, noor: User, ada: User
) -> None:
    north, south = Team.objects.get(name="North"), Team.objects.get(name="South")
    nobody = 987_654

    def refusals(reader: User, name: str, *values: int) -> list[str]:
        return [str(form(reader, **{name: value}).errors.get(name, "")) for value in values]

    for reader in (ines, maud):
        unknown = refusals(reader, "owner", nobody)
        assert unknown != [""]
        assert refusals(reader, "owner", noor.pk) == unknown
        assert refusals(reader, "team", south.pk) == refusals(reader, "team", nobody) != [""]
    assert refusals(maud, "owner", ines.pk, karl.pk, maud.pk) == ["", "", ""]
    assert refusals(ines, "owner", ines.pk) == [""] != refusals(ines, "owner", karl.pk)
    assert refusals(maud, "team", north.pk) == [""]
    assert refusals(ada, "team", north.pk, south.pk) == ["", ""]
    assert refusals(ada, "owner", noor.pk) == [""]


@pytest.mark.parametrize(
    "said",
    [
        {"as_of": "9999-12-31"},
        {"as_of": "0001-01-01"},
        {"as_of": "0001-03-15"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-31", "to": "9999-12-31"},
    ],
)
def test_a_year_that_no_report_can_be_of_is_refused(maud: User, said: dict[str, str]) -> None:
    asked = form(maud, **said)
    assert not asked.is_valid()
    assert asked.errors[next(iter(said))] == ["Choose a year from 1900 to 2199."]
    assert asked.scope == Scope.usual(NOW, BERLIN)
