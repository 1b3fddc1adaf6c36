"""The tone check: what it finds, what it leaves alone, and how well it tells them apart."""

from __future__ import annotations

import sys
import tomllib
from typing import Any

import pytest

from bench.tone import LATER, languages, score, sets
from outreach import tone
from outreach.defaults import shipped
from outreach.demo.words import FOLDER
from outreach.models import Play
from outreach.phrasebook import phrasebooks
from outreach.phrases import Phrase, phrase
from outreach.reading import Spellings, sentences
from outreach.tone import Finding

QUESTION = " Is June still a good month?"


def blamed(text: str, **how: Any) -> list[str]:
    return [finding.phrase for finding in tone.check(text, **how) if finding.is_blame]


def kinds(text: str, **how: Any) -> list[str]:
    return [finding.kind for finding in tone.check(text, **how)]


def own(notation: str) -> Phrase:
    return phrase(notation, kind="own", why="We do not say so.", instead="Say it plainly.")


def test_a_finding_says_where_what_why_and_what_instead() -> None:
    text = "Hello Tom, just checking in. Is June still a good month?"

    assert [
        (text[found.start : found.end], found.phrase, found.kind) for found in tone.check(text)
    ] == [("just checking in", "just checking in", "checking_in")]
    found = tone.check(text)[0]
    assert (found.why[:30], found.instead[:20]) == (
        "A text that only checks in giv",
        "Begin with what is n",
    )


@pytest.mark.parametrize("name", sets())
@pytest.mark.parametrize("language", languages())
def test_nineteen_of_twenty_texts_are_told_rightly_in_each_language_and_set(
    language: str, name: str
) -> None:
    result = score(language, name)
    assert result.precision >= 0.95
    assert result.recall >= 0.95


def test_each_set_that_measures_it_has_a_hundred_guilty_texts() -> None:
    counts = {
        (language, name): result.found + len(result.missed)
        for language in languages()
        for name in sets()
        if name != LATER
        for result in [score(language, name)]
    }
    assert set(counts.values()) == {100}


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_language_has_sixty_phrases_and_more_all_with_advice(language: str) -> None:
    phrases = phrasebooks()[language].blame.phrases

    notations = [one.notation for one in phrases if one.kind != tone.FINE]
    assert len(set(notations)) == len(notations) >= 60
    assert [one.notation for one in phrases if not one.why] == []
    assert [one.notation for one in phrases if not one.instead and one.kind != tone.FINE] == []


@pytest.mark.parametrize(
    "text",
    [
        "I haven't heard back from you.",
        "I haven’t heard back from you.",
        "I HAVENT HEARD BACK FROM YOU.",
        "I have not\nheard back   from you.",
        "I have\u00ad not heard\r\nback from you.",
    ],
)
def test_apostrophes_case_and_line_breaks_make_no_difference(text: str) -> None:
    assert len(blamed(text)) == 1


@pytest.mark.parametrize("mail", ["e-mail", "email", "E-Mail", "e mail", "e‑mail", "message"])
def test_every_spelling_of_e_mail_is_the_same(mail: str) -> None:
    assert blamed(f"I am following up on my last {mail}.{QUESTION}") == [
        f"following up on my last {mail}"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Warum haben Sie nicht zurückgerufen?",
        "Warum haben Sie nicht zurueckgerufen?",
        "Warum haben Sie nicht zuru\u0308ckgerufen?",
    ],
)
def test_umlauts_may_be_written_in_any_way(text: str) -> None:
    assert len(blamed(text)) == 1


ORDINARY = {
    "en": [
        "I will check in the warehouse tomorrow.",
        "Your last e-mail address is no longer valid.",
        "For the urgent repair you mentioned a fitter is free on Tuesday.",
        "In our last call you mentioned the north roof.",
        "In my last e-mail I forgot the drawing, sorry.",
        "There is no hurry at all.",
        "Please ignore my first offer; the right one is attached.",
        "As discussed in our meeting, the lift comes in May.",
        "Following up on our meeting, here is the plan you asked for.",
        "We will get back to you as soon as possible.",
        "We have not received an answer from the bank yet.",
        "We haven't heard back from the manufacturer.",
        "You wanted to see the oven and the mixer.",
        "The survey would only take two minutes.",
        "We have tried the new seal three times.",
        "If you have time to look at the machine, come on Friday.",
        "The keys are waiting for your driver at the gate.",
        "Because I have not answered your question yet, here it is.",
        "Sorry that you have not heard from us for so long.",
        "Thank you for the kind reminder.",
        "Did you see our new showroom in Lyon?",
    ],
    "de": [
        "Ich möchte beim Hersteller noch kurz nachfragen, bevor ich bestelle.",
        "Ihre letzte E-Mail-Adresse gilt nicht mehr.",
        "In meiner letzten E-Mail fehlte die Zeichnung, Entschuldigung.",
        "Ich möchte an unser Gespräch auf der Messe anknüpfen.",
        "Wie bereits besprochen, kommt der Aufzug im Mai.",
        "Ich melde mich noch einmal, sobald der Preis feststeht.",
        "Ich versuche, Sie am Montag um zehn zu erreichen.",
        "Haben Sie am Freitag Zeit, sich den Ofen anzusehen?",
        "Vom Amt haben wir noch keine Antwort.",
        "Wir haben vom Amt noch keine Rückmeldung erhalten.",
        "Ich erinnere an unseren Termin am Freitag.",
        "Ich gehe davon aus, dass Sie keinen Kran haben.",
        "Sie müssen nicht sofort entscheiden.",
        "Ich werde mich so schnell wie möglich melden.",
        "Leider konnte ich Ihre Frage nicht gleich beantworten.",
        "Nach drei Versuchen war der Ton gut.",
        "Danke für die freundliche Erinnerung.",
        "Mit unserem Angebot erhalten Sie zwei Muster.",
        "Darf ich fragen, warum das zweite Dach zuerst kommt?",
    ],
}


