"""One click ends all e-mail: for whoever received it, without a sign-in, once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from contacts.models import OptOut
from deals import people
from outreach import sweeping
from outreach.mail.sending import unsubscribe
from outreach.models import Delivery, Suggestion
from tests.cast import Story, make_contact, make_deal
from tests.mailing import order


def ago(days: int) -> datetime:
    return timezone.now() - timedelta(days)


@pytest.fixture
def story(ines: User) -> Story:
    told = Story(make_deal(ines, "Demo", opened_at=ago(days=12)))
    told.we_write(ago(days=10))
    sweeping.run(timezone.now())
    return told


@pytest.fixture
def delivery(story: Story, ines: User) -> Delivery:
    return order(story.deal, ines, now=timezone.now())


@pytest.fixture
def url(delivery: Delivery) -> str:
    address = unsubscribe.address_of(delivery)
    assert address.startswith("http://127.0.0.1:8000/unsubscribe/")
    return address.removeprefix("http://127.0.0.1:8000")


def test_looking_at_the_page_changes_nothing(client: Client, url: str) -> None:
    assert b"No more e-mail?" in client.get(url).content
    assert OptOut.objects.count() == 0


def test_a_mail_program_posts_one_click_and_that_is_all(
    url: str, delivery: Delivery, story: Story
) -> None:
    from_outside = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = from_outside.post(url, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert b"You will get no more e-mail" in answer.content
    out = OptOut.objects.get()
    assert (out.contact, out.channel) == (delivery.contact, "email")


def test_what_was_suggested_by_mail_is_withdrawn_at_once(client: Client, ines: User) -> None:
    contact = make_contact(addresses={"email": "mara@yard.example"})
    deals = [make_deal(ines, "Demo", contact=contact, opened_at=ago(days=12)) for _ in range(2)]
    for deal in deals:
        Story(deal).we_write(ago(days=10))
    sweeping.run(timezone.now())
    made = order(deals[0], ines, now=timezone.now())
    assert Suggestion.objects.live().get().channel == "email"
    client.post(unsubscribe.address_of(made))
    assert {row.channel for row in Suggestion.objects.live()} == {""}


def test_who_wants_nothing_at_all_is_not_noted_again(
    client: Client, url: str, delivery: Delivery
) -> None:
    people.opt_out(delivery.contact, now=timezone.now())
    client.post(url)
    assert OptOut.objects.get().channel == ""


def test_a_forged_link_is_no_page(client: Client, delivery: Delivery) -> None:
    assert client.get(f"/unsubscribe/{delivery.pk}:made-up/").status_code == 404
    assert client.post(f"/unsubscribe/{delivery.pk}/").status_code == 404
    assert OptOut.objects.count() == 0


def test_the_link_of_a_mail_that_is_gone_is_no_page(
    client: Client, url: str, delivery: Delivery
) -> None:
    delivery.delete()
    assert client.get(url).status_code == 404
