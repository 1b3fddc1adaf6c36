"""Why they may be silent: a guess that shows its reason, by weights that everyone can read."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from outreach import clues
from outreach.diagnosis import NOT_KNOWING, NOTHING, RULES, UNKNOWN, diagnose
from outreach.mentions import Topic
from outreach.models import Reason, Remark
from outreach.signs import Away, Mentions, Opening, Said, Signs

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = date(2025, 11, 20)
THIRD = date(2025, 11, 3)
R = Reason
QUICK = (HOUR, 2 * HOUR, 2 * HOUR)


def signs(**fields: object) -> Signs:
    return Signs(**{"today": TODAY, "patience": 3 * DAY, **fields})


def remark(topic: Remark.Topic) -> dict[str, object]:
    return {"remarks": {topic: THIRD}}


EACH = {
    clues.away_until: (
        {"away": Away(THIRD, date(2025, 11, 18))},
        "They were out of office until 18 November.",
    ),
    clues.away_undated: (
        {"away": Away(THIRD)},
        "Their out-of-office note of 3 November names no day of return.",
    ),
    clues.quick_then_touch: (
        {"replies": QUICK, "opening": Opening(THIRD, "email", touch=7)},
        (
            "They answered within 2 hours three of three times, then nothing since our e-mail of "
            "3 November."
        ),
    ),
    clues.dead_address: (
        {"dead": ("email", "phone")},
        "An address of theirs does not work (e-mail and phone).",
    ),
    clues.slow: (
        {"replies": (5 * DAY, 6 * DAY, 9 * DAY)},
        (
            "They usually take 6 days to reply (the middle of three replies): longer than this "
            "stage waits."
        ),
    ),
    clues.one_person: ({"people": 1}, "Only one person is known at their company."),
    clues.priorities_remark: (
        remark(Remark.Topic.PRIORITIES),
        "They spoke of their priorities on 3 November.",
    ),
    clues.moved: (
        {"moved": (date(2025, 10, 1), date(2025, 10, 8), THIRD)},
        "Three meetings were moved or did not take place, the last one on 3 November.",
    ),
    clues.heard_elsewhere: (
        {"heard_elsewhere_on": THIRD},
        "They were heard on another deal on 3 November, during this silence.",
    ),
    clues.never_heard: ({"was_heard": False}, "They have not been heard on this deal so far."),
    clues.budget_remark: (
        remark(Remark.Topic.BUDGET),
        "They spoke of their budget on 3 November.",
    ),
    clues.quick_then_price: (
        {"replies": QUICK, "opening": Opening(THIRD, "email", "Proposal", True, 7)},
        (
            "They answered within 2 hours three of three times, then nothing since the price was "
            "named on 3 November (e-mail)."
        ),
    ),
    clues.timing_remark: (remark(Remark.Topic.TIMING), "They spoke of timing on 3 November."),
    clues.quick_then_stage: (
        {"replies": QUICK, "opening": Opening(THIRD, "email", "Proposal", touch=7)},
        (
            "They answered within 2 hours three of three times, then nothing since the deal entered "
            "Proposal on 3 November."
        ),
    ),
    clues.competitors_remark: (
        remark(Remark.Topic.COMPETITORS),
        "They spoke of competitors of ours on 3 November.",
    ),
    clues.promise: (
        {"promised_on": date(2024, 12, 3)},
        "They named 3 December 2024 to come back to us, and it passed.",
    ),
    clues.price: (
        {"mentions": {Topic.PRICE: Mentions(1, 0, THIRD, "email", "discount", 7)}},
        "They brought up the price on 3 November (e-mail: “discount”).",
    ),
    clues.competitor: (
        {"mentions": {Topic.COMPETITOR: Mentions(3, 1, THIRD, "phone", "compare", 7)}},
        ("They brought up another offer on 3 November (call: “compare”); twice more on this deal and "
        "once on another."),
    ),
    clues.late_stage: (
        {"late_stage": "Negotiation"},
        "In Negotiation a decision is near: every second such deal is won.",
    ),
    clues.quick_then_long_row: (
        {"replies": QUICK, "attempts": 4},
        "They usually answer within 2 hours, but not four attempts in a row.",
    ),
    clues.fading: (
        {"replies": (HOUR, 2 * HOUR, 2 * HOUR, HOUR, 40 * HOUR)},
        "Their last reply took 2 days; 2 hours is usual for them.",
    ),
    clues.long_row: ({"attempts": 3}, "Three attempts in a row had no answer."),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.sign.__name__)
def test_each_rule_has_a_sign_that_speaks_for_its_reason_alone(rule) -> None:
    known, sentence = EACH[rule.sign]
    there = signs(**known)
    told = rule.sign(there)
    assert told is not None
    assert told.text == sentence
    assert [each for each in RULES if each.sign(there)] == [rule]
    assert rule.sign(signs()) is None


def test_every_sentence_that_rests_on_a_touch_names_it() -> None:
    found = {sign: sign(signs(**known)) for sign, (known, _) in EACH.items()}
    assert {sign for sign, told in found.items() if told and told.touch == 7} == {
        clues.quick_then_touch, clues.quick_then_price, clues.quick_then_stage, clues.price,
        clues.competitor,
    }  # fmt: skip


def test_a_reason_is_proposed_with_its_share_of_all_weights() -> None:
    guess = diagnose(signs(dead=("email",), people=1, was_heard=False))
    assert guess.reason == R.HARD_TO_REACH
    assert guess.confidence == round(100 * (60 + 10) / (60 + 10 + 35 + NOT_KNOWING)) == 56


def test_all_that_speaks_for_it_is_said_the_heaviest_first_and_the_heaviest_against() -> None:
    guess = diagnose(
        signs(dead=("email",), people=1, was_heard=False, late_stage="Negotiation", moved=())
    )
    assert [sentence.text for sentence in guess.evidence] == [
        "An address of theirs does not work (e-mail).",
        "Only one person is known at their company.",
        "On the other hand: They have not been heard on this deal so far.",
    ]


def test_a_sum_of_small_signs_outweighs_one_large_one() -> None:
    small = signs(
        promised_on=THIRD, late_stage="Negotiation", dead=("email",), **remark(Remark.Topic.TIMING)
    )
    assert diagnose(small).reason == R.CANNOT_COMMIT_YET


def test_without_a_sign_nothing_is_proposed_and_it_says_so() -> None:
    assert diagnose(signs()) == UNKNOWN == (R.UNKNOWN, 0, (NOTHING,))


def test_what_weighs_no_more_than_not_knowing_proposes_nothing_but_is_told() -> None:
    guess = diagnose(signs(people=1))
    assert guess[:2] == (R.UNKNOWN, 0)
    assert [sentence.text for sentence in guess.evidence] == [
        "Only one person is known at their company."
    ]


def test_of_equal_sums_the_one_with_the_heavier_sign_is_proposed() -> None:
    price = {Topic.PRICE: Mentions(elsewhere=1)}
    even = signs(dead=("email",), promised_on=THIRD, mentions=price)  # 60 against 30 + 30
    assert diagnose(even)[:2] == (R.HARD_TO_REACH, round(100 * 60 / (120 + NOT_KNOWING)))


def test_a_tie_in_all_goes_to_the_one_that_stands_first_in_the_table() -> None:
    even = signs(away=Away(THIRD, THIRD), dead=("email",))  # 60 each
    assert diagnose(even).reason == R.BUSY


def test_what_a_rep_said_wins_with_its_signs_and_the_heaviest_against() -> None:
    guess = diagnose(signs(said=Said(R.BUSY, THIRD), dead=("email",)))
    assert (guess.reason, guess.confidence) == (R.BUSY, 100)
    assert [sentence.text for sentence in guess.evidence] == [
        "On the other hand: An address of theirs does not work (e-mail).",
    ]
    alone = diagnose(signs(said=Said(R.BUSY, THIRD)))
    assert alone.evidence == (("A rep said so on 3 November.", None),)


def test_two_replies_are_no_habit() -> None:
    assert diagnose(signs(replies=(9 * DAY, 9 * DAY))).reason == R.UNKNOWN
    assert signs(replies=(HOUR, HOUR)).quick is None


def test_quick_is_the_shortest_time_in_which_two_of_three_replies_came() -> None:
    assert signs(replies=(HOUR, 3 * HOUR, 3 * HOUR)).quick == 4 * HOUR
    assert signs(replies=(HOUR, HOUR, 9 * DAY)).quick == HOUR
    assert signs(replies=(HOUR, 2 * DAY, 3 * DAY)).quick is None


def test_what_is_only_known_of_other_deals_is_counted_and_not_shown() -> None:
    once = signs(mentions={Topic.PRICE: Mentions(elsewhere=1)})
    thrice = signs(mentions={Topic.PRICE: Mentions(elsewhere=3)})
    assert clues.price(once) == ("They brought up the price once on another deal.", None)
    assert clues.price(thrice) == ("They brought up the price three times on another deal.", None)


def test_an_absence_that_lasts_is_said_so() -> None:
    told = clues.away_until(signs(away=Away(THIRD, date(2025, 12, 1))))
    assert told == ("They are out of office until 1 December.", None)


def test_thirteen_attempts_are_said_in_figures() -> None:
    told = clues.long_row(signs(attempts=13))
    assert told == ("13 attempts in a row had no answer.", None)


@hypothesis(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.sampled_from(sorted(EACH, key=lambda sign: sign.__name__))))
def test_however_signs_come_together_there_is_one_reason_with_evidence(present) -> None:
    known: dict[str, object] = {}
    for sign in present:
        for name, value in EACH[sign][0].items():
            both = isinstance(value, dict) and isinstance(known.get(name), dict)
            known[name] = {**known[name], **value} if both else value  # type: ignore[dict-item]
    guess = diagnose(signs(**known))
    assert guess.evidence
    assert all(re.fullmatch(r"[A-Z0-9].*\.", sentence.text) for sentence in guess.evidence)
    assert 0 <= guess.confidence < 100
    assert (guess.reason == R.UNKNOWN) == (guess.confidence == 0)


def test_the_table_of_the_docs_is_the_table_of_the_code() -> None:
    text = (settings.BASE_DIR / "docs" / "re-engaging.md").read_text()
    section = text.split("## Why they are silent")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| (\d+) \|$", section, re.MULTILINE)
    assert rows == [(rule.when, str(rule.reason.label).lower(), str(rule.weight)) for rule in RULES]
    assert f"plus {NOT_KNOWING} for not knowing" in section