@pytest.mark.parametrize(
    ("language", "text"), [(name, text) for name, texts in ORDINARY.items() for text in texts]
)
def test_ordinary_courteous_writing_is_left_alone(language: str, text: str) -> None:
    assert blamed(text) == blamed(text, language=language) == []


def test_no_phrase_is_found_across_the_end_of_a_sentence() -> None:
    assert blamed("That is just. Checking in the luggage takes a minute.") == []
    assert blamed("We are happy to follow\n\nup on my last e-mail is written the date.") == []


def test_a_full_stop_that_shortens_ends_no_sentence() -> None:
    def count(text: str) -> int:
        return len(sentences(text, Spellings()))

    one = [
        "Ask Dr. Berg.",
        "Offer no. 12 stands.",
        "Angebot Nr. 7 vom 3. Mai",
        "im 2. stock ist es",
    ]
    two = [
        "It is a no. Ask Berg.",
        "Ask for 12. Berg knows.",
        "Say no. \n12 came.",
        "In 2024. so be it",
    ]
    assert [count(text) for text in one] == [1, 1, 1, 1]
    assert [count(text) for text in two] == [2, 2, 2, 2]


def test_what_they_wrote_and_the_signature_are_passed_over() -> None:
    text = "The drawings are attached. Is the height right?\n\n-- \nJust checking in GmbH\n"
    quoted = "On Monday Tom, still no answer from you, wrote:\n> just checking in\n"

    assert tone.check(text) == []
    assert tone.check(quoted + text) == []
    assert blamed("> just checking in\nJust checking in.") == ["Just checking in"]


def test_of_phrases_at_one_place_the_longest_is_told_once() -> None:
    text = "I am still waiting for your answer."

    assert blamed(text) == ["am still waiting for your answer"]


def test_the_language_is_told_by_the_words_or_by_the_caller() -> None:
    assert tone.language_of("The drawings of the lift are with you, and we like it.") == "en"
    assert tone.language_of("Die Zeichnungen sind da, und wir freuen uns mit Ihnen.") == "de"
    assert tone.language_of("Lila!") is None
    assert blamed("Nur eine freundliche Erinnerung", language="en") == []
    assert blamed("Nur eine freundliche Erinnerung", language="de-AT") != []
    assert blamed("Just checking in", language="fr") == []


def test_a_text_without_a_question_is_told_so_but_for_a_closing_note_and_a_call() -> None:
    text = "Hello Tom,\n\nthe oven is in stock and can be fitted in July.\n\nRegards\nHelen"

    (found,) = tone.check(text)
    assert (found.kind, found.phrase) == (
        "no_question",
        "the oven is in stock and can be fitted in July",
    )
    assert tone.check(text, expects_answer=False) == []
    assert tone.check(text, channel="phone") == []
    assert kinds("The oven is in stock and can be fitted in July.", channel="sms") == [
        "no_question"
    ]
    assert kinds("The oven is in stock. Please send me the date.") == []
    assert kinds("Der Ofen ist da und passt. Geben Sie mir gern Bescheid.") == []


def test_more_than_one_ask_is_told_at_the_second() -> None:
    text = "Is June fine? Could you send the plan as well? Let me know."

    (found,) = tone.check(text)
    assert (found.kind, found.phrase) == ("many_asks", "Could you send the plan as well")
    assert kinds("Is June fine? Or is July better? Let me know.") == []
    assert kinds("See https://example.com/?page=2 for it. Is June fine?") == []


def test_words_past_the_hundred_and_twentieth_are_told_on_e_mail_only() -> None:
    text = "one " * 117 + "Is e-mail fine?"

    assert kinds(text) == []
    (found,) = tone.check(text + " word")
    assert (found.kind, found.phrase) == ("too_long", "word")
    assert kinds(text + " word", channel="letter") == []


