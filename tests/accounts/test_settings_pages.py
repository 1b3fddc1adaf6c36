"""The settings: which sections a reader finds, their profile, the workspace."""

from __future__ import annotations

import zoneinfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts import sections, time_zones
from accounts.currencies import CURRENCIES
from accounts.models import User, Workspace
from accounts.sections import Section, sections_for
from tests.cast import Cast


def own_sections(user: User) -> list[str]:
    """Return the labels of the sections that this app itself brings."""
    return [each.label for each in sections_for(user) if each.url_name.startswith("accounts:")]


def test_everyone_finds_the_sections_of_their_role(cast: Cast):
    assert [own_sections(user) for user in (cast.ines, cast.maud, cast.ada)] == [
        ["Profile", "Away", "API tokens"],
        ["Profile", "Away", "People", "API tokens"],
        ["Profile", "Away", "People", "Teams", "Workspace", "API tokens"],
    ]


def test_a_section_without_a_page_is_left_out(ada: User, monkeypatch: pytest.MonkeyPatch):
    nowhere = Section("Nowhere", "", "accounts:nowhere", sections.EVERYONE)
    monkeypatch.setattr(sections, "SECTIONS", (nowhere, *sections.SECTIONS))

    assert "Nowhere" not in [section.label for section in sections_for(ada)]


@pytest.mark.parametrize("name", ["ines", "maud", "ada"])
def test_every_section_that_is_offered_opens(client: Client, cast: Cast, name: str):
    client.force_login(getattr(cast, name))
    offered = client.get("/settings/").context["sections"]

    assert [client.get(section.url).status_code for section in offered] == [200] * len(offered)


def test_people_change_their_own_name_and_time_zone(client: Client, ines: User):
    client.force_login(ines)
    client.post("/settings/profile/", {"name": "Inés", "time_zone": "Asia/Tokyo"})

    ines.refresh_from_db()
    assert (ines.name, ines.time_zone) == ("Inés", "Asia/Tokyo")


@pytest.mark.parametrize(
    "broken", ["Ines\r\nBcc: x@y.example", "In\x0bes", "In\u2028es", "In\u202ees"]
)
def test_a_name_is_one_line_that_shows_all_that_is_in_it(
    client: Client, cast: Cast, broken: str
) -> None:
    why = (
        "This has a line break or an invisible control character in it. Delete it and type it "
        "again instead of pasting it."
    )
    for user, path in (
        (cast.ines, "/settings/profile/"),
        (cast.ada, "/settings/workspace/"),
        (cast.ada, f"/settings/people/{cast.karl.pk}/"),
        (cast.ada, "/settings/people/new/"),
        (cast.ada, "/settings/teams/"),
    ):
        client.force_login(user)
        answer = client.post(path, {"name": broken})
        assert (path, answer.status_code) == (path, 422)
        [form] = {
            form
            for each in answer.context
            for form in each.flatten().values()
            if hasattr(form, "errors") and "name" in getattr(form, "errors", {})
        }
        assert form.errors["name"] == [why]
    cast.ines.refresh_from_db()
    assert cast.ines.name == "Ines"


def test_a_name_keeps_what_other_scripts_join_by(client: Client, ines: User) -> None:
    client.force_login(ines)
    client.post("/settings/profile/", {"name": "می\u200cخواهم"})
    ines.refresh_from_db()
    assert ines.name == "می\u200cخواهم"


def test_a_booking_page_belongs_to_the_profile(client: Client, ines: User) -> None:
    client.force_login(ines)
    client.post("/settings/profile/", {"name": "Ines", "booking_url": "example.com/ines"})
    ines.refresh_from_db()
    assert ines.booking_url == "https://example.com/ines"


def test_a_signature_belongs_to_the_profile(client: Client, ines: User) -> None:
    client.force_login(ines)
    client.post("/settings/profile/", {"name": "Ines", "signature": "Ines Holm\r\nNordhavn"})
    ines.refresh_from_db()
    assert ines.signature == "Ines Holm\r\nNordhavn"


def test_mail_offers_an_unsubscribe_only_once_an_admin_says_so(client: Client, ada: User) -> None:
    client.force_login(ada)
    form = {"name": "Nordhavn", "currency": "SEK", "time_zone": "UTC", **NUMBERS}
    client.post("/settings/workspace/", form)
    assert not Workspace.current().offers_unsubscribe
    client.post("/settings/workspace/", {**form, "offers_unsubscribe": "on"})
    assert Workspace.current().offers_unsubscribe


def test_an_admin_says_what_is_told_at_once_and_who_may_be_mailed(
    client: Client, ada: User
) -> None:
    client.force_login(ada)
    form = {"name": "Nordhavn", "currency": "SEK", "time_zone": "UTC", **NUMBERS}
    client.post("/settings/workspace/", {**form, "high_value_amount": "50000"})
    now = Workspace.current()
    assert (now.high_value_amount, now.mails_reports_outside) == (50_000, False)
    client.post("/settings/workspace/", {**form, "mails_reports_outside": "on"})
    now = Workspace.current()
    assert (now.high_value_amount, now.mails_reports_outside) == (None, True)


