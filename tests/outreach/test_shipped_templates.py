"""The shipped words: for every play and channel, in English and German, worth sending as they are."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Channel
from outreach import tone
from outreach.defaults import Key, Shipped, shipped
from outreach.drafts import Draft, filled
from outreach.fields import FIELDS, SAMPLES, SURE, check, sample
from outreach.forms.templates import LONGEST_SHORT, SHORT
from outreach.models import Play
from outreach.models.reasons import Reason

ALIKE = 0.45  # of all words that two drafts have, how many they may share; 0.41 is the most today
LONGEST_VOICEMAIL = 45  # words: 18 seconds at 150 words a minute
TITLES = ("Equipment tracking, 12 devices", "Downtime board, line 4")  # words that phrases know
HOLE = re.compile(r"[{}]|  |\n\n\n| [,.?!:]|: ?\.|\(\)")
KEYS = {
    (key.play, words.body): key for key, words in shipped().items()
}.values()  # each text once, not once a channel
each_file = pytest.mark.parametrize("file", sorted({(key.language, key.play) for key in KEYS}))


def of(file: tuple[str, str]) -> list[tuple[Key, Shipped]]:
    """The words of one file."""
    return [(key, shipped()[key]) for key in sorted(KEYS) if (key.language, key.play) == file]


def sparse(language: str) -> dict[str, str]:
    """What is known of a deal of which nothing is written down."""
    return {name: sample(language)[name] for name in (*SURE, "first_name")}


def words_of(draft: Draft) -> set[str]:
    return set(re.findall(r"\w+", f"{draft.subject} {draft.body} {draft.voicemail}".casefold()))


def variants(play: str, channel: str, language: str) -> list[tuple[Key, Shipped]]:
    return [item for item in shipped().items() if item[0][:3] == (play, channel, language)]


def objections(key: Key, draft: Draft) -> list[tone.Finding]:
    """What the tone check says of a draft; a subject and a voicemail need no question."""
    told: dict[str, str] = {"language": key.language}
    subject = tone.check(draft.subject, channel=key.channel, expects_answer=False, **told)
    return [
        *tone.check(draft.body, channel=key.channel, expects_answer=key.play != "let_go", **told),
        *(finding for finding in subject if finding.is_blame),
        *tone.check(draft.voicemail, channel="phone", **told),
    ]


def test_every_play_has_several_words_on_every_channel_in_both_languages() -> None:
    for language in SAMPLES:
        for play in Play.values:
            for channel in Channel.values:
                general = [key for key, _ in variants(play, channel, language) if not key.reason]
                assert len(general) >= (3 if channel == Channel.EMAIL else 2)


def test_reasons_change_what_is_said_where_they_should() -> None:
    for language in SAMPLES:
        for play in ("refocus", "switch_channel", "widen", "let_go"):
            for channel in ("email", "phone", *SHORT):
                found = {key.reason for key, _ in variants(play, channel, language)}
                assert found == {*Reason.values, ""} - {Reason.UNKNOWN}


def test_the_samples_say_every_field_in_both_languages() -> None:
    assert {language: set(told) for language, told in SAMPLES.items()} == {
        "en": set(FIELDS),
        "de": set(FIELDS),
    }
    assert sample("de-AT") == SAMPLES["de"]
    assert sample("sv") == SAMPLES["en"]


@each_file
def test_the_tone_check_objects_to_no_shipped_words(file: tuple[str, str]) -> None:
    found = [
        (key, finding)
        for key, words in of(file)
        for values in (sample(key.language), sparse(key.language))
        for finding in objections(key, filled(words, values))
    ]
    assert found == []


@each_file
@pytest.mark.parametrize("title", TITLES)
def test_a_title_makes_no_reproach_of_the_words_around_it(
    file: tuple[str, str], title: str
) -> None:
    found = [
        (key, finding)
        for key, words in of(file)
        for finding in objections(key, filled(words, {**sample(key.language), "title": title}))
    ]
    assert found == []


@each_file
def test_shipped_words_use_known_fields_and_no_exclamation_marks(file: tuple[str, str]) -> None:
    for _, words in of(file):
        for text in words:
            check(text)
            assert "!" not in text


@each_file
def test_shipped_words_are_as_long_as_their_channel_bears(file: tuple[str, str]) -> None:
    for key, words in of(file):
        draft = filled(words, sample(key.language))
        assert len(draft.body.split()) <= 120
        if key.channel in SHORT:
            assert len(draft.body) <= LONGEST_SHORT
        if key.channel == Channel.PHONE:
            assert 15 <= len(draft.voicemail.split()) <= LONGEST_VOICEMAIL
        else:
            assert draft.voicemail == ""
            assert draft.body.count("?") == (key.play != Play.LET_GO)


@given(st.sampled_from(sorted(KEYS)), st.sets(st.sampled_from(sorted(FIELDS))))
def test_no_draft_has_a_hole_or_loses_its_question(key: Key, known: set[str]) -> None:
    values = sample(key.language)
    told = {name: value for name, value in values.items() if name in known} | sparse(key.language)
    draft = filled(shipped()[key], told)
    assert not HOLE.search(f"{draft.body}\n{draft.voicemail}\n{draft.subject}")
    assert draft.body
    assert objections(key, draft) == []
    missing = [values[name] for name in FIELDS if name not in told]
    assert [value for value in missing if value in f"{draft.subject}\n{draft.body}"] == []


@pytest.mark.parametrize("language", SAMPLES)
@pytest.mark.parametrize("play", Play.values)
def test_another_draft_is_really_different(play: str, language: str) -> None:
    for channel in Channel.values:
        drafts = [
            (key, words_of(filled(words, sample(language))))
            for key, words in variants(play, channel, language)
        ]
        for (one, words), (other, others) in combinations(drafts, 2):
            if not (one.reason and other.reason):  # no silence has two reasons
                assert len(words & others) / len(words | others) < ALIKE, (one, other)
