"""The rail that every page wears."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from deals.sweep import beat
from outreach.context import rail_of
from tests.cast import day


def labels(user: User) -> list[str]:
    return [way.label for way in rail_of(user, "/", day(0)).items]


def test_a_rep_has_neither_report_nor_thresholds(ines: User) -> None:
    assert labels(ines) == ["Today", "Deals", "Contacts", "Mail", "Settings"]


def test_managers_and_admins_read_report_and_thresholds(maud: User, ada: User) -> None:
    every = ["Today", "Deals", "Contacts", "Mail", "Report", "Thresholds", "Settings"]
    assert labels(maud) == every
    assert labels(ada) == every


def test_what_stands_under_a_way_lights_it(ines: User) -> None:
    lit = [way.key for way in rail_of(ines, "/companies/7/", day(0)).items if way.is_current]
    assert lit == ["contacts"]


def test_the_rail_costs_two_queries(ines: User, django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        rail_of(ines, "/", day(0))


def test_the_heartbeat_says_when_the_last_sweep_ran(ines: User) -> None:
    beat(day(0), marked_dark=0, suggested=0)
    rail = rail_of(ines, "/", day(0) + timedelta(seconds=40))
    assert (rail.heartbeat.text, rail.heartbeat.is_late) == ("Last sweep 40 s ago", False)


def test_the_heartbeat_warns_when_the_sweep_is_late(ines: User) -> None:
    beat(day(0), marked_dark=0, suggested=0)
    late = day(0) + 6 * timedelta(seconds=settings.SWEEP_SECONDS)
    assert rail_of(ines, "/", late).heartbeat.is_late


@pytest.mark.django_db
def test_a_stranger_sees_no_rail(client: Client) -> None:
    assert b'class="rail"' not in client.get("/account/login/").content


def test_the_rail_stands_on_the_page_and_renews_its_heartbeat(client: Client, ines: User) -> None:
    client.force_login(ines)
    assert b'hx-get="/heartbeat/"' in client.get("/").content
    assert client.get("/heartbeat/").status_code == 200