def test_phrases_can_be_added_and_shipped_ones_left_out() -> None:
    text = "No-brainer! Just checking in. Is June fine?"
    mine = own("no brainer")

    assert blamed(text, extra=[mine]) == ["No-brainer", "Just checking in"]
    shipped_ones = {one.notation for one in phrasebooks()["en"].blame.phrases}
    assert blamed(text, extra=[mine], without=shipped_ones) == ["No-brainer"]


@pytest.mark.parametrize(
    ("notation", "remedy"),
    [
        ("", "could match anything. Begin it with a word"),
        ("[maybe] ...", "could match anything. Begin it with a word"),
        ("... later", "could match anything. Begin it with a word"),
        ("(one|two", "is missing in the phrase. Add it"),
        ("one) two", "never opened. Take it out"),
        ("{nobody} calls", "names an unknown set"),
        ("word !", "Add that, or take it out"),
        ("* word", "is no word. Put letters before"),
        ("(" * 7 + "a" + ")" * 7, "Brackets may stand 6 deep"),
        ("word " * 500, "may have 2000 characters"),
    ],
)
def test_a_phrase_that_cannot_be_read_is_refused_with_the_remedy(
    notation: str, remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy.replace("(", r"\(")):
        own(notation)


def test_the_notation_means_what_it_says() -> None:
    found = {
        notation: blamed(text, extra=[own(notation)], language="fr")
        for notation, text in [
            ("bake (rye|oat meal) bread", "We bake oat-meal bread."),
            ("bake [rye] bread", "We bake bread."),
            ("bak* bread", "Baking bread is slow."),
            ("bake ... bread", "We bake a very dark rye bread."),
            ("bake ... rye bread", "We bake one two three four five rye bread."),
            ("bake bread !(crumbs|rolls)", "We bake bread crumbs."),
            ("^ bread", "Now, bread is fine, but no bread"),
            ("bread $", "Our bread is bread."),
        ]
    }
    assert found == {
        "bake (rye|oat meal) bread": ["bake oat-meal bread"],
        "bake [rye] bread": ["bake bread"],
        "bak* bread": ["Baking bread"],
        "bake ... bread": ["bake a very dark rye bread"],
        "bake ... rye bread": [],
        "bake bread !(crumbs|rolls)": [],
        "^ bread": ["bread"],
        "bread $": ["bread"],
    }


OF_WORDS = [
    "i have not ",
    "you have been trying to reach ",
    "wir haben ihnen ",
    "have not yet ",
    "I’ve’ ",
]
OF_MARKS = ["e-", "....x", "? ", ". ", "-- ", "> \n"]
OF_NOTHING = ["a", "'", "\n", "\u0301\u0316", "((((", "\u00ad"]
HOSTILE = [
    *((piece, 2_000) for piece in OF_WORDS),
    *((piece, 5_000) for piece in OF_MARKS),
    *((piece, 25_000) for piece in OF_NOTHING),
]


@pytest.mark.parametrize(("piece", "size"), HOSTILE)
def test_the_work_grows_with_the_text_and_no_faster(piece: str, size: int) -> None:
    few, many = (steps(repeated(piece, length)) for length in (size, 4 * size))

    assert many <= 4.5 * few + 500


def repeated(piece: str, size: int) -> str:
    return (piece * size)[:size]


def steps(text: str) -> int:
    """Count the calls, of Python and of C, that a check takes."""
    phrasebooks()
    counted = 0

    def count(_frame: object, event: str, _of: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        tone.check(text)
    finally:
        sys.setprofile(None)
    return counted


def test_no_shipped_template_is_objected_to() -> None:
    found = {
        key: tone.check(
            words.body, channel=key[1], language=key[2], expects_answer=key[0] != Play.LET_GO
        )
        + [finding for finding in tone.check(words.subject) if finding.is_blame]
        for key, words in shipped().items()
    }
    assert {key: findings for key, findings in found.items() if findings} == {}


def test_no_text_of_the_demo_is_objected_to() -> None:
    texts = [
        text
        for name in ("words.toml", "offers.toml")
        for text in strings(tomllib.loads((FOLDER / name).read_text(encoding="utf-8")))
    ]
    assert len(texts) > 300
    assert {text: blamed(text) for text in texts if blamed(text)} == {}


def strings(told: Any) -> list[str]:
    """Return all texts in what a file says."""
    if isinstance(told, str):
        return [told]
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else []
    return [text for part in parts for text in strings(part)]


def test_findings_come_in_the_order_of_the_text() -> None:
    found: list[Finding] = tone.check("Just checking in again. Sorry to bother you. " + "x " * 130)

    places = [(one.start, one.end) for one in found]
    assert places == sorted(places)
    assert [one.kind for one in found] == ["checking_in", "reproach", "no_question", "too_long"]
