"""Teams: made, renamed, filled, led and deleted by admins."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import Team, User
from tests.cast import Cast

TEAMS = "/settings/teams/"


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def north(cast: Cast) -> Team:
    return Team.objects.get(name="North")


def members(team: Team) -> list[str]:
    return [person.name for person in team.members.all()]


@pytest.mark.parametrize("name", ["ines", "maud"])
@pytest.mark.parametrize("end", ["", "{}/", "{}/deletion/"])
def test_only_admins_find_the_teams(client: Client, cast: Cast, north: Team, name: str, end: str):
    client.force_login(getattr(cast, name))
    url = TEAMS + end.format(north.pk)

    assert [client.get(url).status_code, client.post(url, {"name": "X"}).status_code] == [404, 404]
    assert Team.objects.filter(name="X").count() == 0


def test_an_admin_makes_a_team_and_is_led_to_it(admin: Client):
    response = admin.post(TEAMS, {"name": "East"})

    assert response["Location"] == f"{TEAMS}{Team.objects.get(name='East').pk}/"


def test_two_teams_of_one_name_are_refused_with_the_remedy(admin: Client, north: Team):
    response = admin.post(TEAMS, {"name": "North"})

    assert response.status_code == 422
    assert response.context["form"].errors["name"] == [
        "There is a team of this name. Choose another name."
    ]


def test_a_team_takes_its_name_members_and_managers_from_the_form(
    admin: Client, cast: Cast, north: Team
):
    form = {"name": "Far North", "members": [cast.karl.pk, cast.noor.pk], "managers": [cast.ada.pk]}
    admin.post(f"{TEAMS}{north.pk}/", form)

    north.refresh_from_db()
    assert (north.name, members(north), list(north.managers.all())) == (
        "Far North",
        ["Karl", "Noor"],
        [cast.ada],
    )
    assert User.objects.get(name="Ines").team is None


def test_a_rep_cannot_be_made_to_lead(admin: Client, cast: Cast, north: Team):
    response = admin.post(f"{TEAMS}{north.pk}/", {"name": "North", "managers": [cast.ines.pk]})

    assert (response.status_code, list(north.managers.all())) == (422, [cast.maud])


def test_saving_a_team_keeps_members_who_were_deactivated(admin: Client, cast: Cast, north: Team):
    people.deactivate(cast.karl, now=cast.karl.joined_at)
    page = admin.get(f"{TEAMS}{north.pk}/")
    offered = [str(person) for person in page.context["form"].fields["members"].queryset]

    assert offered == ["Ada", "Ines", "Karl", "Maud", "Noor"]


def test_who_is_in_another_team_says_so(admin: Client, cast: Cast, north: Team):
    labels = dict(admin.get(f"{TEAMS}{north.pk}/").context["form"].fields["members"].choices)

    assert sorted(labels.values()) == ["Ada", "Ines", "Karl", "Maud", "Noor · now in South"]


def test_a_team_with_members_is_not_deleted(admin: Client, north: Team):
    response = admin.post(f"{TEAMS}{north.pk}/deletion/")

    assert response.status_code == 422
    assert "North still has 3 members. Move them to another team first." in (
        response.content.decode()
    )


def test_one_member_is_said_as_one(cast: Cast):
    with pytest.raises(ValidationError, match=r"South still has 1 member\. Move"):
        people.delete_team(Team.objects.get(name="South"))


def test_an_empty_team_is_deleted(admin: Client, cast: Cast):
    east = Team.objects.create(name="East")
    east.managers.add(cast.maud)
    asked = admin.get(f"{TEAMS}{east.pk}/deletion/")
    admin.post(f"{TEAMS}{east.pk}/deletion/")

    assert (asked.status_code, Team.objects.filter(name="East").count()) == (200, 0)


def test_teams_are_listed_by_name_with_how_many_are_in_them(admin: Client, cast: Cast):
    Team.objects.create(name="East")
    teams = admin.get(TEAMS).context["teams"]

    assert [(team.name, team.member_count) for team in teams] == [
        ("East", 0),
        ("North", 3),
        ("South", 1),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_much_for_three_as_for_one(admin: Client, cast: Cast, count: int):
    User.objects.update(team=None)
    Team.objects.all().delete()
    for number in range(count):
        Team.objects.create(name=f"Team {number}").managers.add(cast.maud)

    with CaptureQueriesContext(connection) as queries:
        admin.get(TEAMS)
    # reader, time zone; teams, their managers; the rail's two
    assert len(queries) == 6, [query["sql"] for query in queries]
