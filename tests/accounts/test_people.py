"""The people who work here: who sees whom, and what an admin may change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import invitations, people
from accounts.directory import SignIn
from accounts.models import Invitation, Team, User
from tests.cast import MONDAY_9, Cast, make_deal

PEOPLE = "/settings/people/"


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def listed(client: Client, query: str = "") -> list[str]:
    return [entry.person.name for entry in client.get(f"{PEOPLE}{query}").context["entries"]]


def as_form(person: User, **changes: object) -> dict[str, object]:
    fields = {"name": person.name, "email": person.email or "", "role": person.role}
    return {**fields, "team": person.team_id or "", **changes}


# --- the list


def test_a_manager_finds_themself_and_their_team(client: Client, maud: User):
    assert listed(signed_in(client, maud)) == ["Ines", "Karl", "Maud"]


def test_a_rep_finds_no_list_of_people(client: Client, ines: User):
    assert signed_in(client, ines).get(PEOPLE).status_code == 404


def test_words_find_names_and_addresses_and_all_must_fit(client: Client, ada: User):
    signed_in(client, ada)

    assert listed(client, "?q=EXAMPLE+ar") == ["Karl"]
    assert listed(client, "?q=nobody") == []


def test_a_manager_s_search_finds_nobody_of_another_team(client: Client, cast: Cast):
    signed_in(client, cast.maud)

    assert listed(client, "?q=Noor") == []
    assert listed(client, f"?team={cast.noor.team_id}") == ["Ines", "Karl", "Maud"]
    assert [str(team) for team in client.get(PEOPLE).context["form"].fields["team"].queryset] == [
        "North"
    ]


def test_people_are_listed_by_team_and_by_whether_they_can_sign_in(client: Client, cast: Cast):
    User.objects.create_user(None, name="Zoe")
    people.deactivate(cast.karl, now=MONDAY_9)
    signed_in(client, cast.ada)

    assert listed(client, f"?team={cast.ines.team_id}") == ["Ines", "Maud"]
    assert listed(client, "?show=waiting") == ["Zoe"]
    assert listed(client, "?show=deactivated") == ["Karl"]
    assert listed(client, "?show=nonsense&team=99") == ["Ada", "Ines", "Maud", "Noor", "Zoe"]


def test_the_list_says_how_each_stands_with_signing_in(cast: Cast):
    zoe = User.objects.create_user(None, name="Zoe")
    week = timedelta(days=7)

    assert [
        SignIn.of(cast.ines, None, MONDAY_9),
        SignIn.of(zoe, None, MONDAY_9),
        SignIn.of(zoe, MONDAY_9, MONDAY_9),
        SignIn.of(zoe, MONDAY_9, MONDAY_9 + week),
        SignIn.of(User(is_active=False), MONDAY_9, MONDAY_9),
    ] == ["open", "uninvited", "invited", "expired", "closed"]


def test_htmx_gets_the_list_alone(client: Client, ada: User):
    page = signed_in(client, ada).get(PEOPLE, headers={"HX-Request": "true"}).content.decode()

    assert page.strip().startswith('<section class="stack wide" id="people"')


def test_long_lists_come_in_pages(client: Client, ada: User):
    User.objects.bulk_create(User(name=f"Rep {number:02}") for number in range(50))
    signed_in(client, ada)

    first, second = listed(client), listed(client, "?page=2")
    assert (len(first), second) == (50, [f"Rep {number}" for number in range(45, 50)])


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_much_for_three_as_for_one(client: Client, ada: User, count: int):
    User.objects.exclude(pk=ada.pk).delete()
    for number in range(1, count):
        team = Team.objects.create(name=f"Team {number}")
        person = User.objects.create_user(None, name=f"Rep {number}", team=team)
        invitations.invite(person, email=f"r{number}@example.com", by=ada, now=MONDAY_9)
    signed_in(client, ada)

    with CaptureQueriesContext(connection) as queries:
        client.get(PEOPLE, headers={"HX-Request": "true"})
    # reader, time zone; count, people
    assert len(queries) == 4, [query["sql"] for query in queries]


# --- a person


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("maud", 404), ("ines", 404)])
def test_a_person_of_another_team_is_shown_to_admins_only(
    client: Client, cast: Cast, who: str, status: int
):
    signed_in(client, getattr(cast, who))

    assert client.get(f"{PEOPLE}{cast.noor.pk}/").status_code == status


def test_a_manager_reads_about_their_people_and_changes_nothing(client: Client, cast: Cast):
    signed_in(client, cast.maud)
    page = client.get(f"{PEOPLE}{cast.ines.pk}/")
    urls = [f"{PEOPLE}{cast.ines.pk}/{end}" for end in ("", "deactivation/", "reactivation/")]
    answers = [client.post(url, as_form(cast.ines, name="X")).status_code for url in urls]

    cast.ines.refresh_from_db()
    may_change = 'name="role"' in page.content.decode()
    assert (page.status_code, may_change, answers) == (200, False, [404] * 3)
    assert (cast.ines.name, cast.ines.is_active) == ("Ines", True)


def test_an_admin_changes_name_address_role_and_team(client: Client, cast: Cast):
    signed_in(client, cast.ada)
    changes = {"name": "Inés", "email": "I@Example.com", "role": "manager"}
    client.post(f"{PEOPLE}{cast.ines.pk}/", as_form(cast.ines, **changes, team=cast.noor.team_id))

    cast.ines.refresh_from_db()
    assert (cast.ines.name, cast.ines.email, cast.ines.role, cast.ines.team) == (
        "Inés",
        "i@example.com",
        "manager",
        cast.noor.team,
    )


def test_a_form_that_is_refused_leaves_the_person_s_own_name_above_it(client: Client, cast: Cast):
    signed_in(client, cast.ada)
    response = client.post(f"{PEOPLE}{cast.ines.pk}/", as_form(cast.ines, name="", email="karl"))

    assert (response.status_code, str(response.context["person"])) == (422, "Ines")


def test_an_address_is_not_taken_away_from_whoever_signs_in_with_it(client: Client, cast: Cast):
    signed_in(client, cast.ada)
    response = client.post(f"{PEOPLE}{cast.ines.pk}/", as_form(cast.ines, email=""))

    assert response.context["form"].errors["email"] == [
        "They sign in with it. To stop them from signing in, deactivate them."
    ]


def test_a_former_address_opens_nothing_any_more(client: Client, ines: User):
    EmailAddress.objects.create(user=ines, email=ines.email, primary=True, verified=True)
    ines.email = "new@example.com"
    people.change(ines, now=MONDAY_9)

    client.post("/account/login/", {"login": "ines@example.com", "password": "inesines"})

    assert "_auth_user_id" not in client.session


def test_whoever_becomes_a_rep_leads_no_team_any_more(maud: User):
    maud.role = User.Role.REP
    people.change(maud, now=MONDAY_9)

    assert Team.objects.filter(managers=maud).count() == 0


# --- the last admin

ONLY = "Ada is the only admin who can sign in. Make someone else an admin first."


def test_the_only_admin_is_not_demoted(client: Client, ada: User):
    signed_in(client, ada)
    response = client.post(f"{PEOPLE}{ada.pk}/", as_form(ada, role="rep"))

    ada.refresh_from_db()
    assert (response.status_code, ada.role) == (422, "admin")
    assert response.context["form"].non_field_errors() == [ONLY]


def test_the_only_admin_is_not_deactivated(client: Client, ada: User):
    signed_in(client, ada)
    response = client.post(f"{PEOPLE}{ada.pk}/deactivation/", {"sure": "yes"})

    ada.refresh_from_db()
    assert (response.status_code, ada.is_active) == (422, True)
    assert ONLY in response.content.decode()


def test_an_admin_who_cannot_sign_in_yet_is_no_other_admin(ada: User):
    User.objects.create_user(None, name="Zoe", role=User.Role.ADMIN)

    with pytest.raises(ValidationError, match="only admin who can sign in"):
        people.deactivate(ada, now=MONDAY_9)


def test_one_of_two_admins_may_go_and_the_other_may_not(cast: Cast):
    cast.maud.role = User.Role.ADMIN
    people.change(cast.maud, now=MONDAY_9)
    people.deactivate(cast.ada, now=MONDAY_9)

    with pytest.raises(ValidationError, match="Maud is the only admin"):
        people.deactivate(cast.maud, now=MONDAY_9)


def test_an_admin_who_cannot_sign_in_may_go_although_there_is_but_one_other(ada: User):
    zoe = User.objects.create_user(None, name="Zoe", role=User.Role.ADMIN)
    people.deactivate(zoe, now=MONDAY_9)

    assert not User.objects.get(pk=zoe.pk).is_active


# --- leaving and coming back


def test_before_someone_is_deactivated_the_admin_reads_what_they_own(client: Client, cast: Cast):
    make_deal(cast.ines)
    make_deal(cast.ines)
    page = signed_in(client, cast.ada).get(f"{PEOPLE}{cast.ines.pk}/deactivation/")

    assert page.context["open_deals"] == 2
    assert "Ines owns 2 open deals." in page.content.decode()


def test_a_deactivated_person_is_signed_out_at_once_and_stays_out(cast: Cast):
    theirs, admin = signed_in(Client(), cast.ines), signed_in(Client(), cast.ada)
    before = theirs.get("/settings/").status_code
    admin.post(f"{PEOPLE}{cast.ines.pk}/deactivation/")
    after = theirs.get("/settings/")
    again = theirs.post("/account/login/", {"login": cast.ines.email, "password": "inesines"})

    assert (before, after.status_code, after["Location"]) == (
        200,
        302,
        "/account/login/?next=/settings/",
    )
    assert theirs.get("/settings/").status_code == 302
    assert again["Location"] == "/account/inactive/"
    assert "ask an admin" in theirs.get(again["Location"]).content.decode()


def test_a_reactivated_person_signs_in_with_their_password(client: Client, cast: Cast):
    people.deactivate(cast.ines, now=MONDAY_9)
    signed_in(Client(), cast.ada).post(f"{PEOPLE}{cast.ines.pk}/reactivation/")
    client.post("/account/login/", {"login": cast.ines.email, "password": "inesines"})

    assert client.session["_auth_user_id"] == str(cast.ines.pk)


def test_deactivating_withdraws_the_open_invitation(ada: User):
    zoe = User.objects.create_user(None, name="Zoe")
    invitations.invite(zoe, email="zoe@example.com", by=ada, now=MONDAY_9)
    people.deactivate(zoe, now=MONDAY_9)

    assert Invitation.objects.get().ending == "withdrawn"


def test_an_expired_invitation_shows_no_link(client: Client, ada: User, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    zoe = User.objects.create_user(None, name="Zoe")
    sent_at = timezone.now() - timedelta(days=8)
    invitations.invite(zoe, email="zoe@example.com", by=ada, now=sent_at)
    page = signed_in(client, ada).get(f"{PEOPLE}{zoe.pk}/")

    assert (page.context["link"], page.context["entry"].sign_in) == ("", SignIn.EXPIRED)
