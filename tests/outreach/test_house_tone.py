"""The tone check by the rules of the workspace: own phrases, and shipped ones switched off."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.house_tone import findings
from outreach.models import Phrasing
from outreach.phrasebook import phrasebooks
from tests.cast import LONG_AGO

pytestmark = pytest.mark.django_db

TEXT = "A no-brainer, just checking in. Is June fine?"


def told(text: str, **how: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.phrase) for one in findings(text, channel="email", **how)]


def write(notation: str, language: str = "en", **fields: Any) -> Phrasing:
    return Phrasing.objects.create(
        notation=notation, language=language, changed_at=LONG_AGO,
        **{"why": "We do not say so.", "instead": "Say it plainly.", **fields},
    )  # fmt: skip


def switched_off(text: str) -> Phrasing:
    """Switch off the shipped phrase that is found in a text."""
    index = phrasebooks()["en"].blame
    found = [one.notation for one in index.phrases if told(text, language="en")]
    for notation in found:
        row = write(notation, is_off=True)
        if told(text, language="en") == []:
            return row
    raise AssertionError("Nothing is found in the text.")


def test_without_rules_of_its_own_the_shipped_phrases_hold() -> None:
    assert told(TEXT) == [("checking_in", "just checking in")]


def test_an_own_phrase_is_found_beside_the_shipped_ones_in_one_query(
    django_assert_num_queries: Any,
) -> None:
    write("no brainer")
    write("no problem")
    with django_assert_num_queries(1):
        assert told(TEXT) == [("own", "no-brainer"), ("checking_in", "just checking in")]


def test_an_own_phrase_may_use_the_sets_of_its_language() -> None:
    write("my ({old}) {mail}")
    assert told("It is about my last e-mail. Is June fine for you?") == [("own", "my last e-mail")]


def test_an_own_phrase_is_looked_for_in_texts_of_its_language_only() -> None:
    write("Termin", language="de")
    assert told("Ist der Termin im Juni noch gut für Sie?") == [("own", "Termin")]
    assert told("The Termin is fine for us. Is it for you?", language="en-GB") == []


def test_a_phrase_switched_off_is_not_found() -> None:
    switched_off("Just checking in. Is June fine?")
    assert told("Just checking in. Is June fine?", language="en") == []


def test_a_phrase_that_can_no_longer_be_read_stops_nothing() -> None:
    write("{gone} is no set")
    write("no words", language="xx")
    assert told(TEXT) == [("checking_in", "just checking in")]


def test_a_text_is_cut_before_it_is_long_enough_to_wait_for() -> None:
    text = "Is June fine? " + "the oven is in stock. " * 1000
    assert told(text + "Just checking in.", language="en") == told(text[:20_000], language="en")
