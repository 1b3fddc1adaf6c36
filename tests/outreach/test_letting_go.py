"""Letting a deal go: the note after it, what it takes back, and what moves nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.models import User
from contacts.models import Address
from deals import course, people, rebuilding
from deals.models import Deal, Outcome
from outreach import letting_go, resting, suggest, sweeping
from outreach.deliveries import UNDO_WINDOW
from outreach.letting_go import LetGo, Note, Terms
from outreach.mail import send
from outreach.models import Delivery, Play, Suggestion
from outreach.undo import ALREADY, Kind, TooLateError, Undo, run
from tests.cast import Story, day, make_contact, make_deal
from tests.mailing import email_of

NOW = day(9)
LATER = NOW + UNDO_WINDOW
AGAIN_ON = day(99).date()
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that is dark since the eighth day; what is suggested is to let it go."""
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0, 10))
    sweeping.run(NOW)
    [queued] = Suggestion.objects.live()
    suggest.replace(
        queued, play=Play.LET_GO, contact=told.deal.contact, channel="email", user=ines, now=NOW
    )
    return told


def mailed(deal: Deal) -> Note:
    return Note(email_of(deal.contact), "All the best.", "Fleet telematics", is_mailed=True)


def logged(deal: Deal) -> Note:
    return Note(deal.contact.addresses.get(channel="phone"), "All the best.")


def let_go(story: Story, user: User, note: Note | None = None, **terms: object) -> LetGo:
    gone = letting_go.let_go(
        story.deal, Terms(**{"look_again_on": AGAIN_ON, **terms}), note, user=user, now=NOW
    )
    story.deal.refresh_from_db()
    return gone


def taken_back(gone: LetGo, user: User, now: object = SOON) -> str:
    return run(Undo(Kind.LET_GO, gone.entry.pk, before=gone.traces), user=user, now=now)


def is_in_line() -> bool:
    return rebuilding.check(lambda: day(20)).differing == []


def live() -> list[str]:
    return list(Suggestion.objects.live().values_list("play", flat=True))


def test_without_a_note_the_silence_ends_and_the_suggestion_is_done(
    story: Story, ines: User
) -> None:
    gone = let_go(story, ines, reason="Busy")
    assert (story.deal.outcome, gone.entry.reason, gone.entry.look_again_on) == (
        Outcome.RESTING, "Busy", AGAIN_ON,
    )  # fmt: skip
    assert [ending for *_, ending in story.silences][-1] == "let_go"
    assert gone.suggestion.state == "done" if gone.suggestion else False
    assert is_in_line()


def test_a_mailed_note_is_a_touch_when_it_was_accepted_and_moves_nothing(
    story: Story, ines: User
) -> None:
    gone = let_go(story, ines, mailed(story.deal))
    before = story.silences
    assert story.deal.touches.count() == 1
    assert gone.delivery is not None
    send.deliver(gone.delivery.pk, LATER)
    story.deal.refresh_from_db()
    assert story.deal.touches.count() == 2
    assert (story.deal.outcome, story.silences) == (Outcome.RESTING, before)
    assert story.deal.silences.get(ending="let_go").attempts == 0
    assert is_in_line()


@pytest.mark.parametrize("by", ["them", "us", "nobody"])
def test_a_note_that_was_logged_comes_after_the_let_go_whoevers_move_it_was(
    ines: User, by: str
) -> None:
    told = Story(make_deal(ines, "Demo"))
    if by != "nobody":
        (told.we_write if by == "them" else told.they_write)(day(1))
    without = [*told.silences]
    let_go(told, ines, logged(told.deal))
    assert told.deal.outcome == Outcome.RESTING
    assert told.deal.touches.filter(direction="outbound", note="All the best.").count() == 1
    assert len(told.silences) == len(without)
    assert [ending for *_, ending in told.silences][-1] == "let_go"
    assert told.silence is None
    assert told.deal.silences.get(ending="let_go").attempts == 0
    assert is_in_line()


def test_a_reply_to_the_note_relights_the_deal(story: Story, ines: User) -> None:
    gone = let_go(story, ines, mailed(story.deal))
    assert gone.delivery is not None
    send.deliver(gone.delivery.pk, LATER)
    story.they_write(day(12))
    assert story.deal.outcome == Outcome.OPEN
    assert story.deal.silences.get(ending="let_go").relit_at == day(12)
    assert story.silence is not None
    assert story.silence.by == "us"
    assert resting.rows(ines, Q(), day(200).date(), 10) == []
    assert is_in_line()


