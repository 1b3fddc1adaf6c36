"""Undo: bound to one person, safe to run twice, plain when it is too late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import conversation, course
from deals.models import Hold, Outcome, Touch
from deals.people import hand_over
from outreach import suggest, sweeping, touches
from outreach.models import Suggestion
from outreach.undo import ALREADY, SALT, Kind, TooLateError, Undo, run
from tests.cast import Story, day, make_deal

NOW = day(9)


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that is dark since the eighth day, swept on the tenth."""
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0, 10))
    sweeping.run(NOW)
    return told


def test_a_token_is_one_persons(ines: User, karl: User) -> None:
    token = Undo(Kind.TOUCH, 7, "/?deal=3").token(ines)
    assert Undo.read(token, ines) == Undo(Kind.TOUCH, 7, "/?deal=3")
    with pytest.raises(signing.BadSignature):
        Undo.read(token, karl)


def test_a_forged_token_is_no_page(client: Client, ines: User) -> None:
    client.force_login(ines)
    assert client.post("/undo/made-up/").status_code == 404


def test_a_token_lasts_a_day(ines: User) -> None:
    token = Undo(Kind.TOUCH, 7).token(ines)
    value = signing.TimestampSigner(salt=SALT).unsign(token)
    seconds = int((timezone.now() - timedelta(days=2)).timestamp())
    old = signing.Signer(salt=SALT).sign(f"{value}:{signing.b62_encode(seconds)}")
    with pytest.raises(TooLateError, match="an undo lasts a day"):
        Undo.read(old, ines)


def test_a_touch_is_taken_back_once(story: Story, ines: User) -> None:
    touch = story.they_write(NOW)
    undo = Undo(Kind.TOUCH, touch.pk)
    assert run(undo, user=ines, now=NOW) == "Taken back: the touch is gone."
    assert story.silence.by == "them"
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_an_attempt_taken_back_opens_its_suggestion_again(story: Story, ines: User) -> None:
    touch = Touch(channel="email", direction="outbound", occurred_at=NOW, user=ines)
    touches.log(story.deal, touch, user=ines, now=NOW)
    assert list(Suggestion.objects.live()) == []
    run(Undo(Kind.TOUCH, touch.pk), user=ines, now=NOW + timedelta(minutes=1))
    assert Suggestion.objects.live().get().state == "queued"


def test_what_was_dark_is_dark_again_at_once_and_has_its_suggestion(
    story: Story, ines: User
) -> None:
    touch = story.they_write(NOW)
    assert list(Suggestion.objects.live()) == []
    run(Undo(Kind.TOUCH, touch.pk), user=ines, now=NOW)
    assert story.is_dark
    assert Suggestion.objects.live().get().deal == story.deal


def test_a_deletion_is_taken_back_once(story: Story, ines: User) -> None:
    touch = story.deal.touches.get()
    conversation.delete(touch, now=NOW)
    undo = Undo(Kind.DELETION, touch.pk)
    assert run(undo, user=ines, now=NOW) == "Taken back: the touch is there again."
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_a_turn_is_given_back_once(story: Story, ines: User) -> None:
    touch = story.deal.touches.get()
    conversation.correct(touch, now=NOW, turn="unchanged")
    undo = Undo(Kind.TURN, touch.pk, before="theirs")
    assert run(undo, user=ines, now=NOW) == "Taken back: it waits for an answer again."
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_a_closing_is_taken_back_once(story: Story, ines: User) -> None:
    entry = course.close(story.deal, Outcome.WON, now=NOW)
    undo = Undo(Kind.OUTCOME, entry.pk)
    assert run(undo, user=ines, now=NOW) == "Taken back: “Fleet telematics” is as it was."
    story.deal.refresh_from_db()
    assert story.deal.outcome == Outcome.OPEN
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_a_closing_that_was_overtaken_stays(story: Story, ines: User) -> None:
    entry = course.close(story.deal, Outcome.LOST, now=NOW)
    course.reopen(story.deal, now=day(10))
    with pytest.raises(TooLateError, match="the deal has moved on since"):
        run(Undo(Kind.OUTCOME, entry.pk), user=ines, now=day(10))


