"""One's own calendar: kept secret, read when it is saved, and shown by the meetings found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals.models import Deal, Turn
from outreach import feeds
from outreach.models import CalendarFeed, Meeting
from tests.cast import make_contact, make_deal
from tests.listening import Listener, listening
from tests.outreach.test_feeds import ADDRESS, calendar, event

PAGE = "/settings/calendar/"


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def deal(ines: User) -> Deal:
    mara = make_contact(addresses={"email": ADDRESS})
    return make_deal(ines, contact=mara, turn=Turn.THEIRS)


def save(client: Client, url: str) -> Any:
    return client.post(PAGE, {"url": url}, follow=True)


def test_a_calendar_is_read_when_it_is_saved_and_tells_whom_one_meets(
    rep: Client, deal: Deal
) -> None:
    soon = timezone.now() + timedelta(days=3)
    late = event("late", start=soon + timedelta(days=20))
    with listening(Listener(body=calendar(event(start=soon), late))) as server:
        page = save(rep, server.url)

    said = [str(message) for message in page.context["messages"]]
    assert said == ["The calendar is read. It is read again every five minutes."]
    assert [(one.contact, one.deal) for one in page.context["meetings"]] == [(deal.contact, deal)]
    text = page.content.decode()
    assert "With Mara Lind" in text
    assert f'href="/deals/{deal.pk}/"' in text
    assert "The deal is held until" in text


def test_the_address_is_kept_encrypted_and_never_shown(rep: Client) -> None:
    with listening(Listener(body=calendar())) as server:
        server.url += "/my-secret"
        page = save(rep, server.url).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT url FROM outreach_calendarfeed")
        [[stored]] = cursor.fetchall()

    assert CalendarFeed.objects.get().url == server.url
    assert "my-secret" not in stored
    assert "my-secret" not in page


def test_a_calendar_that_cannot_be_read_says_why(rep: Client) -> None:
    with listening(Listener(status=403)) as server:
        page = save(rep, server.url)

    assert page.context["feed"].read_problem == (
        "The calendar is not open to us. Publish it, or take its secret address."
    )
    assert list(page.context["messages"]) == []
    assert "It could not be read: The calendar is not open to us." in page.content.decode()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "This field is required."),
        ("calendar.example.org", "The address has to begin with https:// or http://."),
        ("http://8.8.8.8/x.ics",
         "Use https:// for it: with http:// anyone on the way could read along."),
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_refused(rep: Client, url: str, says: str) -> None:
    answer = rep.post(PAGE, {"url": url})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"url": [says]}
    assert CalendarFeed.objects.count() == 0


def test_a_private_address_is_refused_for_a_calendar_too(rep: Client) -> None:
    answer = rep.post(PAGE, {"url": "webcal://169.254.169.254/latest.ics"})

    assert (
        answer.context["form"]
        .errors["url"][0]
        .startswith("169.254.169.254 is not on the public internet.")
    )


def test_another_calendar_takes_the_place_of_the_first(rep: Client, ines: User) -> None:
    with (
        listening(Listener(body=calendar())) as first,
        listening(Listener(body=calendar())) as other,
    ):
        save(rep, first.url)
        save(rep, other.url)

    assert CalendarFeed.objects.get(user=ines).url == other.url


def test_a_calendar_that_is_removed_leaves_its_meetings(rep: Client, deal: Deal) -> None:
    soon = timezone.now() + timedelta(days=3)
    with listening(Listener(body=calendar(event(start=soon)))) as server:
        save(rep, server.url)
    page = rep.post(f"{PAGE}removal/", follow=True)

    assert CalendarFeed.objects.count() == 0
    assert len(page.context["meetings"]) == 1


def test_nobody_sees_the_meetings_of_others(
    client: Client, ines: User, karl: User, deal: Deal
) -> None:
    soon = timezone.now() + timedelta(days=3)
    with listening(Listener(body=calendar(event(start=soon)))) as server:
        feeds.save(ines, server.url, now=timezone.now())
    client.force_login(karl)

    page = client.get(PAGE)

    assert Meeting.objects.count() == 1
    assert (list(page.context["meetings"]), page.context["feed"]) == ([], None)
    assert b"Fleet demo" not in page.content


def test_three_meetings_ask_the_database_no_more_than_one(
    rep: Client, ines: User, deal: Deal, django_assert_num_queries: Any
) -> None:
    for number in (1, 3):
        starts = [timezone.now() + timedelta(days=1 + n) for n in range(number)]
        events = [event(f"m{n}", start=start) for n, start in enumerate(starts)]
        with listening(Listener(body=calendar(*events))) as server:
            feeds.save(ines, server.url, now=timezone.now())
        with django_assert_num_queries(6):
            assert len(rep.get(PAGE).context["meetings"]) == number
