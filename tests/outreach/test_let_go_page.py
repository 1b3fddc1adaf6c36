"""The page on which a deal is let go, and what it says that this gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User, Workspace
from contacts.models import Address
from deals.models import Deal, Outcome, Stage
from outreach import given_back, suggest, sweeping
from outreach.models import Delivery, Play, ReasonEntry, StageChance, Suggestion
from tests.cast import Cast, Story, make_contact, make_deal

IN_DIALOG = {
    "HX-Request": "true", "HX-Target": "dialog-body", "HX-Current-URL": "http://testserver/?deal=1",
}  # fmt: skip


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that went dark three days ago, swept."""
    told = Story(make_deal(ines, "Demo", opened_at=ago(days=12)))
    told.we_write(ago(days=10))
    sweeping.run(timezone.now())
    return told


@pytest.fixture
def url(story: Story) -> str:
    return f"/deals/{story.deal.pk}/let-go/"


def propose_letting_go(story: Story, channel: str = "email") -> Suggestion:
    [queued] = Suggestion.objects.live()
    told = {"contact": story.deal.contact, "channel": channel, "now": timezone.now()}
    return suggest.replace(queued, play=Play.LET_GO, user=story.deal.owner, **told)


def shown(client: Client, url: str) -> Any:
    return client.get(url).context


def test_the_page_says_how_much_time_is_given_back(rep: Client, url: str) -> None:
    assert shown(rep, url)["gives"].time == (
        "5 more tries of about 10 minutes: 50 minutes for somebody else."
    )


def test_what_was_tried_is_spent(rep: Client, url: str, story: Story) -> None:
    for hours in (30, 20, 10):
        story.we_write(ago(hours=hours))
    Workspace.objects.update(attempt_minutes=15)
    assert shown(rep, url)["gives"].time == (
        "2 more tries of about 15 minutes: half an hour for somebody else."
    )


@pytest.mark.parametrize(
    ("tries", "each", "said"),
    [
        (0, 10, "The tries are spent: each one more takes about 10 minutes."),
        (3, 0, ""),
        (1, 10, "1 more try: about 10 minutes for somebody else."),
        (1, 1, "1 more try: about 1 minute for somebody else."),
        (3, 10, "3 more tries of about 10 minutes: half an hour for somebody else."),
        (4, 15, "4 more tries of about 15 minutes: an hour for somebody else."),
        (7, 20, "7 more tries of about 20 minutes: 2 hours and 20 minutes for somebody else."),
        (2, 60, "2 more tries of about an hour: 2 hours for somebody else."),
    ],
)
def test_the_time_is_said_in_words(tries: int, each: int, said: str) -> None:
    assert given_back.say_time(tries, each) == said


def test_on_our_own_move_nothing_is_given_back(rep: Client, url: str, story: Story) -> None:
    story.they_write(ago(hours=1))
    gives = shown(rep, url)["gives"]
    assert (gives.time, gives.chance) == ("", "")


def test_the_page_names_the_largest_prospects_who_await_a_first_touch(
    rep: Client, url: str, ines: User, cast: Cast
) -> None:
    for name, amount in (("Ann", 10), ("Bo", None), ("Cy", 30), ("Di", 20)):
        make_deal(ines, contact=make_contact(name), amount=amount, opened_at=ago(days=1))
    make_deal(cast.noor, contact=make_contact("Hidden"), opened_at=ago(days=1))
    make_deal(cast.karl, contact=make_contact("Karls"), opened_at=ago(days=1))
    waiting = shown(rep, url)["gives"].waiting
    assert (waiting.count, [deal.contact.first_name for deal in waiting.first]) == (
        4, ["Cy", "Di", "Ann"],
    )  # fmt: skip
    page = rep.get(waiting.url)
    assert {row.deal.contact.first_name for row in page.context["rows"]} == {
        "Ann",
        "Bo",
        "Cy",
        "Di",
    }
    assert "Hidden" not in rep.get(url).content.decode()


def test_a_managers_link_leads_to_their_own_prospects(client: Client, cast: Cast) -> None:
    make_deal(cast.maud, title="Hers", opened_at=ago(days=1))
    make_deal(cast.ines, title="Her rep’s", opened_at=ago(days=1))
    client.force_login(cast.maud)
    page = client.get(given_back.waiting(cast.maud).url)
    assert [row.deal.title for row in page.context["rows"]] == ["Hers"]


def test_the_chance_is_said_where_it_is_known(rep: Client, url: str, story: Story) -> None:
    assert shown(rep, url)["gives"].chance == ""
    StageChance.objects.create(
        stage=Stage.objects.get(name="Demo"), ages=[[0, 64, 0.05, 0.02, 0.1]], silences=64,
        learned_at=timezone.now(),
    )  # fmt: skip
    assert shown(rep, url)["gives"].chance == "About 5 in 100 come back; 64 were this quiet."


def test_the_suggested_note_is_chosen_and_goes_out_in_ten_seconds(
    rep: Client, url: str, story: Story
) -> None:
    suggestion = propose_letting_go(story)
    form = shown(rep, url)["form"]
    assert form["note_by"].value() == str(suggestion.address_id)
    assert form["note"].value()
    told = {name: form[name].value() or "" for name in form.fields}
    response = rep.post(url, told)
    assert response.status_code == 302
    mail = Delivery.objects.get()
    assert (mail.state, mail.suggestion) == ("queued", suggestion)
    assert Deal.objects.get(pk=story.deal.pk).outcome == Outcome.RESTING


