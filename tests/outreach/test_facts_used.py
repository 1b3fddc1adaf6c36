"""A personal fact is used once: it is the one that the draft named that counts as used."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from accounts.models import User
from contacts.models import Contact, Fact
from deals.models import Touch
from outreach import deliveries, drafts, suggest, sweeping, touches
from outreach.models import Suggestion, Template
from tests.cast import Story, day, make_company, make_contact, make_deal


def learn(contact: Contact, text: str, month: int) -> Fact:
    return Fact.objects.create(contact=contact, text=text, learned_on=date(2025, month, 1))


def used(*facts: Fact) -> list[datetime | None]:
    for fact in facts:
        fact.refresh_from_db()
    return [fact.last_used_at for fact in facts]


@pytest.fixture
def suggestion(ines: User) -> Suggestion:
    """A personal note on a dark deal."""
    story = Story(make_deal(ines, "Demo", contact=make_contact(company=make_company())))
    story.we_write(day(0, 10))
    sweeping.run(day(8))
    found = Suggestion.objects.select_related("deal__owner", "contact__company").get()
    found.play = "personalise"
    found.save()
    return found


@pytest.fixture
def facts(suggestion: Suggestion) -> tuple[Fact, Fact]:
    """An older and a newer one: the draft names the newer."""
    whose = suggestion.contact
    return learn(whose, "the bees on the roof", 3), learn(whose, "the race round Gotland", 7)


def test_the_fact_that_the_draft_named_is_used(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    assert "Gotland" in drafts.render(suggestion).body
    suggest.done(suggestion, user=ines, now=day(9))
    assert used(*facts) == [None, day(9)]
    suggest.undo(suggestion, now=day(9, 10))
    assert used(*facts) == [None, None]
    assert "Gotland" in drafts.render(suggestion).body


def test_what_was_used_is_not_offered_again(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    suggest.done(suggestion, user=ines, now=day(9))
    assert "bees" in drafts.render(suggestion).body


def test_undoing_gives_back_no_fact_that_was_used_before(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    older, _ = facts
    older.last_used_at = day(1)
    older.save()
    suggest.done(suggestion, user=ines, now=day(9))
    suggest.undo(suggestion, now=day(9, 10))
    assert used(*facts) == [day(1), None]


def test_a_draft_without_the_fact_uses_none(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    rows = Template.objects.filter(play="personalise", channel="email", language="en", variant=1)
    rows.update(body="Hello {first_name}, is Tuesday good?")
    suggest.redraft(suggestion)
    suggest.done(suggestion, user=ines, now=day(9))
    assert used(*facts) == [None, None]


def test_every_play_whose_draft_names_a_fact_uses_it(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    Template.objects.filter(play="refocus").update(body="On {fact}: how is it going?")
    suggestion.play, suggestion.reason = "refocus", "unknown"
    suggest.done(suggestion, user=ines, now=day(9))
    assert used(*facts) == [None, day(9)]


def test_a_note_to_another_person_uses_their_fact(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    jonas = make_contact("Jonas", "Weber", company=suggestion.contact.company)
    theirs = learn(jonas, "the farmhouse", 5)
    suggestion.contact = jonas
    suggestion.save()
    assert "farmhouse" in drafts.render(suggestion).body
    suggest.done(suggestion, user=ines, now=day(9))
    assert used(*facts, theirs) == [None, None, day(9)]
    suggest.undo(suggestion, now=day(9, 10))
    assert used(*facts, theirs) == [None, None, None]


def test_logging_a_touch_uses_it_and_taking_it_back_gives_it_back(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    touch = Touch(channel="email", direction="outbound", occurred_at=day(9), user=ines)
    logged = touches.log(suggestion.deal, touch, user=ines, now=day(9))
    assert used(*facts) == [None, day(9)]
    touches.take_back(logged, now=day(9, 10))
    assert used(*facts) == [None, None]


def test_a_mail_out_of_which_the_fact_was_taken_does_not_use_it(
    suggestion: Suggestion, facts: tuple[Fact, Fact], ines: User
) -> None:
    def order(body: str, now: datetime) -> None:
        address = suggestion.contact.addresses.get(channel="email")
        told = {"user": ines, "now": now, "suggestion": suggestion}
        made = deliveries.order(suggestion.deal, suggestion.contact, address, "Hello", body, **told)
        used_now.append(used(*facts))
        deliveries.cancel(made, now)

    used_now: list[list[datetime | None]] = []
    order("Is Tuesday good?", day(9))
    order("How was the race round Gotland, and is Tuesday good?", day(9, 10))
    assert used_now == [[None, None], [None, day(9, 10)]]
    assert used(*facts) == [None, None]