def test_a_pause_is_taken_back_once_and_not_when_it_is_over(story: Story, ines: User) -> None:
    held = Hold(deal=story.deal, reason="pause", starts_at=NOW, ends_at=day(12))
    undo = Undo(Kind.HOLD, conversation.hold(held, now=NOW).pk)
    with pytest.raises(TooLateError, match="the pause is over"):
        run(undo, user=ines, now=day(13))
    assert run(undo, user=ines, now=NOW) == "Taken back: the clock runs again."
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_an_absence_is_taken_back_by_who_sees_the_contact(
    story: Story, ines: User, noor: User
) -> None:
    held = Hold(contact=story.deal.contact, reason="absence", starts_at=NOW)
    undo = Undo(Kind.HOLD, conversation.hold(held, now=NOW).pk)
    with pytest.raises(type(story.deal.contact).DoesNotExist):
        run(undo, user=noor, now=NOW)
    assert run(undo, user=ines, now=NOW) == "Taken back: the clock runs again."


def test_a_promise_is_taken_back_once_and_not_when_it_is_over(story: Story, ines: User) -> None:
    made = conversation.promise(story.deal, made_at=NOW, due_at=day(12), now=NOW)
    undo = Undo(Kind.PROMISE, made.pk)
    with pytest.raises(TooLateError, match="the promised day is over"):
        run(undo, user=ines, now=day(13))
    assert run(undo, user=ines, now=NOW) == "Taken back: the stage’s threshold counts again."
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_a_dismissal_is_taken_back_once(story: Story, ines: User) -> None:
    suggestion = Suggestion.objects.get()
    suggest.dismiss(suggestion, user=ines, now=NOW)
    undo = Undo(Kind.SUGGESTION, suggestion.pk)
    assert run(undo, user=ines, now=NOW) == "Taken back: it is on your list again."
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_a_dismissal_stays_once_they_were_heard(story: Story, ines: User) -> None:
    suggestion = Suggestion.objects.get()
    suggest.dismiss(suggestion, user=ines, now=NOW)
    story.they_write(day(9, 10))
    with pytest.raises(TooLateError, match="that silence is over"):
        run(Undo(Kind.SUGGESTION, suggestion.pk), user=ines, now=day(9, 11))


def test_a_suggestion_that_was_replaced_stays_so(story: Story, ines: User) -> None:
    suggestion = Suggestion.objects.get()
    suggest.replace(
        suggestion, play="let_go", contact=story.deal.contact, channel="", user=ines, now=NOW
    )
    with pytest.raises(TooLateError, match="the deal has moved on since"):
        run(Undo(Kind.SUGGESTION, suggestion.pk), user=ines, now=NOW)


def test_what_one_may_not_see_any_more_is_no_page(
    client: Client, story: Story, ines: User, noor: User
) -> None:
    touch = story.deal.touches.get()
    outcome = course.close(story.deal, Outcome.WON, now=NOW)
    suggestion = Suggestion.objects.get()
    kinds = {
        Kind.TOUCH: touch.pk,
        Kind.DELETION: touch.pk,
        Kind.OUTCOME: outcome.pk,
        Kind.SUGGESTION: suggestion.pk,
    }
    hand_over([story.deal.pk], noor, now=timezone.now())
    client.force_login(ines)
    for kind, pk in kinds.items():
        assert client.post(f"/undo/{Undo(kind, pk).token(ines)}/").status_code == 404


def test_the_page_says_what_was_taken_back_and_when_it_is_too_late(
    client: Client, story: Story, ines: User
) -> None:
    client.force_login(ines)
    touch = story.deal.touches.get()
    url = f"/undo/{Undo(Kind.TOUCH, touch.pk, f'/?deal={story.deal.pk}').token(ines)}/"
    page = client.post(url, follow=True)
    assert page.redirect_chain == [(f"/?deal={story.deal.pk}", 302)]
    assert [str(message) for message in page.context["messages"]] == [
        "Taken back: the touch is gone."
    ]
    entry = course.close(story.deal, Outcome.LOST, now=timezone.now())
    course.reopen(story.deal, now=timezone.now())
    late = client.post(f"/undo/{Undo(Kind.OUTCOME, entry.pk).token(ines)}/", follow=True)
    assert [message.level_tag for message in late.context["messages"]] == ["warning"]
