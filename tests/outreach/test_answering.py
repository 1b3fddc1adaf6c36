"""What is suggested where it is our move: to answer whom, where, and by when."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from contacts.models import Address
from deals import people, standing
from deals.policies import Rulebook
from outreach import drafts
from outreach.answering import answer
from outreach.models import Suggestion
from tests.cast import Story, day, make_contact, make_deal


@pytest.fixture
def story(ines: User) -> Story:
    """A deal in Demo: an answer is due within one working day."""
    return Story(make_deal(ines, "Demo"))


def answered(story: Story, now: datetime, zone: str = "UTC") -> Suggestion | None:
    silence, rulebook = story.silence, Rulebook.load()
    assert silence is not None
    within = rulebook.threshold(silence.stage_id, now).reply_span
    stands = standing.of([silence], now, rulebook)[silence.pk]
    return answer(story.deal, silence, stands, within, now=now, zone=ZoneInfo(zone))


def test_it_answers_who_was_heard_where_they_were_heard(story: Story) -> None:
    jonas = make_contact("Jonas", "Weber")
    people.join(story.deal, jonas, now=day(0))
    story.we_write(day(0, 10))
    story.they_write(day(0, 12), channel="phone", contact=jonas)

    told = answered(story, day(0, 15))

    assert told is not None
    assert (told.pk, told.play, told.contact, told.channel) == (None, "answer", jonas, "phone")
    assert told.address == jonas.addresses.get(channel="phone")
    assert told.evidence == [
        "Jonas called on 2 March.",
        "This stage wants an answer within 1 working day: 5 h left, until 3 March, 12:00.",
    ]
    assert drafts.render(told).body


def test_the_address_that_they_wrote_from_is_taken(story: Story) -> None:
    other = Address.objects.create(
        contact=story.deal.contact, channel="email", value="mara@nordhavn.example"
    )
    story.they_write(day(0, 12), address=other)
    told = answered(story, day(0, 15))
    assert told is not None
    assert told.address == other


def test_an_overdue_answer_says_since_when_in_the_readers_zone(story: Story) -> None:
    story.they_write(day(0, 12))
    told = answered(story, day(2), "Europe/Berlin")
    assert told is not None
    assert told.evidence[1] == (
        "This stage wants an answer within 1 working day: overdue since 3 March, 13:00."
    )


def test_a_talk_is_said_as_one(story: Story) -> None:
    story.we_talk(day(0, 12))
    told = answered(story, day(0, 13))
    assert told is not None
    assert told.evidence[0] == "We talked to Mara on 2 March by phone."


def test_where_nobody_was_heard_it_says_since_when_it_is_our_move(ines: User) -> None:
    story = Story(make_deal(ines, "Demo", turn="ours"))
    told = answered(story, day(0, 10))
    assert told is not None
    assert (told.contact, told.channel) == (story.deal.contact, "email")
    assert told.evidence[0] == "It has been our move since 2 March."


def test_where_that_channel_is_closed_it_is_the_likeliest_other_one(story: Story) -> None:
    contact = story.deal.contact
    story.they_write(day(0, 12))
    people.opt_out(contact, now=day(0, 13), channel="email")
    told = answered(story, day(0, 14))
    assert told is not None
    assert told.channel == "phone"


def test_without_any_way_there_are_no_words(story: Story) -> None:
    story.they_write(day(0, 12))
    for address in story.deal.contact.addresses.all():
        address.health = "dead"
        people.change_address(address)
    told = answered(story, day(0, 14))
    assert told is not None
    assert (told.channel, told.address, drafts.render(told).body) == ("", None, "")


def test_who_wants_to_hear_no_more_is_not_answered(story: Story) -> None:
    jonas = make_contact("Jonas", "Weber")
    people.join(story.deal, jonas, now=day(0))
    story.they_write(day(0, 12))
    people.opt_out(story.deal.contact, now=day(0, 13))
    assert answered(story, day(0, 14)) is None


def test_who_left_the_deal_is_not_answered_but_the_deals_contact(story: Story) -> None:
    jonas = make_contact("Jonas", "Weber")
    part = people.join(story.deal, jonas, now=day(0))
    story.they_write(day(0, 12), contact=jonas)
    people.leave(part, now=day(0, 13))
    told = answered(story, day(0, 14))
    assert told is not None
    assert told.contact == story.deal.contact


def test_nothing_is_written_down(story: Story) -> None:
    story.they_write(day(0, 12))
    answered(story, day(0, 14))
    assert Suggestion.objects.count() == 0
