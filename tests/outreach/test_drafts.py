"""Drafts: words worth sending, without a hole, a placeholder or a reproach."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from contacts.models import Fact
from outreach import drafts, sweeping
from outreach.defaults import Key, furnish, is_shipped, restore, shipped
from outreach.fields import FIELDS, check, fields_in, known_fields
from outreach.filling import fill, inline, parts, used
from outreach.models import Suggestion, Template
from outreach.values import Known
from tests.cast import Story, day, make_company, make_contact, make_deal


@pytest.fixture
def suggestion(ines: User) -> Suggestion:
    """The first suggestion of a deal in Demo on which all fields are known."""
    ines.booking_url = "https://example.com/ines"
    ines.save()
    contact = make_contact(company=make_company(), language="en")
    Fact.objects.create(
        contact=contact, text="the race round Gotland.", learned_on=date(2026, 2, 1)
    )
    deal = make_deal(
        ines, "Demo", contact=contact, wanted="all readings in one place.",
        next_step="ten vessels", link="https://example.com/proposal",
    )  # fmt: skip
    Story(deal).we_write(day(0, 10))
    sweeping.run(day(8))
    found = Suggestion.objects.select_related("deal__owner", "contact__company").get()
    found.reason = "unknown"
    return found


def in_german(suggestion: Suggestion) -> Suggestion:
    suggestion.contact.language = "de-AT"
    return suggestion


def test_a_sentence_that_lacks_a_field_is_left_out_and_the_rest_stays() -> None:
    text = "Hello {first_name},\n\nfirst {wanted}. Then on.\n\n{fact}\n\nBye"
    assert fill(text, {"first_name": "Mara"}) == "Hello Mara,\n\nThen on.\n\nBye"
    assert used(text, {"first_name": "Mara", "wanted": ""}) == {"first_name"}


def test_what_a_field_says_is_one_line_without_a_field_of_its_own() -> None:
    assert fill("On {title}.", {"title": inline(" a {fact}\n b. ")}) == "On a (fact) b."


def test_a_subject_that_lacks_a_field_is_the_title() -> None:
    words = shipped()[Key("widen", "email", "de")]
    assert drafts.filled(words, {"title": "Fleet"}).subject == "Fleet"


def test_a_suggestion_is_rendered_from_its_deal(suggestion: Suggestion) -> None:
    draft = drafts.render(suggestion, now=day(8))
    assert draft.subject == "Fleet telematics: the next step"
    assert "What you were after: all readings in one place." in draft.body
    assert draft.body.startswith("Hello Mara,")
    assert draft.body.endswith("Best regards\nInes")
    assert draft.voicemail == ""


def test_every_field_says_what_is_known(suggestion: Suggestion) -> None:
    known = Known(suggestion.deal, suggestion.contact, language="en", now=day(8))
    assert known.values(FIELDS) == {
        "first_name": "Mara",
        "name": "Mara Lind",
        "wanted": "all readings in one place",
        "next_step": "ten vessels",
        "fact": "the race round Gotland",
        "fact_date": "in February",
        "slots": "Tuesday 10 March at 13:00, Wednesday 11 March at 09:00 or "
        "Wednesday 11 March at 12:00",
        "link": "https://example.com/proposal",
        "booking": "https://example.com/ines",
        "title": "Fleet telematics",
        "company": "Nordhavn Marine",
        "owner_first_name": "Ines",
        "owner_name": "Ines",
    }


def test_what_is_not_known_is_empty(ines: User) -> None:
    contact = make_contact(first_name="", last_name="Lind")
    known = Known(make_deal(ines, contact=contact), contact, language="sv", now=day(8)).values(
        FIELDS
    )
    assert {name: value for name, value in known.items() if value} == {
        "first_name": "Lind",
        "name": "Lind",
        "title": "Fleet telematics",
        "owner_first_name": "Ines",
        "owner_name": "Ines",
    }


def test_a_language_without_a_table_of_days_says_none(suggestion: Suggestion) -> None:
    known = Known(suggestion.deal, suggestion.contact, language="sv", now=day(8))
    assert known.values({"fact", "fact_date", "slots"}) == {
        "fact": "the race round Gotland",
        "fact_date": "",
        "slots": "",
    }


def test_only_the_fields_that_the_words_name_are_read(
    suggestion: Suggestion, django_assert_num_queries
) -> None:
    words = Template(subject="", body="Hello {first_name}.", language="en")
    with django_assert_num_queries(0):
        drafts.of(words, suggestion.deal, suggestion.contact, now=day(8))


def test_without_a_channel_there_is_nothing_to_say(suggestion: Suggestion) -> None:
    suggestion.channel = ""
    assert drafts.render(suggestion) == drafts.Draft()
    assert drafts.fact_of(suggestion) is None


def test_a_call_has_talking_points_and_a_voicemail(suggestion: Suggestion) -> None:
    suggestion.channel = "phone"
    draft = drafts.render(suggestion, now=day(8))
    assert draft.body.startswith("- Say who you are")
    assert "Voicemail" not in draft.body
    assert draft.voicemail.startswith("Hello Mara, this is Ines. It is about Fleet telematics:")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("- One\n\nVoicemail:\nHello.\nBye.", ("- One", "Hello.\nBye.")),
        ("- One\nVoicemail: Hello.", ("- One", "Hello.")),
        ("- Leave a voicemail: kind words", ("- Leave a voicemail: kind words", "")),
    ],
)
def test_what_comes_after_the_line_voicemail_is_spoken(body: str, told: tuple[str, str]) -> None:
    assert parts(body) == told


def test_words_are_in_the_contacts_language_where_there_are_some(suggestion: Suggestion) -> None:
    assert drafts.render(in_german(suggestion)).body.startswith("Guten Tag Mara Lind,")
    suggestion.contact.language = "sv"
    assert drafts.render(suggestion).body.startswith("Hello Mara,")
    Template.objects.create(
        play="refocus", channel="email", language="sv", body="Hej {first_name}.",
        changed_at=timezone.now(),
    )  # fmt: skip
    assert drafts.render(suggestion).body == "Hej Mara."


def test_another_draft_goes_round_those_of_the_reason_first(suggestion: Suggestion) -> None:
    suggestion.reason = "busy"
    keys = [(row.reason, row.variant) for row in drafts.candidates(suggestion)]
    assert keys == [("busy", 0), ("", 0), ("", 1), ("", 2)]
    bodies = []
    for suggestion.variant in range(8):
        bodies.append(drafts.render(suggestion, now=day(8)).body)
    assert len(set(bodies)) == 4
    assert bodies[:4] == bodies[4:]
    assert drafts.render(suggestion).others == 3


def test_a_language_of_its_own_is_not_mixed_with_english(suggestion: Suggestion) -> None:
    found = drafts.candidates(in_german(suggestion))
    assert {row.language for row in found} == {"de"}


def test_words_that_somebody_took_away_are_the_shipped_ones(suggestion: Suggestion) -> None:
    suggestion.reason = "low_priority"
    before = drafts.render(suggestion)
    Template.objects.all().delete()
    assert drafts.render(suggestion) == before


def test_the_fact_of_a_draft_is_the_one_that_it_names(suggestion: Suggestion) -> None:
    assert drafts.fact_of(suggestion) is None  # refocus names none
    suggestion.play = "personalise"
    fact = Fact.objects.get()
    assert drafts.fact_of(suggestion) == fact
    assert drafts.fact_of(suggestion, "About THE RACE\nround Gotland: how was it?") == fact
    assert drafts.fact_of(suggestion, "How about Tuesday?") is None
    Template.objects.filter(play="personalise").update(body="Hello {first_name}.", subject="")
    assert drafts.fact_of(suggestion) is None


def test_a_draft_with_a_fact_says_when_it_was_learned(suggestion: Suggestion) -> None:
    suggestion.play = "personalise"
    assert "When we talked in February, you told me" in drafts.render(suggestion, now=day(8)).body
    assert "When we talked in February 2026, you" in drafts.render(suggestion).body
    assert "als wir im Februar sprachen" in drafts.render(in_german(suggestion), now=day(8)).body


def test_a_field_that_does_not_exist_is_refused_with_the_list() -> None:
    with pytest.raises(ValidationError) as refused:
        check("Hello {nickname}")
    assert refused.value.message == f"There is no field {{nickname}}. Use {known_fields()}."
    assert known_fields().startswith("{first_name}, {name}, {wanted}")
    assert known_fields().endswith("{owner_first_name} or {owner_name}")
    assert fields_in(known_fields()) == set(FIELDS)


@pytest.mark.parametrize("text", ["Hello {first_name", "a } b", "{{title}}"])
def test_a_brace_that_stands_alone_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="A brace stands alone"):
        check(text)


def test_furnishing_leaves_alone_what_was_edited(workspace: object) -> None:
    def rows(channel: str) -> QuerySet[Template]:
        return Template.objects.filter(play="refocus", channel=channel)

    assert Template.objects.count() == len(shipped())
    edited = rows("email").get(reason="", variant=0, language="en")
    edited.body = "Ours"
    edited.reword(user=None, now=day(0))
    rows("phone").delete()
    furnish(day(1))
    assert rows("email").get(reason="", variant=0, language="en").body == "Ours"
    assert rows("phone").count() == 14  # in two languages two for any reason, one for each of five
    assert Template.objects.count() == len(shipped())
    restore(edited, day(2))
    assert Template.objects.get(pk=edited.pk).body == shipped()[Key.of(edited)].body


def test_a_workspace_from_before_is_furnished_with_the_new_words_only(workspace: object) -> None:
    own = Template.objects.create(
        play="refocus", channel="email", language="en", variant=7, body="Ours", changed_at=day(0)
    )
    later = Template.objects.exclude(pk=own.pk).exclude(language="en", reason="", variant=0)
    later.delete()
    kept = dict(Template.objects.values_list("pk", "body"))
    furnish(day(1))
    assert Template.objects.count() == len(shipped()) + 1
    assert kept.items() <= dict(Template.objects.values_list("pk", "body")).items()
    assert not is_shipped(own)
