"""At once: deals of high value that went dark, to owners and to managers who ask for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User, Workspace
from deals import rates
from deals.models import Deal, WorkCalendar
from outreach.digest import making
from outreach.digest.people import Teams
from outreach.models import Digest, DigestSettings, Telling
from tests.cast import Cast, Story, day, make_cover, make_deal, sweep_at
from tests.digesting import content, of, titles, waiting, wants

State = Digest.State


@pytest.fixture(autouse=True)
def _clocks(workspace: Workspace) -> None:
    """Everybody reads the clock of UTC, where the workspace is open nine to five."""
    workspace.time_zone = "UTC"
    workspace.save()


def test_a_high_value_deal_is_told_at_once(ines: User, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    waiting(ines, title="Harbour", amount=Decimal(50_000))
    waiting(ines, title="Kiosk", amount=Decimal(49_999))
    making.make(day(7, 8))
    assert Telling.objects.filter(silence__deal__title="Harbour").count() == 0  # nor foretold
    sweep_at(day(7, 10, 1))
    assert making.make(day(7, 10, 1)) == 1
    [digest] = of(ines, "at_once")
    assert titles(digest, day(7, 10, 1)) == {"dark": ["Harbour"]}
    assert making.make(day(7, 10, 2)) == 0
    assert making.make(day(8, 8)) == 0
    assert Telling.objects.filter(silence__deal__title="Harbour").count() == 1


def test_ones_own_threshold_wins(cast: Cast, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    wants(cast.ines, high_value_amount=Decimal(500))
    wants(cast.karl, high_value_amount=Decimal(60_000))
    for owner in (cast.ines, cast.karl):
        wants(owner, morning_by_mail=False, morning_in_app=False)
        waiting(owner, amount=Decimal(55_000))
        waiting(owner, amount=Decimal(600))
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert [Telling.objects.filter(user=each).count() for each in (cast.ines, cast.karl)] == [2, 0]


def test_another_currency_is_not_compared_blindly(ines: User, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    waiting(ines, amount=Decimal(900_000), currency="JPY")
    sweep_at(day(7, 15))
    making.make(day(7, 15))
    assert of(ines, "at_once") == []
    assert making.make(day(8, 8)) == 1


def test_another_currency_counts_by_the_rate_of_the_day(ada: User, workspace: Workspace) -> None:
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    for rate, on in (("1.10", 0), ("2.50", 7), ("0.10", 8)):
        rates.set_rate("GBP", day(on).date(), Decimal(rate), user=ada, now=day(0))
    waiting(ada, title="Harbour", amount=Decimal(20_000), currency="GBP")
    waiting(ada, title="Kiosk", amount=Decimal(19_999), currency="GBP")
    making.make(day(7, 8))
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    [digest] = of(ada, "at_once")
    assert titles(digest, day(7, 10, 1)) == {"dark": ["Harbour"]}


@pytest.fixture
def at_stake(cast: Cast, workspace: Workspace) -> Cast:
    """A deal of high value in each team is about to go dark; Maud leads North, where Ines is."""
    workspace.high_value_amount = Decimal(50_000)
    workspace.save()
    waiting(cast.ines, title="Harbour", amount=Decimal(84_000))
    waiting(cast.ines, title="Kiosk", amount=Decimal(600))
    waiting(cast.noor, title="South", amount=Decimal(84_000))
    making.make(day(7, 8))  # that morning's digests are behind everybody
    return cast


def told_at_once(user: User) -> list[tuple[str, str]]:
    """Return what somebody is told at once: titles, and whose the deals are."""
    return sorted(
        (told.title, told.whose)
        for digest in of(user, "at_once")
        for section in content(digest, day(7, 10, 1)).sections
        for told in section.told
    )


def test_a_manager_is_told_at_once_of_the_teams_they_lead_and_of_no_others(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    sweep_at(day(7, 10, 1))
    assert making.make(day(7, 10, 1)) == 3
    assert told_at_once(at_stake.maud) == [("Harbour", "owned by Ines")]
    assert told_at_once(at_stake.ines) == [("Harbour", "")]
    assert told_at_once(at_stake.noor) == [("South", "")]


def test_a_manager_who_has_not_asked_is_told_of_none(at_stake: Cast) -> None:
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert Telling.objects.filter(user=at_stake.maud).count() == 0


def test_an_admin_who_asks_is_told_of_everybodys(at_stake: Cast) -> None:
    wants(at_stake.ada, at_once_of_teams=True)
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    told = told_at_once(at_stake.ada)
    assert told == [("Harbour", "owned by Ines"), ("South", "owned by Noor")]


def test_somebody_who_leads_no_more_is_told_of_no_team(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    sweep_at(day(7, 10, 1))
    User.objects.filter(pk=at_stake.maud.pk).update(role=User.Role.REP)
    making.make(day(7, 10, 1))
    assert of(at_stake.maud, "at_once") == []


def test_a_deal_that_left_the_team_since_is_not_in_the_mail(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    User.objects.filter(pk=at_stake.ines.pk).update(team=at_stake.noor.team)
    assert told_at_once(at_stake.maud) == []


def test_a_manager_has_an_amount_of_their_own_for_their_teams(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True, high_value_amount=Decimal(100))
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert told_at_once(at_stake.maud) == [
        ("Harbour", "owned by Ines"), ("Kiosk", "owned by Ines"),
    ]  # fmt: skip


def test_whoever_leads_and_covers_and_then_owns_it_is_told_once(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    make_cover(at_stake.maud, at_stake.ines, day(6), day(9))
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert told_at_once(at_stake.maud) == [("Harbour", "for Ines")]
    Deal.objects.filter(title="Harbour").update(owner=at_stake.maud)
    for number in (7, 8, 9, 10):
        making.make(day(number, 13))
    told = Telling.objects.filter(user=at_stake.maud, silence__deal__title="Harbour")
    assert [telling.kind for telling in told] == ["dark"]


def test_a_manager_on_leave_is_told_of_no_team_and_nor_is_who_covers_them(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True)
    wants(at_stake.karl, at_once_of_teams=True)
    make_cover(at_stake.karl, at_stake.maud, day(6), day(9))
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    assert [of(user, "at_once") for user in (at_stake.maud, at_stake.karl)] == [[], []]


def test_the_morning_does_not_speak_of_the_teams_deals(at_stake: Cast) -> None:
    wants(at_stake.maud, at_once_of_teams=True, at_once_by_mail=False, at_once_in_app=False)
    sweep_at(day(7, 10, 1))
    making.make(day(7, 10, 1))
    making.make(day(8, 8))
    assert Telling.objects.filter(user=at_stake.maud).count() == 0


def test_whose_deals_are_told_are_whose_figures_one_reads(cast: Cast) -> None:
    people = list(User.objects.all())
    for user in people:
        wants(user, at_once_of_teams=True)
    teams = Teams.of(User.objects.select_related("digest_settings"))
    for user in (cast.maud, cast.ada):
        overseen = set(User.objects.overseen_by(user).values_list("pk", flat=True))
        assert teams.owners(user.pk) | {user.pk} == overseen
    assert [teams.owners(user.pk) for user in (cast.ines, cast.noor)] == [frozenset()] * 2


def test_teams_take_two_queries_however_many_lead_them(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    for user in (cast.maud, cast.ada):
        wants(user, at_once_of_teams=True)
    for number in range(2):
        people = list(User.objects.select_related("digest_settings"))
        with django_assert_num_queries(2):
            Teams.of(people)
        for one in range(3):
            name = f"lead{number}{one}"
            lead = User.objects.create_user(f"{name}@example.com", name=name, role="manager")
            lead.led_teams.add(cast.ines.team)
            wants(lead, at_once_of_teams=True)


def test_at_night_nothing_comes_at_once_and_the_morning_tells_it(
    ines: User, workspace: Workspace
) -> None:
    workspace.high_value_amount = Decimal(1)
    workspace.save()
    Story(make_deal(ines, "Demo")).we_write(day(0, 22))
    sweep_at(day(7, 22, 1))
    assert making.make(day(7, 22, 1)) == 0
    assert making.make(day(8, 8)) == 1
    assert [len(of(ines, kind)) for kind in ("morning", "at_once")] == [1, 0]


def test_after_the_quiet_hours_it_comes_before_the_morning_does(
    ines: User, workspace: Workspace
) -> None:
    workspace.high_value_amount = Decimal(1)
    workspace.save()
    Story(make_deal(ines, "Demo")).we_write(day(0, 22))
    sweep_at(day(7, 22, 1))
    assert making.make(day(8, 7)) == 1
    assert len(of(ines, "at_once")) == 1
    assert making.make(day(8, 8)) == 0


@pytest.fixture
def after_a_holiday(cast: Cast, workspace: Workspace) -> Cast:
    """A week without work, in which a deal of high value went dark on the first day."""
    workspace.high_value_amount = Decimal(1)
    workspace.save()
    waiting(cast.ines)
    version = WorkCalendar.objects.get(is_workspace=True).versions.get()
    version.holidays = {f"2026-03-{number:02}": "Holidays" for number in range(9, 14)}
    version.save()
    sweep_at(day(7, 10, 1))
    return cast


def test_at_once_is_told_on_no_holiday_and_no_weekend(after_a_holiday: Cast) -> None:
    for number in range(7, 14):
        assert making.make(day(number, 10, 1)) == 0


def test_after_long_holidays_the_morning_tells_it(after_a_holiday: Cast) -> None:
    assert making.make(day(14, 7)) == 0
    making.make(day(14, 8))
    assert [len(of(after_a_holiday.ines, kind)) for kind in ("at_once", "morning")] == [0, 1]


def test_who_wants_no_morning_is_told_at_once_after_long_holidays(after_a_holiday: Cast) -> None:
    wants(after_a_holiday.ines, morning_by_mail=False, morning_in_app=False)
    wants(after_a_holiday.maud, at_once_of_teams=True)  # whose morning does not speak of it
    assert making.make(day(14, 7)) == 2
    for user in (after_a_holiday.ines, after_a_holiday.maud):
        assert len(of(user, "at_once")) == 1


def test_what_can_reach_nobody_keeps_no_other_news_back(
    cast: Cast, workspace: Workspace, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    Workspace.objects.update(high_value_amount=500)
    DigestSettings.objects.create(user=cast.ines, at_once_in_app=False)
    waiting(cast.ines)
    sweep_at(day(7, 11))
    making.make(day(8, 8))
    assert of(cast.ines, "at_once") == []
    waiting(cast.karl)
    sweep_at(day(7, 11))
    making.make(day(8, 8, 1))
    assert len(of(cast.karl, "at_once")) == 1