def test_let_go_by_hand_no_note_is_chosen_but_its_words_are_ready(
    rep: Client, url: str, story: Story
) -> None:
    form = shown(rep, url)["form"]
    assert form["note_by"].value() == ""
    assert form["note"].value()
    assert [label.partition(" ")[0] for _, label in form.fields["note_by"].choices] == [
        "E-mail", "A", "No",
    ]  # fmt: skip


def test_the_note_of_another_channel_is_fetched_with_its_link(rep: Client, story: Story) -> None:
    phone = story.deal.contact.addresses.get(channel="phone")
    at = f"/deals/{story.deal.pk}/closing-note/"
    part = rep.get(at, {"note_by": phone.pk}, headers=IN_DIALOG).content.decode()
    assert "<html" not in part
    assert 'href="tel:+46' in part
    assert 'name="subject"' not in part
    assert 'name="note"' not in rep.get(at, {"note_by": ""}, headers=IN_DIALOG).content.decode()


def test_a_note_by_hand_is_logged(rep: Client, url: str, story: Story) -> None:
    phone = story.deal.contact.addresses.get(channel="phone")
    rep.post(url, {"outcome": "resting", "note_by": phone.pk, "note": "Wished them well"})
    touch = story.deal.touches.get(note="Wished them well")
    assert (touch.channel, touch.direction, touch.address) == ("phone", "outbound", phone)
    assert Delivery.objects.count() == 0


def test_where_mail_cannot_leave_from_here_the_note_is_opened_and_logged(
    rep: Client, url: str, story: Story, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    suggestion = propose_letting_go(story)
    assert shown(rep, url)["form"]["note_by"].value() == ""
    at = f"/deals/{story.deal.pk}/closing-note/?note_by={suggestion.address_id}"
    assert 'href="mailto:' in rep.get(at, headers=IN_DIALOG).content.decode()
    told = {"outcome": "lost", "note_by": suggestion.address_id, "subject": "Bye", "note": "Well"}
    rep.post(url, told)
    assert story.deal.touches.get(subject="Bye").note == "Well"


def test_the_reason_is_the_one_that_the_rep_named_and_may_have_words(
    rep: Client, url: str, story: Story
) -> None:
    ReasonEntry.objects.create(
        silence=story.silence, guessed="busy", confidence=50, said="lost_interest",
        said_at=timezone.now(),
    )  # fmt: skip
    assert shown(rep, url)["form"]["why"].value() == "lost_interest"
    rep.post(url, {"outcome": "resting", "why": "busy", "reason": "A merger"})
    assert story.deal.outcome_entries.get().reason == "Busy: A merger"


def test_a_reason_needs_no_words(rep: Client, url: str, story: Story) -> None:
    rep.post(url, {"outcome": "resting", "why": "low_priority"})
    assert story.deal.outcome_entries.get().reason == "Low priority"


def test_bad_input_loses_nothing(rep: Client, url: str, story: Story) -> None:
    email = story.deal.contact.addresses.get(channel="email")
    told = {
        "outcome": "resting", "note_by": email.pk, "subject": "", "note": "All the best",
        "look_again_on": "2020-01-01", "reason": "A merger",
    }  # fmt: skip
    response = rep.post(url, told, headers=IN_DIALOG)
    page = response.content.decode()
    assert (response.status_code, response["HX-Retarget"]) == (422, "#dialog-body")
    for words in ("All the best", "A merger", "A mail needs a subject.", "Choose a day to come"):
        assert words in page
    assert rep.post(url, {**told, "note": ""}).status_code == 422
    assert Deal.objects.get(pk=story.deal.pk).is_open


def test_what_the_mail_refuses_is_said_on_the_form(rep: Client, url: str, story: Story) -> None:
    email = story.deal.contact.addresses.get(channel="email")
    told = {"outcome": "resting", "note_by": email.pk, "subject": "A\u0007b", "note": "Words"}
    response = rep.post(url, told)
    assert response.status_code == 422
    assert "Subject and names must each be on one line." in response.content.decode()
    assert Deal.objects.get(pk=story.deal.pk).is_open


def test_who_has_no_address_can_be_let_go_without_a_note(rep: Client, ines: User) -> None:
    deal = make_deal(ines, "Demo", contact=make_contact(addresses={}), opened_at=ago(days=2))
    page = rep.get(f"/deals/{deal.pk}/let-go/")
    assert "Closing note" not in page.content.decode()
    rep.post(f"/deals/{deal.pk}/let-go/", {"outcome": "resting"})
    assert Deal.objects.get(pk=deal.pk).outcome == Outcome.RESTING


def test_nobody_lets_go_of_what_they_may_not_see(
    client: Client, url: str, story: Story, cast: Cast
) -> None:
    for stranger in (cast.noor, cast.karl):
        client.force_login(stranger)
        assert client.get(url).status_code == 404
        assert client.post(url, {"outcome": "lost"}).status_code == 404
        assert client.get(f"/deals/{story.deal.pk}/closing-note/").status_code == 404
    assert Deal.objects.get(pk=story.deal.pk).is_open


@pytest.mark.parametrize("others", [1, 3])
def test_the_number_of_queries_does_not_grow_with_who_waits(
    rep: Client, url: str, ines: User, others: int, django_assert_num_queries: Any
) -> None:
    Workspace.current()
    for _ in range(others):
        make_deal(ines, opened_at=ago(days=1))
    with django_assert_num_queries(21):
        rep.get(url)


def test_an_address_that_asked_not_to_be_used_is_not_offered(
    rep: Client, url: str, story: Story
) -> None:
    Address.objects.filter(channel="email").update(consent="refused")
    labels = [label for _, label in shown(rep, url)["form"].fields["note_by"].choices]
    assert [label.partition(" ")[0] for label in labels] == ["A", "No"]
