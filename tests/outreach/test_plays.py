"""Which play is chosen: the written-down rules, one by one, and what none may ever do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Channel
from outreach.answers import Answers
from outreach.approaches import APPROACHES
from outreach.chances import Chance
from outreach.diagnosis import Diagnosis, Reason
from outreach.models import Play
from outreach.people import Person, Way
from outreach.plays import Choice, choose
from outreach.rates import Rates
from outreach.situation import Attempt, Situation
from outreach.stopping import Floor

SINCE, TODAY = date(2025, 11, 12), date(2025, 11, 20)
E_MAIL, PHONE, SMS = Way(1, "email"), Way(2, "phone"), Way(3, "sms")
HARD_TO_REACH = Diagnosis(Reason.HARD_TO_REACH, 60)
LOST_INTEREST = Diagnosis(Reason.LOST_INTEREST, 55)


def mara(*ways: Way, **fields: object) -> Person:
    return Person(contact=1, ways=ways or (E_MAIL, PHONE), **fields)


def unanswered(*channels: str) -> dict[str, Answers]:
    """How somebody answers of whom nothing is known but that these touches had no answer."""
    return {channel: Answers(tried=channels.count(channel)) for channel in channels}


def jonas(*ways: Way, **fields: object) -> Person:
    return Person(contact=2, ways=ways or (Way(9, "email"),), **fields)


def situation(*channels: str, **fields: object) -> Situation:
    """A silence with attempts at the primary contact on these channels, all since it went dark."""
    attempts = tuple(Attempt(1, channel) for channel in channels)
    known = {
        "step": len(attempts) + 1, "attempts_allowed": 5, "since": SINCE, "today": TODAY,
        "primary": mara(answers=unanswered("email", *channels)),
        "attempts": attempts, "unanswered": ("email", *channels),
    }  # fmt: skip
    return Situation(**{**known, **fields})


def chosen(where: Situation) -> tuple[str, str]:
    choice = choose(where)
    assert choice is not None
    return choice.play, choice.channel


def test_the_first_step_goes_back_to_what_they_wanted_by_e_mail() -> None:
    assert chosen(situation()) == ("refocus", "email")


def test_the_first_step_takes_the_channel_that_they_answer_on_most() -> None:
    answers = {"email": Answers(5, 1), "phone": Answers(3, 2)}
    choice = choose(situation(primary=mara(answers=answers)))
    assert (choice.play, choice.channel, choice.address) == ("refocus", "phone", 2)
    assert choice.evidence == (
        "One e-mail since 12 November went unanswered.",
        "Answered 2 of 3 calls, 1 of 5 e-mails.",
    )


def test_who_comes_by_themselves_on_a_channel_is_met_there() -> None:
    answers = {"email": Answers(2, 0), "chat": Answers(unasked=2)}
    person = mara(E_MAIL, PHONE, Way(4, "chat"), answers=answers)
    assert chosen(situation(primary=person)) == ("refocus", "chat")


def test_the_preferred_address_of_a_channel_is_taken() -> None:
    person = mara(Way(1, "email"), Way(2, "email", is_preferred=True))
    assert choose(situation(primary=person)).address == 2


def test_after_an_attempt_a_channel_that_promises_more_is_taken() -> None:
    assert chosen(situation("email")) == ("switch_channel", "phone")


def test_one_attempt_where_they_answer_does_not_change_the_channel() -> None:
    answers = {"email": Answers(5, 4)}
    assert chosen(situation("email", primary=mara(answers=answers))) == ("refocus", "email")


def test_there_is_never_a_third_attempt_in_a_row_on_one_channel() -> None:
    answers = {"email": Answers(9, 9)}
    where = situation("email", "email", primary=mara(answers=answers))
    assert chosen(where) == ("switch_channel", "phone")
    assert "The last two attempts both were e-mails." in choose(where).evidence


def test_attempts_before_it_went_dark_count_in_the_row() -> None:
    assert chosen(situation("email", "email", step=1)) == ("switch_channel", "phone")


def test_an_unused_fact_opens_the_second_step_and_the_third() -> None:
    person = mara(has_fact=True)
    assert chosen(situation(primary=person))[0] == "refocus"
    assert chosen(situation("email", primary=person))[0] == "personalise"
    assert chosen(situation("email", "phone", primary=person))[0] == "personalise"


def test_who_is_hard_to_reach_gets_another_channel_at_once_and_no_kind_word() -> None:
    person = mara(has_fact=True, answers={"email": Answers(9, 8)})
    where = situation(primary=person, diagnosis=HARD_TO_REACH)
    assert chosen(where) == ("switch_channel", "phone")
    assert choose(where).evidence[-1] == "If they are hard to reach: another channel sooner."
    assert chosen(situation("phone", primary=person, diagnosis=HARD_TO_REACH))[1] == "email"
    only_mail = mara(E_MAIL, has_fact=True)
    assert chosen(situation(primary=only_mail, diagnosis=HARD_TO_REACH)) == ("refocus", "email")


def test_the_way_that_did_not_reach_one_may_reach_another() -> None:
    gone = mara(Way(1, "email", is_alive=False))
    both = jonas(Way(9, "email"), Way(10, "phone"))
    where = situation(primary=gone, others=(both,), diagnosis=HARD_TO_REACH)
    assert choose(where).address == 9


def test_who_lost_interest_is_met_as_a_person_or_asked_about_elsewhere_and_let_go_sooner() -> None:
    person = mara(has_fact=True)
    assert chosen(situation(primary=person, diagnosis=LOST_INTEREST))[0] == "personalise"
    where = situation("email", "phone", primary=person, diagnosis=LOST_INTEREST, others=(jonas(),))
    assert choose(where).contact == 2
    last = situation("email", "phone", "email", "phone", diagnosis=LOST_INTEREST)
    assert chosen(last) == ("let_go", "email")
    assert "Four attempts are enough where interest is lost." in choose(last).evidence


def test_nobody_is_let_go_sooner_for_a_mere_guess_nor_before_the_second_attempt() -> None:
    doubtful = Diagnosis(Reason.LOST_INTEREST, 49)
    tried = ("email", "phone", "email", "phone")
    assert chosen(situation(*tried, diagnosis=doubtful))[0] != "let_go"
    for allowed in (1, 2):
        where = situation(attempts_allowed=allowed, step=allowed, diagnosis=LOST_INTEREST)
        assert chosen(where)[0] != "let_go"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.BUSY, "If they are busy: few words and one easy question."),
        (Reason.LOW_PRIORITY, "If it is a low priority: one smaller step."),
        (Reason.CANNOT_COMMIT_YET, "If they cannot commit yet: a step that decides nothing."),
    ],
)
def test_who_has_other_things_to_do_is_asked_for_a_smaller_step(reason: Reason, said: str) -> None:
    person = mara(E_MAIL, has_fact=True)
    choice = choose(situation("email", primary=person, diagnosis=Diagnosis(reason, 60)))
    assert choice.play == "refocus"
    assert choice.evidence[-1] == said


def test_the_reason_is_not_spoken_of_when_letting_go() -> None:
    where = situation(step=6, diagnosis=HARD_TO_REACH)
    assert choose(where).evidence[-1] == "All five attempts of this stage are spent."


def test_every_reason_has_its_approach() -> None:
    assert set(APPROACHES) == set(Reason)


TEAM = Rates({(7, "phone"): (300, 90), (7, "email"): (2000, 400)}).of(7)


def test_the_teams_rate_is_shown_beside_their_own() -> None:
    answers = {"email": Answers(5, 1), "phone": Answers(3, 2)}
    choice = choose(situation(primary=mara(answers=answers), rates=TEAM))
    assert choice.channel == "phone"
    assert choice.evidence[1] == (
        "Answered 2 of 3 calls, 1 of 5 e-mails; the team’s calls are answered 30 in 100."
    )


def test_of_somebody_who_never_answered_the_team_says_what_promises_more() -> None:
    choice = choose(situation("email", rates=TEAM))
    assert (choice.play, choice.channel) == ("switch_channel", "phone")
    assert choice.evidence[1:] == (
        "The team’s calls are answered 30 in 100.",
        "Calls promise more now than e-mails: about 30 in 100 answers against 13.",
    )


def test_answers_on_channels_without_an_address_are_not_spoken_of() -> None:
    answers = {"email": Answers(5, 1), "meeting": Answers(4, 4)}
    assert choose(situation(primary=mara(answers=answers))).evidence[1] == (
        "Answered 1 of 5 e-mails."
    )


def test_what_came_unasked_is_shown_where_it_decides() -> None:
    answers = {"email": Answers(2, 1), "chat": Answers(unasked=2)}
    choice = choose(situation(primary=mara(E_MAIL, Way(4, "chat"), answers=answers)))
    assert choice.channel == "chat"
    assert choice.evidence[1:] == ("Answered 1 of 2 e-mails.", "Two chat messages came unasked.")


def test_somebody_else_is_asked_where_the_primary_contact_cannot_be_reached() -> None:
    unreachable = mara(Way(1, "email", is_alive=False))
    choice = choose(situation(primary=unreachable, others=(jonas(),)))
    assert (choice.play, choice.contact, choice.address) == ("widen", 2, 9)


def test_somebody_else_is_asked_after_three_attempts_at_one_person() -> None:
    others = (jonas(Way(9, "email"), Way(10, "phone")),)
    where = situation("email", "phone", "email", others=others)
    assert choose(where).contact == 2


def test_a_third_in_a_row_is_not_made_with_somebody_else_either() -> None:
    both = jonas(Way(9, "email"), Way(10, "phone"))
    only_mail = mara(E_MAIL)
    assert choose(situation("email", "email", primary=only_mail, others=(both,))).address == 10
    alone = choose(situation("email", "email", primary=only_mail, others=(jonas(),)))
    assert (alone.play, alone.channel, alone.lacks) == ("let_go", "", "channel")


def test_who_was_heard_on_this_deal_is_asked_before_who_answers_elsewhere() -> None:
    silent, lively, heard = (
        Person(2, (Way(9, "email"),)),
        Person(3, (Way(10, "email"),), answers={"email": Answers(9, 9)}),
        Person(4, (Way(11, "email"),), heard_on=frozenset({7})),
    )
    gone = mara(Way(1, "email", is_alive=False))
    for others, asked, because in (
        ((silent, lively, heard), 4, "Somebody else on their side was heard on this deal."),
        ((silent, lively), 3, "Somebody else on their side is known to us."),
        ((silent,), 2, "Somebody else on their side is known to us."),
    ):
        choice = choose(situation(primary=gone, others=others, deal=7))
        assert (choice.play, choice.contact) == ("widen", asked)
        assert because in choice.evidence


def test_the_person_who_is_asked_instead_is_the_one_whose_answers_are_shown() -> None:
    lively = jonas(answers={"email": Answers(5, 4)})
    gone = mara(Way(1, "email", is_alive=False), answers={"email": Answers(8, 1)})
    assert choose(situation(primary=gone, others=(lively,))).evidence == (
        "One e-mail since 12 November went unanswered.",
        "Somebody else on their side is known to us.",
        "Answered 4 of 5 e-mails.",
    )


def test_who_was_asked_already_is_not_widened_to_again() -> None:
    attempts = (*[Attempt(1, "email"), Attempt(1, "phone")] * 2, Attempt(2, "email"))
    where = situation(step=5, attempts=attempts, others=(jonas(),))
    assert choose(where).contact == 1


def test_who_opted_out_is_passed_over_for_the_next_person() -> None:
    choice = choose(situation(primary=mara(opt_outs=frozenset({""})), others=(jonas(),)))
    assert (choice.play, choice.contact) == ("widen", 2)
    assert "The deal’s own contact may not be written to any more." in choice.evidence


def test_where_everybody_opted_out_there_is_no_play() -> None:
    assert choose(situation(primary=mara(opt_outs=frozenset({""})))) is None


def test_spent_attempts_let_go_with_a_closing_note() -> None:
    where = situation("email", "phone", step=6)
    assert chosen(where) == ("let_go", "email")
    assert "All five attempts of this stage are spent." in choose(where).evidence


def test_one_allowed_attempt_is_said_in_the_singular() -> None:
    where = situation("email", attempts_allowed=1)
    assert "The one attempt of this stage is spent." in choose(where).evidence


def test_a_closing_note_is_never_a_third_in_a_row() -> None:
    where = situation("email", "email", step=6, primary=mara(E_MAIL))
    choice = choose(where)
    assert (choice.play, choice.channel, choice.lacks) == ("let_go", "", "")


def test_without_any_address_it_lets_go_and_asks_for_one() -> None:
    choice = choose(situation(primary=Person(1)))
    assert (choice.play, choice.channel, choice.lacks) == ("let_go", "", "address")
    assert "There is no address that may be used: add one." in choice.evidence


def test_with_one_channel_worn_out_it_lets_go_and_asks_for_a_second() -> None:
    choice = choose(situation("email", "email", primary=mara(E_MAIL)))
    assert (choice.play, choice.channel, choice.lacks) == ("let_go", "", "channel")
    assert choice.evidence[-1] == (
        "Two e-mails in a row had no answer, and no other channel is known: add one."
    )


def test_without_a_touch_of_ours_the_evidence_says_whose_move_it_is() -> None:
    where = situation(unanswered=(), today=TODAY + timedelta(days=365))
    assert choose(where).evidence == ("It has been their move since 12 November 2025.",)


channels = st.sampled_from([str(channel) for channel in Channel.values])
ways = st.builds(
    Way,
    address=st.integers(1, 50),
    channel=channels,
    is_alive=st.booleans(),
    is_refused=st.booleans(),
    is_preferred=st.booleans(),
)
answers = st.integers(0, 9).flatmap(
    lambda tried: st.builds(
        Answers,
        tried=st.just(tried),
        answered=st.integers(0, tried),
        unasked=st.integers(0, 3),
    )
)
opt_outs = st.frozensets(st.one_of(st.just(""), channels), max_size=3)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    persons = [
        Person(
            contact=number,
            ways=tuple(draw(st.lists(ways, max_size=4))),
            opt_outs=draw(opt_outs),
            answers=draw(st.dictionaries(channels, answers, max_size=3)),
            has_fact=draw(st.booleans()),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    who = st.integers(1, len(persons))
    attempts = draw(st.lists(st.builds(Attempt, contact=who, channel=channels), max_size=6))
    reason = draw(st.sampled_from(Reason))
    return Situation(
        step=draw(st.integers(1, 8)),
        attempts_allowed=draw(st.integers(1, 6)),
        primary=persons[0],
        others=tuple(persons[1:]),
        attempts=tuple(attempts),
        unanswered=tuple(attempt.channel for attempt in attempts),
        since=SINCE,
        today=TODAY,
        diagnosis=Diagnosis(reason, draw(st.integers(0, 100))),
    )


# A situation has many parts: on a busy machine Hypothesis takes the time for a fault.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def named(where: Situation, choice: Choice) -> Person:
    people = (where.primary, *where.others)
    return next(person for person in people if person.contact == choice.contact)


@UNHURRIED
@given(situations())
def test_no_play_names_who_opted_out_nor_a_way_that_is_closed(where: Situation) -> None:
    choice = choose(where)
    if choice is None:
        assert all("" in each.opt_outs for each in (where.primary, *where.others))
        return
    person = named(where, choice)
    assert not {"", choice.channel} & person.opt_outs
    if not choice.channel:
        assert (choice.play, choice.address) == (Play.LET_GO, None)
        return
    taken = [
        way for way in person.ways if (way.address, way.channel) == (choice.address, choice.channel)
    ]
    assert any(way.is_alive and not way.is_refused for way in taken)


@UNHURRIED
@given(situations())
def test_no_play_is_a_third_attempt_in_a_row_nor_one_too_many(where: Situation) -> None:
    choice = choose(where)
    if choice is None:
        return
    last = [each.channel for each in where.attempts[-2:]]
    assert [*last, choice.channel] != [choice.channel] * 3 or not choice.channel
    assert (where.step <= where.attempts_allowed) or choice.play == Play.LET_GO


@UNHURRIED
@given(situations())
def test_every_choice_shows_evidence_in_whole_sentences(where: Situation) -> None:
    choice = choose(where)
    for sentence in choice.evidence if choice else ():
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def test_a_chance_under_the_floor_lets_go_with_a_note_and_the_count() -> None:
    hardly = Chance(0.01, 0.0, 0.04, lasted=64)
    where = situation("email", chance=hardly, floor=Floor(3, 30))
    choice = choose(where)
    assert (choice.play, choice.channel) == ("let_go", "phone")
    assert any(text.startswith("About 1 in 100 come back; 64") for text in choice.evidence)
