"""Whose deals a user may see, and to whom they may give one."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Team, User
from tests.cast import Cast, day, make_cover

TICK = timedelta(microseconds=1)


def names(people) -> list[str]:
    return [person.name for person in people]


def test_a_rep_sees_themself_alone(ines: User):
    assert names(User.objects.visible_to(ines)) == ["Ines"]


def test_a_manager_sees_themself_and_the_teams_they_lead(maud: User):
    assert names(User.objects.visible_to(maud)) == ["Ines", "Karl", "Maud"]


def test_a_manager_of_two_teams_in_one_of_which_they_are_is_listed_once(cast: Cast):
    south = Team.objects.get(name="South")
    south.managers.set([cast.maud, cast.ada])
    Team.objects.get(name="North").managers.add(cast.ada)

    assert names(User.objects.visible_to(cast.maud)) == ["Ines", "Karl", "Maud", "Noor"]


def test_a_manager_sees_those_who_have_left_for_their_deals_remain(maud: User, karl: User):
    User.objects.filter(pk=karl.pk).update(is_active=False)

    assert names(User.objects.visible_to(maud)) == ["Ines", "Karl", "Maud"]


def test_leading_a_team_makes_no_manager_of_a_rep(noor: User):
    Team.objects.get(name="North").managers.add(noor)

    assert names(User.objects.visible_to(noor)) == ["Noor"]


def test_an_admin_sees_everyone(ada: User):
    assert names(User.objects.visible_to(ada)) == ["Ada", "Ines", "Karl", "Maud", "Noor"]


def test_deals_are_given_to_those_who_work_here_and_whom_one_may_see(cast: Cast):
    User.objects.filter(pk=cast.karl.pk).update(is_active=False)

    assert [names(User.objects.assignable_by(each)) for each in (cast.ines, cast.maud)] == [
        ["Ines"],
        ["Ines", "Maud"],
    ]


def test_people_who_were_imported_and_cannot_sign_in_may_own(ada: User):
    User.objects.create_user(None, name="Zoe")

    assert names(User.objects.assignable_by(ada))[-1] == "Zoe"


@pytest.mark.parametrize(
    ("at", "seen"),
    [
        (day(1) - TICK, ["Noor"]),
        (day(1), ["Ines", "Noor"]),
        (day(3) - TICK, ["Ines", "Noor"]),
        (day(3), ["Noor"]),
    ],
)
def test_a_cover_shows_from_its_first_instant_to_just_before_its_last(
    cast: Cast, at: datetime, seen: list[str]
):
    make_cover(cast.noor, cast.ines, day(1), day(3))

    assert names(User.objects.visible_to(cast.noor, at)) == seen


def test_without_an_instant_the_databases_clock_tells(cast: Cast):
    now = timezone.now()
    hour = timedelta(hours=1)
    make_cover(cast.noor, cast.ines, now - hour, now + hour)
    make_cover(cast.noor, cast.karl, now - 2 * hour, now - hour)
    make_cover(cast.noor, cast.maud, now + hour, now + 2 * hour)

    assert names(User.objects.visible_to(cast.noor)) == ["Ines", "Noor"]
    assert names(User.objects.worked_by(cast.noor)) == ["Ines", "Noor"]


def test_of_a_manager_on_leave_their_own_deals_are_seen_not_their_teams(cast: Cast):
    make_cover(cast.noor, cast.maud, day(1), day(3))

    assert names(User.objects.visible_to(cast.noor, day(2))) == ["Maud", "Noor"]


def test_a_manager_who_covers_sees_their_teams_besides(cast: Cast):
    make_cover(cast.maud, cast.noor, day(1), day(3))

    assert names(User.objects.visible_to(cast.maud, day(2))) == ["Ines", "Karl", "Maud", "Noor"]


def test_a_cover_does_not_reach_whom_the_covered_one_covers(cast: Cast):
    make_cover(cast.karl, cast.ines, day(1), day(3))
    make_cover(cast.noor, cast.karl, day(1), day(3))

    assert names(User.objects.visible_to(cast.noor, day(2))) == ["Karl", "Noor"]


def test_a_cover_gives_no_sight_to_others_nor_to_the_one_on_leave(cast: Cast):
    make_cover(cast.karl, cast.ines, day(1), day(3))

    assert names(User.objects.visible_to(cast.noor, day(2))) == ["Noor"]
    assert names(User.objects.visible_to(cast.ines, day(2))) == ["Ines"]


@pytest.mark.parametrize("name", ["noor", "karl"])
def test_a_cover_adds_nobody_to_those_whom_one_oversees_or_may_give_deals_to(cast: Cast, name: str):
    now = timezone.now()
    make_cover(getattr(cast, name), cast.ines, now - timedelta(days=1), now + timedelta(days=1))
    user = getattr(cast, name)

    assert names(User.objects.overseen_by(user)) == [user.name]
    assert names(User.objects.assignable_by(user)) == [user.name]
