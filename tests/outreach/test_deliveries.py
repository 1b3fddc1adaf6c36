"""Ordering a mail, taking the order back, and what a person says of one that nobody can tell of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from contacts.models import Address
from deals import conversation, people
from deals.models import Deal
from outreach import deliveries, fates, sweeping
from outreach.deliveries import UNDO_WINDOW
from outreach.models import Delivery, Mailbox, Notice, Suggestion
from outreach.undo import ALREADY, Kind, TooLateError, Undo, run
from tests import mailing
from tests.cast import Story, day, make_contact, make_deal
from tests.mailing import email_of

NOW = day(9)
LATER = NOW + UNDO_WINDOW
SECOND = timedelta(seconds=1)


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo that is dark since the eighth day, swept on the tenth."""
    told = Story(make_deal(ines, "Demo"))
    told.we_write(day(0, 10))
    sweeping.run(NOW)
    return told


@pytest.fixture
def suggestion(story: Story) -> Suggestion:
    return Suggestion.objects.live().get()


def order(deal: Deal, user: User, **fields: Any) -> Delivery:
    return mailing.order(deal, user, **{"now": NOW, **fields})


def test_an_order_waits_ten_seconds_and_does_what_was_suggested(
    story: Story, ines: User, suggestion: Suggestion
) -> None:
    made = order(story.deal, ines, suggestion=suggestion)
    assert (made.state, made.send_at, made.tries) == ("queued", LATER, 0)
    assert (made.sender, made.recipient) == ("lamplighter@localhost", email_of(made.contact).value)
    assert list(Suggestion.objects.live()) == []
    assert story.silence.attempts == 0


def test_without_a_word_of_it_the_deals_suggestion_counts_as_done(
    story: Story, ines: User, suggestion: Suggestion
) -> None:
    assert order(story.deal, ines).suggestion == suggestion
    unsaved = Suggestion(deal=story.deal, play="answer")
    other = Story(make_deal(ines))
    assert order(other.deal, ines, suggestion=unsaved).suggestion is None


def test_a_mail_for_later_waits_for_its_time(story: Story, ines: User) -> None:
    assert order(story.deal, ines, send_at=day(10)).send_at == day(10)


def test_ids_are_our_own_and_never_twice(story: Story, ines: User) -> None:
    one = order(story.deal, ines)
    two = order(story.deal, ines, body="Something else?")
    assert one.message_id != two.message_id
    assert one.message_id.endswith("@127.0.0.1>")


def test_the_mail_comes_from_the_mailbox_of_whoever_has_one(story: Story, ines: User) -> None:
    box = Mailbox.objects.create(user=ines, address="ines@yard.example", smtp_host="mail.example")
    assert order(story.deal, ines).sender == "ines@yard.example"
    Mailbox.objects.filter(pk=box.pk).update(problem="Nothing answers.")
    with pytest.raises(ValidationError, match="Mend it under Settings, Mailbox"):
        order(story.deal, ines, body="Again?")


