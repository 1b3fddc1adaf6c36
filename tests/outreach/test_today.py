"""The page Today: which deals it lists, in which order, and for whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals import course
from deals.models import Turn
from outreach import suggest, sweeping
from outreach.today import Group, Scope, Today
from tests.cast import Story, day, make_company, make_contact, make_deal, sweep_at

NOW = day(30)


def dark(owner: User, title: str = "Fleet telematics", **fields: object) -> Story:
    """Tell of a deal in Demo that went dark on the eighth day."""
    story = Story(make_deal(owner, "Demo", title=title, **fields))
    story.we_write(day(0, 10))
    return story


def groups(user: User, now: datetime = NOW, **asked: object) -> dict[str, Group]:
    scope = Scope(user, bool(asked.pop("of_team", False)))
    return {group.key: group for group in Today.at(now, scope).groups(asked)}


def titles(group: Group) -> list[str]:
    return [row.flat.deal__title for row in group.rows]


def test_dark_deals_stand_by_what_there_is_to_win(ines: User) -> None:
    dark(ines, "Small", amount=Decimal(100))
    dark(ines, "Large", amount=Decimal(9000))
    dark(ines, "Middle", amount=Decimal(800))
    sweeping.run(NOW)
    assert titles(groups(ines)["dark"]) == ["Large", "Middle", "Small"]


def test_only_ones_own_deals_are_listed(ines: User, noor: User) -> None:
    dark(ines, "Hers")
    dark(noor, "Theirs")
    sweeping.run(NOW)
    assert titles(groups(noor)["dark"]) == ["Theirs"]


def test_who_leads_a_team_may_look_at_its_deals(
    ines: User, karl: User, noor: User, maud: User
) -> None:
    for owner in (ines, karl, noor):
        dark(owner, owner.name)
    sweeping.run(NOW)
    assert groups(maud) == {}
    assert sorted(titles(groups(maud, of_team=True)["dark"])) == ["Ines", "Karl"]


def test_an_admin_may_look_at_everyones(ines: User, noor: User, ada: User) -> None:
    dark(ines, "Ines")
    dark(noor, "Noor")
    sweeping.run(NOW)
    assert sorted(titles(groups(ada, of_team=True)["dark"])) == ["Ines", "Noor"]


def test_a_rep_cannot_ask_for_the_team(client: Client, ines: User, karl: User) -> None:
    told_at = timezone.now() - timedelta(days=20)
    story = Story(make_deal(karl, "Demo", title="Karls own", opened_at=told_at))
    story.we_write(told_at + timedelta(hours=1))
    sweeping.run(timezone.now())
    client.force_login(ines)
    assert b"Karls own" not in client.get("/?whose=team").content


def test_our_overdue_moves_come_first_then_the_longest_waits(ines: User) -> None:
    for title, heard_at in (("Second", day(29, 10)), ("First", day(28, 10)), ("Late", day(1))):
        Story(make_deal(ines, "Demo", title=title)).they_write(heard_at)
    sweep_at(day(29, 12))
    assert titles(groups(ines, day(29, 12))["ours"]) == ["Late", "First", "Second"]


def test_dimming_deals_stand_by_when_they_go_dark(ines: User) -> None:
    for title, stage, written_at in (
        ("Discovery, in nine hours", "Discovery", day(9, 18)),
        ("Demo, in two hours", "Demo", day(23, 11)),
        ("Demo, in an hour", "Demo", day(23, 10)),
    ):
        story = Story(make_deal(ines, stage, title=title))
        story.we_write(written_at)
    assert titles(groups(ines)["dimming"]) == [
        "Demo, in an hour",
        "Demo, in two hours",
        "Discovery, in nine hours",
    ]


def test_what_is_due_and_not_swept_yet_stands_last_among_the_dark(ines: User) -> None:
    dark(ines, "Swept")
    sweeping.run(NOW)
    dark(ines, "Not yet", amount=Decimal(90_000))
    found = groups(ines)
    assert list(found) == ["dark"]
    assert titles(found["dark"]) == ["Swept", "Not yet"]


def test_nobodys_move_is_listed_last_and_only_past_the_threshold(ines: User) -> None:
    make_deal(ines, "Demo", title="Forgotten")
    make_deal(ines, "Demo", title="Fresh", opened_at=day(28))
    Story(make_deal(ines, "Demo", title="Asked")).they_write(day(29, 10))
    found = groups(ines)
    assert list(found) == ["ours", "nobody"]
    assert titles(found["nobody"]) == ["Forgotten"]


def test_a_long_group_shows_its_first_rows_and_that_there_are_more(ines: User) -> None:
    for number in range(12):
        dark(ines, f"{number:02}", amount=Decimal(5000 - number))
    sweeping.run(NOW)
    group = groups(ines)["dark"]
    assert titles(group) == [f"{number:02}" for number in range(10)]
    assert group.has_more
    longer = groups(ines, dark=20)["dark"]
    assert (len(longer.rows), longer.has_more) == (12, False)


def test_a_second_deal_of_one_contact_says_what_to_talk_about_first(ines: User) -> None:
    mara = make_contact(company=make_company())
    dark(ines, "First", contact=mara, amount=Decimal(9000))
    dark(ines, "Second", contact=mara, amount=Decimal(10))
    sweeping.run(NOW)
    rows = groups(ines)["dark"].rows
    assert [(row.flat.deal__title, row.after) for row in rows] == [
        ("First", ""),
        ("Second", "First"),
    ]


def test_what_to_talk_about_first_stays_unnamed_where_it_is_not_to_be_seen(
    ines: User, noor: User
) -> None:
    mara = make_contact()
    dark(noor, "Secret", contact=mara, amount=Decimal(9000))
    dark(ines, "Second", contact=mara, amount=Decimal(10))
    sweeping.run(NOW)
    assert [row.after for row in groups(ines)["dark"].rows] == ["another deal"]


def test_a_snoozed_suggestion_comes_back_on_its_day(ines: User) -> None:
    story = dark(ines)
    sweeping.run(NOW)
    suggestion = story.deal.suggestions.get()
    suggest.snooze(suggestion, until=day(32), user=ines, now=NOW)
    assert groups(ines) == {}
    assert titles(groups(ines, day(32))["dark"]) == ["Fleet telematics"]


def test_a_held_deal_neither_dims_nor_is_dark(ines: User) -> None:
    from deals import conversation
    from deals.models import Hold

    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(23, 11))
    held = Hold(deal=story.deal, reason="pause", starts_at=day(29), ends_at=day(40))
    conversation.hold(held, now=day(29))
    assert groups(ines) == {}


def test_a_promised_day_that_is_near_dims(ines: User) -> None:
    story = Story(make_deal(ines, "Demo"))
    story.they_write(day(20), turn=Turn.THEIRS, promised_at=day(32))
    assert titles(groups(ines)["dimming"]) == ["Fleet telematics"]


@pytest.mark.parametrize("of_team", [False, True])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    cast, django_assert_num_queries, of_team: bool
) -> None:
    def each_group() -> None:
        dark(cast.ines)
        Story(make_deal(cast.ines, "Demo")).they_write(day(29, 10))
        Story(make_deal(cast.ines, "Demo")).we_write(day(23, 10))
        make_deal(cast.ines, "Demo")
        gone = make_deal(cast.ines, "Demo")
        course.let_go(gone, now=day(20), look_again_on=NOW.date())
        sweeping.run(NOW)

    each_group()
    scope = Scope(cast.maud if of_team else cast.ines, of_team)
    with django_assert_num_queries(11):
        once = Today.at(NOW, scope).groups({})
    each_group()
    each_group()
    with django_assert_num_queries(11):
        thrice = Today.at(NOW, scope).groups({})
    assert [len(group.rows) for group in once] == [1, 1, 1, 1, 1]
    assert [len(group.rows) for group in thrice] == [3, 3, 3, 3, 3]


def test_what_was_let_go_comes_back_on_its_day_below_our_move(ines: User) -> None:
    gone = make_deal(ines, "Demo", title="Gone")
    course.let_go(gone, now=day(20), look_again_on=NOW.date())
    make_deal(ines, "Demo")
    Story(make_deal(ines, "Demo")).they_write(day(29, 10))
    found = groups(ines)
    assert list(found) == ["ours", "again", "nobody"]
    assert [row.flat.deal__title for row in found["again"].rows] == ["Gone"]
