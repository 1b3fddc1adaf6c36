"""How a call or a short message went, in one key, and its undo."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from contacts.models import Address
from deals import rebuilding
from deals.models import Deal, Promise, Touch
from outreach import suggest, sweeping
from outreach.models import Suggestion
from tests.cast import Cast, Story, make_contact, make_deal, today

IN_DIALOG = {
    "HX-Request": "true", "HX-Target": "dialog-body", "HX-Current-URL": "http://testserver/?deal=1",
}  # fmt: skip
EVERY = {
    "email": "mara@example.org", "phone": "+46 31 555", "sms": "+46 70 555",
    "chat": "https://chat.example.org/mara",
}  # fmt: skip


def ago(**length: float) -> datetime:
    return timezone.now() - timedelta(**length)


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that went dark three days ago, swept; a call is suggested."""
    contact = make_contact(addresses=EVERY)
    told = Story(make_deal(ines, "Demo", contact=contact, opened_at=ago(days=12)))
    told.we_write(ago(days=10))
    sweeping.run(timezone.now())
    [queued] = Suggestion.objects.live()
    suggest.replace(
        queued, play="switch_channel", contact=contact, channel="phone", user=ines,
        now=timezone.now(),
    )  # fmt: skip
    return told


def address(story: Story, channel: str = "phone") -> Address:
    return story.deal.contact.addresses.get(channel=channel)


def url(story: Story, channel: str = "phone") -> str:
    return f"/deals/{story.deal.pk}/calls/?address={address(story, channel).pk}"


def went(rep: Client, story: Story, result: str, channel: str = "phone", **told: Any) -> Any:
    return rep.post(url(story, channel), {"result": result, **told})


def said(client: Client) -> list[Any]:
    return list(client.get("/search/").context["messages"])


def last(story: Story) -> Touch:
    return story.deal.touches.latest("recorded_at")


def is_in_line() -> bool:
    return rebuilding.check(timezone.now).differing == []


def test_one_page_and_one_dialog_ask_with_a_key_for_each_answer(rep: Client, story: Story) -> None:
    page = rep.get(url(story)).content.decode()
    dialog = rep.get(url(story), headers=IN_DIALOG).content.decode()
    assert "<html" in page
    assert 'href="tel:+4631555"' in page
    assert "<html" not in dialog
    assert 'hx-target="#queue"' in dialog
    for key, answer in enumerate(("Reached", "Voicemail", "No answer", "Wrong number"), start=1):
        assert f'data-key="{key}" data-key-name="{answer}"' in dialog


def test_whoever_was_reached_makes_it_our_move(rep: Client, story: Story) -> None:
    went(rep, story, "reached", note="They look at it on Friday")
    touch = last(story)
    assert (touch.direction, touch.channel, touch.note, touch.address) == (
        "two_way", "phone", "They look at it on Friday", address(story),
    )  # fmt: skip
    assert story.silence is not None
    assert story.silence.by == "us"
    assert [str(each) for each in said(rep)] == ["Noted: you talked to Mara."]
    assert is_in_line()


def test_whoever_comes_back_to_us_has_the_move_until_the_day_they_named(
    rep: Client, story: Story
) -> None:
    day = today() + timedelta(days=3)
    went(rep, story, "reached", promised_on=day)
    assert story.silence is not None
    assert story.silence.by == "them"
    assert Promise.objects.get().due_at == story.silence.promised_at


def test_they_may_come_back_without_a_day(rep: Client, story: Story) -> None:
    went(rep, story, "reached", turn="theirs")
    assert story.silence is not None
    assert (story.silence.by, story.is_dark) == ("them", False)


@pytest.mark.parametrize(
    ("result", "note"), [("voicemail", "Voicemail."), ("no_answer", "No answer.")]
)
def test_a_voicemail_or_no_answer_is_an_attempt(
    rep: Client, story: Story, result: str, note: str
) -> None:
    went(rep, story, result)
    assert (last(story).direction, last(story).note) == ("outbound", note)
    assert story.silence is not None
    assert (story.is_dark, story.silence.dark_attempts) == (True, 1)
    assert Suggestion.objects.filter(state="done").count() == 1
    assert is_in_line()


def test_what_was_said_stands_behind_how_it_went(rep: Client, story: Story) -> None:
    went(rep, story, "voicemail", note="Asked about June", promised_on="2099-01-01")
    assert last(story).note == "Voicemail: Asked about June"
    assert Promise.objects.count() == 0


def test_a_wrong_number_is_no_attempt_is_dead_and_another_way_is_chosen(
    rep: Client, story: Story
) -> None:
    went(rep, story, "wrong_number")
    assert (last(story).is_delivered, last(story).note) == (False, "Wrong number.")
    assert address(story).health == "dead"
    assert story.silence is not None
    assert (story.is_dark, story.silence.attempts) == (True, 0)
    [chosen] = Suggestion.objects.live()
    assert chosen.channel != "phone"
    assert Suggestion.objects.filter(state="done").count() == 0
    assert is_in_line()