def test_nobody_changes_their_own_role_address_or_team(client: Client, ines: User):
    client.force_login(ines)
    form = {"name": "Ines", "time_zone": "", "role": "admin", "email": "x@example.com", "team": ""}
    client.post("/settings/profile/", form)

    before = ines.team
    ines.refresh_from_db()
    assert (ines.role, ines.email, ines.team) == ("rep", "ines@example.com", before)


def test_who_chose_no_time_zone_reads_which_one_they_have(client: Client, ines: User):
    client.force_login(ines)
    choices = client.get("/settings/profile/").context["form"].fields["time_zone"].choices

    assert next(iter(choices)) == ("", "The workspace’s: Europe/Berlin")


def test_an_unknown_time_zone_is_refused(client: Client, ines: User):
    client.force_login(ines)
    response = client.post("/settings/profile/", {"name": "Ines", "time_zone": "Moon/Tycho"})

    ines.refresh_from_db()
    assert (response.status_code, ines.time_zone) == (422, "")


def test_a_zone_saved_earlier_stays_choosable_though_the_list_lacks_it(client: Client, ines: User):
    User.objects.filter(pk=ines.pk).update(time_zone="Etc/GMT+3")
    client.force_login(ines)
    response = client.post("/settings/profile/", {"name": "Inés", "time_zone": "Etc/GMT+3"})

    ines.refresh_from_db()
    assert (response.status_code, ines.name) == (302, "Inés")


def test_every_zone_that_is_offered_exists():
    offered = {name for _, zones in time_zones.choices() for name, _ in zones}

    assert offered <= zoneinfo.available_timezones()
    assert offered >= {"UTC", "Europe/Berlin", "America/Argentina/La_Rioja", "Australia/Sydney"}


def test_a_place_is_said_as_people_say_it():
    america = dict(dict(time_zones.choices())["America"])

    assert america["America/Argentina/La_Rioja"] == "La Rioja, Argentina"


NUMBERS = {
    "look_again_days": "30", "focus_size": "5", "reply_floor": "4", "reply_floor_silences": "50",
    "worth_waiting": "20", "attempt_minutes": "15",
}  # fmt: skip


def test_an_admin_changes_the_workspace(client: Client, ada: User):
    client.force_login(ada)
    form = {"name": "Nordhavn", "currency": "sek", "time_zone": "UTC", **NUMBERS}
    client.post("/settings/workspace/", form)

    now = Workspace.current()
    assert (now.name, now.currency, now.time_zone, now.look_again_days) == (
        "Nordhavn",
        "SEK",
        "UTC",
        30,
    )
    assert (now.focus_size, now.attempt_minutes, now.worth_waiting) == (5, 15, 20)
    assert (now.reply_floor, now.reply_floor_silences) == (4, 50)


def test_what_a_workspace_cannot_be_set_to_is_said_field_by_field(client: Client, ada: User):
    client.force_login(ada)
    wrong = {"focus_size": "51", "reply_floor": "101", "reply_floor_silences": "0"}
    form = {"name": "N", "currency": "EUR", "time_zone": "UTC", **NUMBERS, **wrong}
    response = client.post("/settings/workspace/", form)
    assert response.status_code == 422
    assert response.context["form"].errors == {
        "focus_size": ["Ensure this value is less than or equal to 50."],
        "reply_floor": ["Ensure this value is less than or equal to 100."],
        "reply_floor_silences": ["Ensure this value is greater than or equal to 1."],
    }
    assert Workspace.current().focus_size == 7


def test_a_currency_that_is_none_names_the_remedy(client: Client, ada: User):
    client.force_login(ada)
    form = {"name": "N", "currency": "EUU", "time_zone": "UTC", **NUMBERS, "look_again_days": "0"}
    response = client.post("/settings/workspace/", form)

    errors = response.context["form"].errors
    assert response.status_code == 422
    assert errors["currency"] == [
        "“EUU” is not a currency. Use its three letters, such as EUR or SEK."
    ]
    assert list(errors) == ["currency", "look_again_days"]


def test_currencies_are_three_letters_each():
    assert {len(code) for code in CURRENCIES} == {3}


@pytest.mark.parametrize("name", ["ines", "maud"])
def test_only_admins_find_the_workspace(client: Client, cast: Cast, name: str):
    client.force_login(getattr(cast, name))
    form = {"name": "X", "currency": "EUR", "time_zone": "UTC", "look_again_days": "1"}

    assert client.get("/settings/workspace/").status_code == 404
    assert client.post("/settings/workspace/", form).status_code == 404
    assert Workspace.current().name == "My workspace"


@pytest.mark.parametrize("name", ["settings", "profile", "workspace", "people", "invite", "teams"])
def test_signed_out_nothing_of_it_is_shown(client: Client, workspace: Workspace, name: str):
    url = reverse(f"accounts:{name}")

    assert client.get(url)["Location"] == f"/account/login/?next={url}"
