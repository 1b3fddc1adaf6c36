"""Drafts: words worth sending, without a hole, a placeholder or a reproach."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from contacts.models import Channel, Fact
from outreach import drafts, sweeping
from outreach.defaults import ENGLISH, furnish, restore, shipped
from outreach.models import Play, Suggestion, Template
from tests.cast import Story, day, make_company, make_contact, make_deal

REPROACH = re.compile(
    r"check(ing)? in|follow(ing)? up|heard (back )?from you|no (answer|reply|response)"
    r"|(did|have)n.t (answer|repl|respon|heard)|my (last|previous) |again and again|unanswered"
    r"|as per|still waiting|remind|touch(ing)? base|circl(e|ing) back|bump",
    re.IGNORECASE,
)


@pytest.fixture
def suggestion(ines: User) -> Suggestion:
    """The first suggestion of a deal in Demo on which all fields are known."""
    contact = make_contact(company=make_company())
    Fact.objects.create(
        contact=contact, text="the race round Gotland.", learned_on=date(2026, 2, 1)
    )
    deal = make_deal(
        ines, "Demo", contact=contact, wanted="all readings in one place.", next_step="ten vessels"
    )
    Story(deal).we_write(day(0, 10))
    sweeping.run(day(8))
    return Suggestion.objects.select_related("deal__owner", "contact__company").get()


def test_every_play_has_words_on_every_channel() -> None:
    assert {key[:2] for key in shipped() if key[2] == ENGLISH} == {
        (play, channel) for play in Play.values for channel in Channel.values
    }


@pytest.mark.parametrize("key", shipped())
def test_shipped_words_use_known_fields_and_blame_nobody(key: tuple[str, str, str]) -> None:
    words = shipped()[key]
    for text in words:
        drafts.check(text)
        assert REPROACH.findall(text) == []


@pytest.mark.parametrize("key", shipped())
def test_shipped_words_ask_one_thing_at_most_and_stay_short(key: tuple[str, str, str]) -> None:
    play, channel, _ = key
    draft = drafts.filled(shipped()[key], drafts.SAMPLE)
    if channel == Channel.PHONE:
        return
    assert draft.body.count("?") == (play != Play.LET_GO)
    assert len(draft.body.split()) <= (50 if channel in ("sms", "chat", "social") else 120)


@given(st.sampled_from(sorted(shipped())), st.sets(st.sampled_from(sorted(drafts.FIELDS))))
def test_no_draft_has_a_hole_or_a_placeholder(key: tuple[str, str, str], known: set[str]) -> None:
    values = {name: value for name, value in drafts.SAMPLE.items() if name in known}
    draft = drafts.filled(shipped()[key], {**values, "title": "Fleet telematics"})
    assert not re.search(r"[{}]|  |\n\n\n| [,.?!:]|: ?\.|\(\)", draft.body)
    assert draft.body
    missing = [drafts.SAMPLE[name] for name in drafts.FIELDS if name not in known | {"title"}]
    assert [value for value in missing if value in draft.body] == []


def test_a_sentence_that_lacks_a_field_is_left_out_and_the_rest_stays() -> None:
    text = "Hello {first_name},\n\nfirst {wanted}. Then on.\n\n{fact}\n\nBye"
    assert drafts.fill(text, {"first_name": "Mara"}) == "Hello Mara,\n\nThen on.\n\nBye"


def test_what_a_field_says_is_not_read_as_a_field_again() -> None:
    assert drafts.fill("On {title}.", {"title": "a {fact} b"}) == "On a {fact} b."


def test_a_subject_that_lacks_a_field_is_the_title() -> None:
    words = shipped()["widen", "email", ENGLISH]
    assert drafts.filled(words, {"title": "Fleet"}).subject == "Fleet"


def test_a_suggestion_is_rendered_from_its_deal(suggestion: Suggestion) -> None:
    draft = drafts.render(suggestion)
    assert draft.subject == "Fleet telematics: the next step"
    assert "What you were after: all readings in one place." in draft.body
    assert draft.body.startswith("Hello Mara,")
    assert draft.body.endswith("Best regards\nInes")


def test_without_a_channel_there_is_nothing_to_say(suggestion: Suggestion) -> None:
    suggestion.channel = ""
    assert drafts.render(suggestion) == drafts.Draft()


def test_words_are_in_the_contacts_language_where_there_are_some(suggestion: Suggestion) -> None:
    suggestion.contact.language = "de-AT"
    assert drafts.render(suggestion).body.startswith("Hello Mara,")
    Template.objects.create(
        play="refocus", channel="email", language="de", body="Guten Tag {first_name}.",
        changed_at=timezone.now(),
    )  # fmt: skip
    assert drafts.render(suggestion).body == "Guten Tag Mara."


def test_words_that_somebody_took_away_are_the_shipped_ones(suggestion: Suggestion) -> None:
    before = drafts.render(suggestion)
    Template.objects.all().delete()
    assert drafts.render(suggestion) == before


def test_a_field_that_does_not_exist_is_refused_with_the_list() -> None:
    with pytest.raises(ValidationError) as refused:
        drafts.check("Hello {name}")
    assert refused.value.message == (
        "There is no field {name}. Use {first_name}, {wanted}, {next_step}, {fact}, {title}, "
        "{owner_first_name} or {company}."
    )


@pytest.mark.parametrize("text", ["Hello {first_name", "a } b", "{{title}}"])
def test_a_brace_that_stands_alone_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="A brace stands alone"):
        drafts.check(text)


def test_furnishing_leaves_alone_what_was_edited(workspace: object) -> None:
    edited = Template.objects.get(play="refocus", channel="email")
    edited.body = "Ours"
    edited.reword(user=None, now=day(0))
    Template.objects.get(play="refocus", channel="phone").delete()
    furnish(day(1))
    assert Template.objects.get(play="refocus", channel="email").body == "Ours"
    assert Template.objects.filter(play="refocus", channel="phone").count() == 1
    restore(edited, day(2))
    assert Template.objects.get(pk=edited.pk).body == shipped()["refocus", "email", ENGLISH].body
