"""What a text is about, told by words in English and German."""

from __future__ import annotations

import pytest

from outreach.mentions import Topic, find


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("What would the PRICE be for forty?", "price"),
        ("Is there a discount?", "discount"),
        ("It is 40 euros per\nmonth.", "per month"),
        ("Was kostet das im Jahr?", "kostet"),
        ("Der Gesamtpreis ist hoch.", "gesamtpreis"),
        ("Welche Anschaffungskosten?", "anschaffungskosten"),
    ],
)
def test_a_price_is_told_by_its_words(text: str, word: str) -> None:
    assert find(text) == {Topic.PRICE: word}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We also talk to another supplier.", "another supplier"),
        ("How do you compare?", "compare"),
        ("Uns liegt ein zweites Angebot vor.", "zweites angebot"),
        ("Ihr Mitbewerber kann das.", "mitbewerber"),
    ],
)
def test_another_offer_is_told_by_its_words(text: str, word: str) -> None:
    assert find(text) == {Topic.COMPETITOR: word}


@pytest.mark.parametrize(
    "text",
    ["", "We appreciate it.", "The costume is ready.", "> What is the price?\nThanks", "Preisgabe"],
)
def test_what_only_sounds_like_it_or_is_quoted_tells_nothing(text: str) -> None:
    assert find(text.replace("Preisgabe", "Einpreisung")) == {}


def test_a_text_may_tell_of_both() -> None:
    found = find("Their price is lower than that of another vendor.")
    assert found == {Topic.PRICE: "price", Topic.COMPETITOR: "another vendor"}