def test_a_reply_before_the_note_goes_out_stops_it(story: Story, ines: User) -> None:
    gone = let_go(story, ines, mailed(story.deal))
    assert gone.delivery is not None
    story.they_write(NOW + timedelta(seconds=3))
    send.deliver(gone.delivery.pk, LATER)
    gone.delivery.refresh_from_db()
    assert gone.delivery.state == "cancelled"
    assert story.silence is not None
    assert story.silence.by == "us"


def test_undo_within_ten_seconds_stops_the_note_too(story: Story, ines: User) -> None:
    gone = let_go(story, ines, mailed(story.deal))
    said = taken_back(gone, ines, NOW + timedelta(seconds=5))
    assert said == "Taken back: “Fleet telematics” is as it was. The closing note does not go out."
    assert Delivery.objects.get().state == "cancelled"
    assert (story.is_dark, live()) == (True, ["let_go"])
    assert taken_back(gone, ines) == ALREADY.text
    assert is_in_line()


def test_undo_after_that_says_that_the_note_is_out(story: Story, ines: User) -> None:
    gone = let_go(story, ines, mailed(story.deal))
    assert gone.delivery is not None
    send.deliver(gone.delivery.pk, LATER)
    assert taken_back(gone, ines).endswith("The closing note has gone out already.")
    story.deal.refresh_from_db()
    assert story.deal.outcome == Outcome.OPEN
    assert story.silence is not None
    assert story.silence.dark_attempts == 1  # it was written to a contact who is dark again
    assert is_in_line()


def test_undo_says_that_the_note_did_not_go_out(story: Story, ines: User) -> None:
    gone = let_go(story, ines, mailed(story.deal))
    Delivery.objects.update(state="failed")
    assert taken_back(gone, ines).endswith("The closing note did not go out.")


def test_undo_without_a_note_brings_the_suggestion_back(story: Story, ines: User) -> None:
    gone = let_go(story, ines)
    assert live() == []
    assert taken_back(gone, ines) == "Taken back: “Fleet telematics” is as it was."
    assert (story.is_dark, live()) == (True, ["let_go"])
    assert is_in_line()


def test_undo_leaves_a_note_that_was_logged(story: Story, ines: User) -> None:
    gone = let_go(story, ines, logged(story.deal))
    assert "stays in the thread" in taken_back(gone, ines)
    assert story.deal.touches.filter(deleted_at=None).count() == 2
    assert is_in_line()


def test_undo_is_too_late_when_the_deal_has_moved_on(story: Story, ines: User) -> None:
    gone = let_go(story, ines)
    course.reopen(story.deal, now=day(10))
    with pytest.raises(TooLateError, match="moved on"):
        taken_back(gone, ines, day(11))


def test_another_play_is_not_done_by_letting_go(ines: User) -> None:
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0, 10))
    sweeping.run(NOW)
    assert let_go(told, ines).suggestion is None
    assert list(Suggestion.objects.values_list("state", flat=True)) == ["queued"]
    assert live() == []


def test_a_note_that_cannot_be_mailed_leaves_the_deal_as_it_was(story: Story, ines: User) -> None:
    address = email_of(story.deal.contact)
    address.health = Address.Health.DEAD
    people.change_address(address)
    with pytest.raises(ValidationError, match="does not work"):
        let_go(story, ines, mailed(story.deal))
    assert Deal.objects.get().outcome == Outcome.OPEN


def test_the_ways_of_a_note_leave_out_what_may_not_be_used_and_call_last(ines: User) -> None:
    contact = make_contact(
        addresses={"phone": "+46 31", "email": "m@example.org", "sms": "+46 70", "chat": "mara"}
    )
    Address.objects.filter(channel="chat").update(consent="refused")
    phone = contact.addresses.get(channel="phone")
    assert [way.channel for way in letting_go.ways(contact, None)] == ["email", "sms", "phone"]
    assert [way.channel for way in letting_go.ways(contact, phone)] == ["phone", "email", "sms"]
    people.opt_out(contact, now=NOW)
    assert letting_go.ways(contact, None) == []
