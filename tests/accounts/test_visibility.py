"""Whose deals a user may see, and to whom they may give one."""

from accounts.models import Team, User
from tests.cast import Cast


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
