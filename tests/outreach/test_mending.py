"""Mending what the tone check found: a sentence left out, or a question in its place."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from outreach import mending, tone
from outreach.mending import How, mend, spots
from outreach.phrasebook import phrasebooks
from outreach.phrases import Choice, Literal, Part

FRAME = {
    "en": "Hello Tom,\n\n{} and so on.\n\nThe oven is in stock with us.",
    "de": "Hallo Tom,\n\n{} und so weiter.\n\nDer Ofen ist bei uns auf Lager.",
}


def mended(text: str, how: How = How.OUT) -> str:
    """Mend the first finding; what is missing comes last."""
    found = sorted(tone.check(text), key=lambda one: one.kind == "no_question")
    return mend(text, found[0], how)


def example(parts: Iterable[Part]) -> str:
    """Return the shortest text that a phrase is found in."""
    words = []
    for part in parts:
        if isinstance(part, Literal):
            words.append(part.word)
        elif isinstance(part, Choice) and not part.is_optional:
            words.append(min((example(way) for way in part.ways), key=len))
        elif (part == "^" and words) or part == "$":
            words.append(",")
    return " ".join(words)


@pytest.mark.parametrize("how", list(How))
@pytest.mark.parametrize("language", list(FRAME))
def test_each_shipped_phrase_is_found_in_its_example_and_mended(language: str, how: How) -> None:
    asked = ["no_question"] if how == How.OUT else []
    wrong = {}
    for phrase in phrasebooks()[language].blame.phrases:
        text = FRAME[language].format(example(phrase.parts))
        if phrase.kind != tone.FINE and left_after(text, how, language) != asked:
            wrong[phrase.notation] = text
    assert wrong == {}


def left_after(text: str, how: How, language: str) -> list[str]:
    """Return which kinds of findings are left after the blame was mended; it must have some."""
    for nth in range(3):  # a second phrase may stand in another sentence of the example
        found = [one for one in tone.check(text, language=language) if one.is_blame]
        if not found and not nth:
            return ["nothing found"]
        text = mend(text, found[0], how) if found else text
    return [one.kind for one in tone.check(text, language=language)]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Just checking in. The oven is here.", "The oven is here."),
        ("The oven is here. Just checking in!", "The oven is here."),
        (
            "The oven is here. Just checking in! Is June fine?",
            "The oven is here. Is June fine?",
        ),
        ("Hi Tom, just checking in. The oven is here.", "Hi Tom, the oven is here."),
        ("Hi Tom, just checking in. Mara has the key.", "Hi Tom, Mara has the key."),
        ("Hi Tom! Just checking in.\n\nBest\nAnn", "Hi Tom!\n\nBest\nAnn"),
        ("Hi Tom,\n\nJust checking in.\n\nThe oven is here.", "Hi Tom,\n\nThe oven is here."),
        ("Hi Tom,\nJust checking in\nBest, Ann", "Hi Tom,\n\nBest, Ann"),
        ("Hallo Jan, ich wollte nur kurz nachfragen. Der Ofen ist da.", "Hallo Jan, der Ofen ist da."),
        ("Just checking in :)", ""),
        ("Just checking in, and as per my last e-mail the oven is here. Is it?", "Is it?"),
    ],
)  # fmt: skip
def test_a_sentence_is_left_out_and_what_stands_around_it_stays(text: str, rest: str) -> None:
    assert mended(text) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Just checking in. The oven is here.", "Is this still planned for this year? The oven is here."),
        ("Hi Tom, just checking in.", "Hi Tom, is this still planned for this year?"),
        ("Hi Tom,\n\nJust checking in.\n\nAnn", "Hi Tom,\n\nIs this still planned for this year?\n\nAnn"),
    ],
)  # fmt: skip
def test_a_question_takes_the_place_of_a_sentence(text: str, rest: str) -> None:
    assert mended(text, How.SAY) == rest


def test_where_nothing_is_asked_a_question_is_added_at_the_end() -> None:
    text = "Hi Tom,\n\nthe oven is in stock with us\n\nBest\nAnn"
    (spot,) = spots(text, tone.check(text))

    assert (spot.is_new, spot.can_go) == (True, False)
    assert mended(text, How.SAY) == (
        "Hi Tom,\n\nthe oven is in stock with us. Is this still planned for this year?\n\nBest\nAnn"
    )


def test_no_second_question_is_offered_beside_one_that_is_there() -> None:
    text = "Just checking in. The oven is here. Is June fine?"
    (spot,) = spots(text, tone.check(text))
    assert (spot.say, spot.can_go) == ("", True)
    (spot,) = spots("Any news?", tone.check("Any news?"))
    assert spot.say == "Is this still planned for this year?"


def test_a_second_question_can_be_left_out_and_a_long_text_only_be_shortened_by_hand() -> None:
    assert mended("Is June fine? Could you send the plan?") == "Is June fine?"
    text = "The oven is here, and the mixer. " * 25 + "Is June fine?"
    (spot,) = spots(text, tone.check(text))
    assert (spot.finding.kind, spot.say, spot.can_go) == ("too_long", "", False)


def test_a_phrase_is_shown_in_its_sentence_and_no_further() -> None:
    text = "Good. I write to you today because I am just checking in on the oven. " + "Is it so?"
    (spot,) = spots(text, tone.check(text))
    shown = (spot.before, spot.finding.phrase, spot.after)
    assert shown == ("I write to you today because I am ", "just checking in", " on the oven.")
    text = f"{'very ' * 30}just checking in {'now ' * 30}"
    spot = spots(text, [one for one in tone.check(text) if one.is_blame])[0]
    assert spot.before[0] == spot.after[-1] == "…"
    assert len(spot.before) == len(spot.after) == mending.AROUND + 1


def test_what_is_offered_instead_is_never_objected_to() -> None:
    offered = {
        (book.language, phrase.say)
        for book in phrasebooks().values()
        for phrase in book.blame.phrases
        if phrase.kind != tone.FINE
    }
    found = {say: tone.check(say, language=language) for language, say in offered}
    assert {say: findings for say, findings in found.items() if findings} == {}
    assert all(say for _, say in offered)
