"""A calendar's page: its year and the box to try it, for whoever sees somebody that lives by it."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from deals import calendars
from deals.models import WorkCalendar
from tests.cast import make_company, make_contact, make_deal


@pytest.fixture
def sweden(workspace: object) -> WorkCalendar:
    calendar = WorkCalendar.objects.create(name="Sweden")
    calendars.new_version(
        calendar, now=timezone.now(), hours=calendars.WORKING_WEEK,
        time_zone="Europe/Stockholm", country="SE",
    )  # fmt: skip
    return calendar


def words(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def asks(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_a_rep_reads_the_calendar_of_a_contact_whom_they_see(
    client: Client, ines: User, noor: User, sweden: WorkCalendar
) -> None:
    contact = make_contact(owner=ines)
    calendars.assign(contact, sweden, now=timezone.now())
    url = f"/calendars/{sweden.pk}/"
    client.force_login(ines)
    assert client.get(f"/contacts/{contact.pk}/year/")["Location"] == url
    page = client.get(url)
    assert str(contact) in words(page)
    assert f"/settings/calendars/{sweden.pk}/" not in page.content.decode()
    client.force_login(noor)
    assert client.get(url).status_code == 404
    assert client.get(f"/contacts/{contact.pk}/year/").status_code == 404


def test_who_has_no_calendar_of_their_own_lives_by_the_workspaces(
    client: Client, ines: User
) -> None:
    client.force_login(ines)
    ours = f"/calendars/{WorkCalendar.objects.get(is_workspace=True).pk}/"
    contact = make_contact(owner=ines)
    assert client.get(f"/contacts/{contact.pk}/year/")["Location"] == ours
    assert client.get("/calendars/ours/")["Location"] == ours
    assert client.get("/calendars/ours/?span=4wh")["Location"] == f"{ours}?span=4wh"
    assert client.get(ours).status_code == 200


def test_contact_company_and_deal_lead_to_the_calendar(
    client: Client, ines: User, sweden: WorkCalendar
) -> None:
    company = make_company(owner=ines)
    contact = make_contact(company=company, owner=ines)
    calendars.assign_company(company, sweden, now=timezone.now())
    deal = make_deal(ines, contact=contact)
    client.force_login(ines)
    link = f'href="/calendars/{sweden.pk}/"'
    assert link in client.get(f"/contacts/{contact.pk}/").content.decode()
    assert link in client.get(f"/companies/{company.pk}/").content.decode()
    assert (
        f'href="/contacts/{contact.pk}/year/"' in client.get(f"/deals/{deal.pk}/").content.decode()
    )


def test_the_year_tells_each_day_in_words(client: Client, ada: User, sweden: WorkCalendar) -> None:
    client.force_login(ada)
    year = timezone.now().year
    page = client.get(f"/calendars/{sweden.pk}/?year={year + 1}")
    assert page.context["year"].number == year + 1
    said = words(page)
    assert "Epiphany" in said
    assert said.count(": Open") > 240
    assert said.count(": Closed") > 90
    for asked in (year + 3, "", "x", "²", "9" * 5000):
        assert (
            client.get(f"/calendars/{sweden.pk}/", {"year": asked}).context["year"].number == year
        )


def test_the_box_answers_from_the_address_alone(
    client: Client, ada: User, sweden: WorkCalendar
) -> None:
    client.force_login(ada)
    asked = {"from": "2026-04-02T15:00", "span": "4WH"}
    page = client.get(f"/calendars/{sweden.pk}/", asked)
    said = words(page)
    assert "Dark on Tuesday, 7 April 2026, 11:00" in said  # after Easter, in Stockholm's time
    assert "Holiday: Good Friday" in said
    assert page.context["trial"].dark_at == datetime.fromisoformat("2026-04-07T09:00Z")
    assert page.context["lines"][-1].total == "4 h"


@pytest.mark.parametrize(
    ("asked", "field", "remedy"),
    [
        ({"from": "soon", "span": "4wh"}, "from", "Write a day and a time"),
        ({"from": "0001-01-01T00:00", "span": "4wh"}, "from", "Use a year from 1970"),
        ({"from": "2026-03-29T02:30", "span": "4wh"}, "from", "There was no 02:30"),
        ({"from": "2026-04-02T15:00", "span": "soon"}, "span", "“soon” is not a span of time."),
        ({"from": "2026-04-02T15:00", "span": ""}, "span", "This field is required."),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_remedy(
    client: Client, ada: User, sweden: WorkCalendar, asked: dict[str, str], field: str, remedy: str
) -> None:
    client.force_login(ada)
    page = client.get(f"/calendars/{sweden.pk}/", asked)
    assert page.status_code == 422
    assert "Nothing is saved" not in words(page)  # it only asks
    assert page.context["form"].errors[field][0].startswith(remedy)


def test_the_page_asks_no_more_for_more_users(
    client: Client, ines: User, sweden: WorkCalendar
) -> None:
    def give() -> None:
        calendars.assign(make_contact(owner=ines), sweden, now=timezone.now())
        company = make_company(f"Company {make_contact().pk}", owner=ines)
        calendars.assign_company(company, sweden, now=timezone.now())

    client.force_login(ines)
    give()
    one = asks(client, f"/calendars/{sweden.pk}/")
    give()
    give()
    assert (one, asks(client, f"/calendars/{sweden.pk}/")) == (11, 11)