def test_undo_of_a_wrong_number_gives_the_number_back(rep: Client, story: Story) -> None:
    went(rep, story, "wrong_number")
    [message] = said(rep)
    rep.post(message.extra_tags)
    assert str(said(rep)[-1]) == (
        "Taken back: the touch is gone. The number counts as working again."
    )
    assert address(story).health == "alive"
    assert last(story).deleted_at is not None
    assert Suggestion.objects.live().count() == 1
    rep.post(message.extra_tags)
    assert str(said(rep)[-1]) == "That was taken back already."
    assert is_in_line()


@pytest.mark.parametrize("result", ["reached", "voicemail", "no_answer"])
def test_every_answer_is_taken_back(rep: Client, story: Story, result: str) -> None:
    went(rep, story, result)
    [message] = said(rep)
    rep.post(message.extra_tags)
    assert story.is_dark
    assert story.deal.touches.filter(deleted_at=None).count() == 1
    assert Suggestion.objects.live().count() == 1
    assert is_in_line()


@pytest.mark.parametrize("channel", ["sms", "chat"])
def test_a_message_was_sent_or_it_was_not(rep: Client, story: Story, channel: str) -> None:
    page = rep.get(url(story, channel)).content.decode()
    assert "Voicemail" not in page
    assert "If you reached them" not in page
    went(rep, story, "not_sent", channel)
    assert story.deal.touches.count() == 1
    assert [str(each) for each in said(rep)] == ["Nothing was noted: you did not send it."]
    went(rep, story, "sent", channel, note="Is June still right?")
    assert (last(story).channel, last(story).note) == (channel, "Is June still right?")
    assert story.silence is not None
    assert story.silence.dark_attempts == 1


def test_the_text_as_it_was_written_is_carried_along(rep: Client, story: Story) -> None:
    page = rep.get(url(story, "sms"), {"address": address(story, "sms").pk, "note": "June?"})
    assert page.context["form"]["note"].value() == "June?"


def test_an_answer_is_one_of_those_that_fit(rep: Client, story: Story) -> None:
    for channel, result in (("phone", "sent"), ("sms", "reached"), ("phone", "")):
        response = went(rep, story, result, channel, note="Kept")
        assert response.status_code == 422
        assert "Kept" in response.content.decode()
    assert "Say how it went: press one of the buttons." in response.content.decode()
    past = went(rep, story, "reached", promised_on="2020-01-01")
    assert "Choose a day to come." in past.content.decode()
    assert story.deal.touches.count() == 1


def test_what_to_say_is_at_hand_while_calling(rep: Client, story: Story) -> None:
    page = rep.get(url(story))
    assert page.context["draft"].body
    assert "What to say" in page.content.decode()
    pane = rep.get(f"/?deal={story.deal.pk}").context["pane"]
    assert pane.draft.voicemail == page.context["draft"].voicemail != ""


def test_the_open_deal_asks_on_return_and_has_a_link_without_scripts(
    rep: Client, story: Story
) -> None:
    page = rep.get(f"/?deal={story.deal.pk}").content.decode()
    for channel, opens in (
        ("phone", "tel:+4631555"), ("sms", "sms:+4670555"), ("chat", EVERY["chat"]),
    ):  # fmt: skip
        asks = f"asks-{address(story, channel).pk}"
        assert f'href="{opens}' in page
        assert f'data-asks="{asks}"' in page
        assert f'id="{asks}" href="/deals/{story.deal.pk}/calls/?address=' in page


def test_nobody_else_s_address_is_asked_about(rep: Client, story: Story, cast: Cast) -> None:
    theirs = make_contact("Piotr")
    make_deal(cast.noor, contact=theirs)
    own = url(story).partition("=")[0]
    for pk in (theirs.addresses.get(channel="phone").pk, "x", "", "9" * 30):
        assert rep.get(f"{own}={pk}").status_code == 404


def test_nobody_notes_calls_on_what_they_may_not_see(
    client: Client, story: Story, cast: Cast
) -> None:
    for stranger in (cast.noor, cast.karl):
        client.force_login(stranger)
        assert client.get(url(story)).status_code == 404
        assert went(client, story, "wrong_number").status_code == 404
    assert address(story).health == "alive"
    assert Deal.objects.get().touches.count() == 1


def test_the_number_of_queries_of_the_question_stays(
    rep: Client, story: Story, django_assert_num_queries: Any
) -> None:
    rep.get(url(story))
    with django_assert_num_queries(9):
        rep.get(url(story))
