"""How often touches are answered on a channel: counted, and drawn toward what is known."""

from __future__ import annotations

import pytest

from accounts.models import User
from deals import conversation
from outreach import rates
from outreach.answers import Answers
from outreach.models import ChannelRate
from outreach.rates import Rate, Rates, shrunk
from tests.cast import Story, day, make_contact, make_deal


def counted() -> dict[tuple[str | None, str], tuple[int, int]]:
    """Return (tried, answered) by team and channel."""
    rows = ChannelRate.objects.values_list("team__name", "channel", "tried", "answered")
    return {(team, channel): (tried, answered) for team, channel, tried, answered in rows}


def test_the_worked_example_of_the_docs() -> None:
    """Two of three calls, in a team whose calls are answered 27 times of 90, of 200 in 500."""
    of_all = shrunk(200, 500, toward=0.25, strength=20)
    assert of_all == pytest.approx(205 / 520)
    of_team = shrunk(27, 90, toward=of_all, strength=20)
    assert of_team == pytest.approx((27 + 20 * 205 / 520) / 110)
    assert Rate(of_team).likely(Answers(tried=3, answered=2)) == pytest.approx(
        (2 + 4 * of_team) / 7, abs=1e-12
    )
    assert round(100 * of_team) == 32
    assert round(100 * Rate(of_team).likely(Answers(tried=3, answered=2))) == 47


def test_one_call_that_was_taken_does_not_outweigh_many_e_mails() -> None:
    taken_once, often = Answers(1, 1), Answers(30, 25)
    assert Rate(0.25).likely(taken_once) < Rate(0.35).likely(often)


def test_what_came_unasked_counts_as_an_answer() -> None:
    assert Rate(0.2).likely(Answers(unasked=2)) == pytest.approx((2 + 4 * 0.2) / 6)


def test_where_nothing_was_counted_the_usual_order_stands() -> None:
    unknown = Rates().of(7)
    shares = [rate.share for rate in unknown.values()]
    assert shares == sorted(shares, reverse=True)
    assert list(unknown)[:3] == ["email", "phone", "chat"]
    assert {rate.say(channel) for channel, rate in unknown.items()} == {""}


def test_a_teams_rate_is_drawn_toward_everybodys() -> None:
    known = Rates({(None, "phone"): (100, 60), (7, "phone"): (20, 4)})
    of_all = (60 + 20 * 0.25) / 120
    assert known.of(None)["phone"] == Rate(of_all, "all teams’")
    assert known.of(7)["phone"] == Rate((4 + 20 * of_all) / 40, "the team’s")
    assert known.of(8)["phone"] == Rate(of_all, "all teams’")
    assert known.of(7)["phone"].say("phone") == "the team’s calls are answered 37 in 100"


def test_too_few_touches_are_not_spoken_of() -> None:
    assert Rates({(None, "sms"): (19, 19), (7, "sms"): (19, 19)}).of(7)["sms"].say("sms") == ""


def test_each_touch_counts_for_its_writers_team(ines: User, noor: User) -> None:
    """One contact, two teams: the answer is to whoever wrote last on its channel."""
    contact = make_contact()
    north = Story(make_deal(ines, contact=contact))
    south = Story(make_deal(noor, contact=contact))
    north.we_write(day(0))
    south.we_write(day(1))
    south.they_write(day(2))
    north.we_talk(day(3))
    north.we_write(day(4), channel="phone")
    north.they_write(day(5), channel="chat")
    north.we_write(day(6), user=noor)

    rates.learn(day(7))

    assert counted() == {
        (None, "email"): (3, 1),
        (None, "phone"): (2, 1),
        ("North", "email"): (1, 0),
        ("North", "phone"): (2, 1),
        ("South", "email"): (2, 1),
    }


def test_what_did_not_arrive_was_deleted_or_was_not_meant_for_us_does_not_count(
    ines: User,
) -> None:
    story = Story(make_deal(ines))
    story.we_write(day(0), is_delivered=False)
    gone = story.we_write(day(1))
    conversation.delete(gone, now=day(1, 10))
    story.we_write(day(2))
    story.they_write(day(3), is_heard=False)

    rates.learn(day(4))

    assert counted() == {(None, "email"): (1, 0), ("North", "email"): (1, 0)}


def test_learning_twice_changes_nothing_but_the_time(ines: User) -> None:
    story = Story(make_deal(ines))
    story.we_write(day(0))
    rates.learn(day(1))
    first = counted()
    rates.learn(day(2))
    assert counted() == first
    assert set(ChannelRate.objects.values_list("counted_at", flat=True)) == {day(2)}
    story.they_write(day(2, 10))
    rates.learn(day(3))
    assert counted() == {(None, "email"): (1, 1), ("North", "email"): (1, 1)}


def test_who_has_no_team_counts_for_everybody_only(ada: User) -> None:
    Story(make_deal(ada)).we_write(day(0))
    rates.learn(day(1))
    assert counted() == {(None, "email"): (1, 0)}


def test_the_rates_are_read_in_one_query_and_counted_in_as_many_however_much_was_said(
    ines: User, django_assert_num_queries
) -> None:
    for number in (1, 3):
        for _ in range(number):
            Story(make_deal(ines)).we_write(day(0))
        with django_assert_num_queries(6):
            rates.learn(day(1))
        with django_assert_num_queries(1):
            Rates.load()