def test_where_mail_is_only_printed_nothing_is_ordered_but_in_a_demo(
    story: Story, ines: User, settings: Any, workspace: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    with pytest.raises(ValidationError, match="Mail cannot leave from here yet"):
        order(story.deal, ines)
    workspace.is_demo = True
    workspace.save()
    assert order(story.deal, ines).state == "queued"


def test_a_mail_is_refused_where_it_may_not_go(story: Story, ines: User) -> None:
    deal, contact = story.deal, story.deal.contact
    address = email_of(contact)

    def refusal(**fields: Any) -> str:
        with pytest.raises(ValidationError) as refused:
            order(deal, ines, **fields)
        return str(refused.value.message)

    phone = contact.addresses.get(channel="phone")
    theirs = email_of(make_contact("Piotr"))
    assert refusal(address=phone) == refusal(address=theirs)
    assert refusal(address=phone).startswith("This is no e-mail address of Mara Lind.")
    address.consent = "refused"
    people.change_address(address)
    assert refusal().startswith("Mara Lind asked us not to use mara")
    address.consent, address.health = "given", "dead"
    people.change_address(address)
    assert refusal().endswith("does not work. Choose or add another one.")
    address.health = "alive"
    people.change_address(address)
    out = people.opt_out(contact, now=NOW, channel="email")
    assert refusal() == "Mara Lind wants to hear nothing more by e-mail."
    people.opt_in(out, now=NOW)
    piotr = make_contact("Piotr")
    part = people.join(deal, piotr, now=NOW)
    people.leave(part, now=NOW)
    assert refusal(contact=piotr) == "Piotr Lind no longer takes part in this deal."
    people.erase(contact, now=NOW)
    contact.refresh_from_db()
    assert refusal(address=theirs) == "This person was erased."
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"subject": " "}, "A mail needs a subject and a text."),
        ({"body": "\n"}, "A mail needs a subject and a text."),
        ({"subject": "a" * 301}, "Keep the subject under 300 characters."),
        ({"subject": "Hello\r\nBcc: all@example.org"}, "must each be on one line"),
    ],
)
def test_a_mail_without_words_or_with_a_header_in_them_is_refused(
    story: Story, ines: User, fields: dict[str, str], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        order(story.deal, ines, **fields)


def test_a_name_cannot_smuggle_a_header_in(story: Story, ines: User) -> None:
    ines.name = "Ines\nBcc: all@example.org"
    with pytest.raises(ValidationError, match="must each be on one line"):
        order(story.deal, ines)


def test_what_is_no_address_is_refused(story: Story, ines: User) -> None:
    Address.objects.filter(contact=story.deal.contact, channel="email").update(value="mara at home")
    with pytest.raises(ValidationError, match="“mara at home” is not an e-mail address"):
        order(story.deal, ines)


def test_a_second_click_orders_nothing(story: Story, ines: User) -> None:
    order(story.deal, ines)
    with pytest.raises(ValidationError, match="on its way already"):
        order(story.deal, ines, now=NOW + SECOND)
    assert Delivery.objects.count() == 1


def test_an_order_taken_back_opens_the_suggestion_again(
    story: Story, ines: User, suggestion: Suggestion
) -> None:
    made = order(story.deal, ines, suggestion=suggestion)
    undo = Undo(Kind.DELIVERY, made.pk)
    assert run(undo, user=ines, now=NOW).endswith("Your text is still there.")
    made.refresh_from_db()
    assert (made.state, made.ended_at) == ("cancelled", NOW)
    assert Suggestion.objects.live().get() == suggestion
    assert run(undo, user=ines, now=NOW) == ALREADY.text


def test_what_goes_out_already_cannot_be_taken_back(story: Story, ines: User, noor: User) -> None:
    made = order(story.deal, ines)
    made.move(Delivery.State.SENDING, among=["queued"], claimed_at=LATER)
    with pytest.raises(TooLateError, match="It is too late"):
        run(Undo(Kind.DELIVERY, made.pk), user=ines, now=LATER)
    with pytest.raises(Delivery.DoesNotExist):
        run(Undo(Kind.DELIVERY, made.pk), user=noor, now=LATER)


@pytest.fixture
def unknown(story: Story, ines: User, suggestion: Suggestion) -> Delivery:
    """A mail whose worker never came back."""
    made = order(story.deal, ines, suggestion=suggestion)
    made.move(Delivery.State.SENDING, among=["queued"], claimed_at=LATER)
    fates.give_up_lost(LATER + fates.LOST_AFTER - SECOND)
    assert Notice.objects.count() == 0
    fates.give_up_lost(LATER + fates.LOST_AFTER)
    fates.give_up_lost(LATER + fates.LOST_AFTER)
    made.refresh_from_db()
    return made


def test_a_mail_whose_worker_never_came_back_is_asked_about_once(
    unknown: Delivery, ines: User
) -> None:
    assert unknown.state == "unknown"
    told = Notice.objects.get()
    assert (told.kind, told.user) == ("unknown_sent", ines)
    assert told.text == (
        "Fleet telematics: the mail to Mara Lind may or may not have gone out: please check."
    )


def test_they_got_it_makes_it_a_touch_of_the_moment_it_went_out(
    unknown: Delivery, story: Story
) -> None:
    deliveries.arrived(unknown, now=NOW + timedelta(hours=2))
    touch = story.deal.touches.latest("occurred_at")
    assert unknown.state == "sent"
    assert (touch, touch.occurred_at) == (unknown.touch, LATER)
    assert (touch.source, touch.external_id) == ("delivery", unknown.message_id)
    assert story.silence.dark_attempts == 1
    assert Notice.objects.get().read_at is not None
    with pytest.raises(ValidationError, match="known already"):
        deliveries.never_arrived(unknown, now=NOW)


def test_they_never_got_it_opens_the_suggestion_again(
    unknown: Delivery, story: Story, suggestion: Suggestion
) -> None:
    deliveries.never_arrived(unknown, now=NOW + timedelta(hours=2))
    assert unknown.state == "failed"
    assert Suggestion.objects.live().get() == suggestion
    assert story.silence.attempts == 0
    assert Notice.objects.get().read_at is not None


def test_a_later_bounce_strikes_the_touch_out_and_gives_the_move_back(
    unknown: Delivery, story: Story, ines: User
) -> None:
    deliveries.arrived(unknown, now=NOW)
    made = Delivery.objects.get()
    deliveries.bounced(made, "550 5.1.1 No such user", now=NOW + timedelta(hours=3))
    deliveries.bounced(made, "550 5.1.1 No such user", now=NOW + timedelta(hours=3))
    made.refresh_from_db()
    assert (made.state, made.touch.is_delivered) == ("bounced", False)
    assert made.address.health == "dead"
    assert (story.silence.attempts, story.silence.dark_attempts) == (0, 0)
    fresh = Suggestion.objects.live().get()
    assert fresh.channel == "phone"
    told = Notice.objects.get(kind="not_arrived")
    assert told.text == ("Fleet telematics: the mail to Mara Lind did not arrive: our move.")


def test_a_bounce_of_a_first_mail_takes_its_silence_back(story: Story, ines: User) -> None:
    other = Story(make_deal(ines, title="Depot", contact=make_contact("Piotr")))
    assert other.silence.by == "nobody"
    made = order(other.deal, ines)
    made.move(Delivery.State.SENDING, among=["queued"], claimed_at=LATER)
    fates.sent(made, now=LATER)
    assert other.silence.by == "them"
    deliveries.bounced(made, "gone", now=LATER + SECOND)
    assert other.silence.by == "nobody"


def test_taking_back_the_touch_of_a_mail_leaves_the_mail(unknown: Delivery, story: Story) -> None:
    deliveries.arrived(unknown, now=NOW)
    conversation.delete(Delivery.objects.get().touch, now=NOW)
    assert Delivery.objects.get().state == "sent"
