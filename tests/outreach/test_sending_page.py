"""Sending a mail from here, with and without scripts; nothing that was typed is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import people
from deals.models import Deal
from outreach import fates, sweeping
from outreach.models import Delivery, Suggestion
from tests.cast import Story, make_contact, make_deal
from tests.mailing import email_of, order

BODY = "Hello Mara,\n\nis June still the right month for the first ten vessels?"
IN_DIALOG = {
    "HX-Request": "true",
    "HX-Target": "queue",
    "HX-Current-URL": "http://testserver/?deal=1",
}


def ago(days: int) -> datetime:
    return timezone.now() - timedelta(days)


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def deal(ines: User) -> Deal:
    told = Story(make_deal(ines, "Demo", opened_at=ago(12)))
    told.we_write(ago(10))
    sweeping.run(timezone.now())
    return told.deal


def post(client: Client, deal: Deal, headers: dict[str, str] | None = None, **told: Any) -> Any:
    said = {"to": email_of(deal.contact).pk, "subject": "The first vessels", "note": BODY, **told}
    return client.post(f"/deals/{deal.pk}/send/", said, headers=headers or {})


def message_of(client: Client) -> Any:
    [message] = client.get("/search/").context["messages"]
    return message


def test_a_mail_is_ordered_and_can_be_taken_back(rep: Client, deal: Deal) -> None:
    answer = post(rep, deal, next="/?deal=1")
    assert (answer.status_code, answer.url) == (302, "/?deal=1")
    made = Delivery.objects.get()
    assert (made.state, made.subject, made.body) == ("queued", "The first vessels", BODY)
    message = message_of(rep)
    assert str(message) == "The mail to Mara Lind goes out in 10 seconds."
    rep.post(message.extra_tags)
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert Suggestion.objects.live().count() == 1


def test_on_today_the_deal_leaves_the_list_at_once(rep: Client, deal: Deal) -> None:
    answer = post(rep, deal, IN_DIALOG)
    assert answer.status_code == 200
    assert b"goes out in 10 seconds" in answer.content
    assert b'id="queue"' in answer.content


def test_a_mail_for_later_says_when_it_goes(rep: Client, deal: Deal) -> None:
    at = timezone.now() + timedelta(days=2)
    post(rep, deal, send_at=at.isoformat())
    assert Delivery.objects.get().send_at == at
    assert str(message_of(rep)).startswith("The mail to Mara Lind goes out on ")
    far = post(rep, deal, send_at=(at + timedelta(days=60)).isoformat(), note="Another one?")
    assert (far.status_code, Delivery.objects.count()) == (422, 1)
    assert "Choose a time within 60 days." in far.content.decode()


def test_blame_is_shown_before_it_is_sent_and_may_be_sent_all_the_same(
    rep: Client, deal: Deal
) -> None:
    blame = "Hello Mara,\n\njust checking in. Did you see my last e-mail?"
    answer = post(rep, deal, note=blame)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This reads like blame. Mend it, or send it as it is." in page
    assert "Send anyway" in page
    assert "just checking in. Did you see my last e-mail?</textarea>" in page
    assert Delivery.objects.count() == 0
    post(rep, deal, note=blame, anyway="on")
    assert Delivery.objects.get().body == blame


def test_advice_about_the_form_of_a_text_does_not_stop_it(rep: Client, deal: Deal) -> None:
    assert post(rep, deal, note="The oven is here.").status_code == 302


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"subject": ""}, "This field is required."),
        ({"subject": "Hello\nBcc: all@example.org"}, "must each be on one line"),
        ({"to": "999999"}, "This address does not work or may not be used."),
    ],
)
def test_what_cannot_go_comes_back_with_all_that_was_typed(
    rep: Client, deal: Deal, told: dict[str, str], words: str
) -> None:
    answer = post(rep, deal, **told)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "is June still the right month" in answer.content.decode()
    assert Delivery.objects.count() == 0


def test_in_a_dialog_what_is_wrong_comes_back_into_the_dialog(rep: Client, deal: Deal) -> None:
    people.opt_out(deal.contact, now=timezone.now(), channel="email")
    answer = post(rep, deal, IN_DIALOG)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#dialog-body")
    assert "Mara Lind wants to hear nothing more by e-mail." in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_only_addresses_of_the_deals_people_that_work_are_offered(rep: Client, deal: Deal) -> None:
    piotr = make_contact("Piotr")
    people.join(deal, piotr, now=timezone.now())
    make_contact("Stranger")
    dead = email_of(make_contact("Dead"))
    dead.health = "dead"
    people.change_address(dead)
    people.join(deal, dead.contact, now=timezone.now())
    page = rep.get(f"/deals/{deal.pk}/send/").content.decode()
    offered = [name for name in ("Mara", "Piotr", "Stranger", "Dead") if f">{name} Lind, " in page]
    assert offered == ["Mara", "Piotr"]


def test_the_page_offers_the_draft_of_the_suggestion(rep: Client, ines: User) -> None:
    contact = make_contact(addresses={"email": "mara@yard.example"})
    told = Story(make_deal(ines, "Demo", contact=contact, opened_at=ago(12)))
    told.we_write(ago(10))
    page = rep.get(f"/deals/{told.deal.pk}/send/")
    assert page.context["form"]["subject"].value() == "Fleet telematics"
    assert page.context["form"].words == ""
    sweeping.run(timezone.now())
    page = rep.get(f"/deals/{told.deal.pk}/send/")
    assert "Hello Mara" in page.context["form"].words


def test_what_others_own_is_no_page(client: Client, deal: Deal, noor: User, ines: User) -> None:
    made = order(deal, ines, now=timezone.now())
    client.force_login(noor)
    assert client.get(f"/deals/{deal.pk}/send/").status_code == 404
    assert post(client, deal).status_code == 404
    assert client.get(f"/deals/{deal.pk}/deliveries/").status_code == 404
    assert client.post(f"/deliveries/{made.pk}/cancellation/").status_code == 404
    assert client.post(f"/deliveries/{made.pk}/resolution/").status_code == 404
    made.refresh_from_db()
    assert made.state == "queued"


def test_what_waits_is_taken_back_on_the_deals_page_and_tried_again(
    rep: Client, deal: Deal, ines: User
) -> None:
    made = order(deal, ines, now=timezone.now())
    page = rep.get(f"/deals/{deal.pk}/deliveries/").content.decode()
    assert "Waits to go out" in page
    rep.post(f"/deliveries/{made.pk}/cancellation/")
    assert str(message_of(rep)) == "The mail does not go out. Your text is still there."
    again = rep.get(f"/deals/{deal.pk}/send/?again={made.pk}").context["form"]
    assert (again["subject"].value(), again.words) == (made.subject, made.body)
    rep.post(f"/deliveries/{made.pk}/cancellation/")
    assert str(message_of(rep)).startswith("It is too late")


@pytest.mark.parametrize(
    ("word", "state", "said"),
    [
        ("yes", "sent", "Noted: it arrived, and counts as sent."),
        ("no", "failed", "Noted: it never arrived. Your text is still there."),
    ],
)
def test_of_a_mail_that_nobody_can_tell_of_the_rep_says_what_became(
    rep: Client, deal: Deal, ines: User, word: str, state: str, said: str
) -> None:
    made = order(deal, ines, now=ago(1))
    made.move(Delivery.State.SENDING, among=["queued"], claimed_at=ago(1))
    fates.give_up_lost(timezone.now())
    page = rep.get(f"/deals/{deal.pk}/deliveries/", headers={"HX-Request": "true"})
    assert "It did not" in page.content.decode()
    rep.post(f"/deliveries/{made.pk}/resolution/", {"arrived": word})
    made.refresh_from_db()
    assert (made.state, str(message_of(rep))) == (state, said)
    rep.post(f"/deliveries/{made.pk}/resolution/", {"arrived": word})
    assert str(message_of(rep)) == "What became of this mail is known already."


def test_the_mails_of_a_deal_cost_as_many_queries_at_one_as_at_three(
    rep: Client, deal: Deal, ines: User, django_assert_num_queries: Any
) -> None:
    order(deal, ines, now=timezone.now(), body="0")
    with django_assert_num_queries(4):
        rep.get(f"/deals/{deal.pk}/deliveries/", headers={"HX-Request": "true"})
    for number in (1, 2):
        order(deal, ines, now=timezone.now(), body=str(number))
    with django_assert_num_queries(4):
        rep.get(f"/deals/{deal.pk}/deliveries/", headers={"HX-Request": "true"})
