"""Invitations: the only way in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from accounts import invitations, people
from accounts.models import Invitation, User
from tests.cast import MONDAY_9

DAY = timedelta(days=1)
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture
def zoe(ada: User) -> User:
    """Somebody who came with an import and has no address."""
    return User.objects.create_user(None, name="Zoe Falk", source="crm", external_id="zoe")


def invited(person: User, by: User, email: str = "zoe@example.com", at=MONDAY_9) -> Invitation:
    return invitations.invite(person, email=email, by=by, now=at)


def token(invitation: Invitation) -> str:
    return invitations.link(invitation).rstrip("/").rsplit("/", 1)[1]


def test_an_invitation_gives_an_imported_person_their_address(zoe: User, ada: User):
    invited(zoe, ada)

    zoe.refresh_from_db()
    assert (zoe.email, zoe.can_sign_in) == ("zoe@example.com", False)


def test_a_link_opens_for_seven_days(zoe: User, ada: User):
    link = token(invited(zoe, ada))

    moments = (MONDAY_9, MONDAY_9 + 7 * DAY - timedelta(microseconds=1), MONDAY_9 + 7 * DAY)
    assert [invitations.find(link, now=at) is not None for at in moments] == [True, True, False]


def test_a_link_works_once(zoe: User, ada: User):
    invitation = invited(zoe, ada)

    first = invitations.accept(invitation, "light-the-lamps", now=MONDAY_9)
    second = invitations.accept(invitation, "put-them-out-again", now=MONDAY_9)

    zoe.refresh_from_db()
    assert (first, second, zoe.check_password("light-the-lamps")) == (True, False, True)
    assert invitations.find(token(invitation), now=MONDAY_9) is None


def test_a_new_link_ends_the_one_before(zoe: User, ada: User):
    old, new = invited(zoe, ada), invited(zoe, ada, at=MONDAY_9 + DAY)

    found = [invitations.find(token(each), now=MONDAY_9 + DAY) for each in (old, new)]
    old.refresh_from_db()
    assert (found, old.ending, old.ended_at) == ([None, new], "replaced", MONDAY_9 + DAY)


def test_a_forged_link_opens_nothing(zoe: User, ada: User):
    invitation = invited(zoe, ada)

    assert invitations.find(f"{invitation.pk}:forged", now=MONDAY_9) is None
    assert invitations.find(str(invitation.pk), now=MONDAY_9) is None


def test_a_link_dies_with_the_address_it_went_to(zoe: User, ada: User):
    link = token(invited(zoe, ada))
    zoe.refresh_from_db()
    zoe.email = "zoe.falk@example.com"
    people.change(zoe, now=MONDAY_9)

    assert invitations.find(link, now=MONDAY_9) is None


def test_a_link_dies_with_the_person_s_leaving_and_stays_dead_when_they_return(
    zoe: User, ada: User
):
    link = token(invited(zoe, ada))
    people.deactivate(zoe, now=MONDAY_9)
    people.reactivate(zoe)

    assert invitations.find(link, now=MONDAY_9) is None


def test_a_link_dies_when_the_person_got_a_password_another_way(zoe: User, ada: User):
    invitation = invited(zoe, ada)
    zoe.refresh_from_db()
    zoe.set_password("light-the-lamps")
    zoe.save()

    assert invitations.find(token(invitation), now=MONDAY_9) is None
    assert not invitations.accept(invitation, "put-them-out-again", now=MONDAY_9)


def test_whoever_has_a_password_is_not_invited(ines: User, ada: User):
    with pytest.raises(ValidationError, match="has a password already"):
        invited(ines, ada)


def test_whoever_was_deactivated_is_not_invited(zoe: User, ada: User):
    people.deactivate(zoe, now=MONDAY_9)

    with pytest.raises(ValidationError, match="Reactivate them first"):
        invited(zoe, ada)


def test_the_database_keeps_one_open_invitation_for_each_person(zoe: User, ada: User):
    invited(zoe, ada)

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(user=zoe, email="z@example.com", sent_at=MONDAY_9)


def test_the_mail_says_who_invites_and_brings_the_link(zoe: User, ada: User, settings):
    settings.BASE_URL = "https://lamps.example.org"
    invitation = invited(zoe, ada)

    assert invitations.mail(invitation, now=MONDAY_9)

    [sent] = mail.outbox
    assert sent.to == ["zoe@example.com"]
    assert sent.subject == "Your invitation to My workspace on Lamplighter"
    link = f"https://lamps.example.org/invitations/{token(invitation)}/"
    lines = sent.body.splitlines()
    assert [lines[0], lines[2], lines[7], lines[9]] == [
        "Hello Zoe,",
        "Ada invites you to My workspace on Lamplighter, which finds the deals",
        link,
        "The link works once, until 9 March 2026, 09:00 UTC. If it is too old, ask for a new one.",
    ]


@pytest.mark.parametrize(
    "backend", [CONSOLE, "django.core.mail.backends.smtp.EmailBackend"], ids=["none", "deaf"]
)
def test_mail_that_reaches_nobody_is_not_called_mailed(zoe: User, ada: User, settings, backend):
    settings.EMAIL_BACKEND = backend
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens
    invitation = invited(zoe, ada)

    assert not invitations.mail(invitation, now=MONDAY_9)
    assert Invitation.objects.get().mailed_at is None


# --- the pages


def test_an_admin_invites_somebody_new(client: Client, ada: User):
    client.force_login(ada)
    form = {"name": "Zoe Falk", "email": "Zoe@Example.com", "role": "rep", "team": ""}
    response = client.post("/settings/people/new/", form, follow=True)

    zoe = User.objects.get(name="Zoe Falk")
    assert (zoe.email, zoe.role, zoe.has_usable_password()) == ("zoe@example.com", "rep", False)
    assert response.redirect_chain == [(f"/settings/people/{zoe.pk}/", 302)]
    assert mail.outbox[0].to == ["zoe@example.com"]
    page = response.content.decode()
    assert "An invitation is on its way to zoe@example.com." in page
    assert invitations.link(Invitation.objects.get()) not in page


def test_without_mail_the_admin_gets_the_link_to_pass_on(client: Client, ada: User, settings):
    settings.EMAIL_BACKEND = CONSOLE
    client.force_login(ada)
    form = {"name": "Zoe Falk", "email": "zoe@example.com", "role": "rep", "team": ""}
    page = client.post("/settings/people/new/", form, follow=True).content.decode()

    assert invitations.link(Invitation.objects.get()) in page
    assert "No mail was sent. Copy the link below and pass it on." in page


def test_an_address_that_is_taken_names_the_remedy(client: Client, ada: User, ines: User):
    client.force_login(ada)
    form = {"name": "Ines 2", "email": "INES@example.com", "role": "rep", "team": ""}
    response = client.post("/settings/people/new/", form)

    assert response.status_code == 422
    assert response.context["form"].errors["email"] == [
        "Someone here has this address already. Search for it under People."
    ]


def test_an_admin_invites_an_imported_person_later(client: Client, ada: User, zoe: User):
    client.force_login(ada)
    client.post(f"/settings/people/{zoe.pk}/invitation/", {"email": "zoe@example.com"})

    assert (mail.outbox[0].to, Invitation.objects.get().invited_by) == (["zoe@example.com"], ada)


def test_inviting_without_an_address_is_refused_on_the_person_s_page(
    client: Client, ada: User, zoe: User
):
    client.force_login(ada)
    response = client.post(f"/settings/people/{zoe.pk}/invitation/", {"email": ""})

    assert (response.status_code, Invitation.objects.count()) == (422, 0)


def test_inviting_someone_who_can_sign_in_is_refused(client: Client, ada: User, ines: User):
    client.force_login(ada)
    response = client.post(f"/settings/people/{ines.pk}/invitation/", {"email": "i@example.com"})

    ines.refresh_from_db()
    assert (response.status_code, ines.email) == (422, "ines@example.com")


@pytest.mark.parametrize("name", ["ines", "maud"])
def test_only_admins_invite(client: Client, cast, zoe: User, name: str):
    client.force_login(getattr(cast, name))
    form = {"name": "X", "email": "x@example.com", "role": "admin", "team": ""}

    answers = [
        client.get("/settings/people/new/").status_code,
        client.post("/settings/people/new/", form).status_code,
        client.post(f"/settings/people/{zoe.pk}/invitation/", {"email": "x@e.org"}).status_code,
    ]
    assert (answers, User.objects.filter(email__startswith="x@").count()) == ([404] * 3, 0)


def accept_page(zoe: User, by: User) -> str:
    from django.utils import timezone

    return f"/invitations/{token(invited(zoe, by, at=timezone.now()))}/"


def test_the_invited_person_chooses_a_password_and_is_in(client: Client, ada: User, zoe: User):
    url = accept_page(zoe, ada)
    looked = client.get(url)
    chosen = {"new_password1": "light-the-lamps", "new_password2": "light-the-lamps"}
    response = client.post(url, chosen)

    assert (looked.status_code, response.status_code, response["Location"]) == (200, 302, "/")
    assert client.session["_auth_user_id"] == str(zoe.pk)
    assert Invitation.objects.get().ending == "accepted"
    assert Client().get(url).status_code == 410


def test_looking_at_the_link_does_not_spend_it(client: Client, ada: User, zoe: User):
    url = accept_page(zoe, ada)

    assert [client.get(url).status_code, client.head(url).status_code] == [200, 200]
    assert client.get(url).status_code == 200


def test_a_weak_password_is_refused_and_the_link_lives_on(client: Client, ada: User, zoe: User):
    url = accept_page(zoe, ada)
    weak = client.post(url, {"new_password1": "12345", "new_password2": "12345"})

    assert (weak.status_code, client.get(url).status_code) == (422, 200)


def test_a_spent_link_says_what_to_do(client: Client, db):
    page = client.get("/invitations/7:forged/")

    assert page.status_code == 410
    assert "ask an admin of your workspace for a new link" in page.content.decode()


def test_whoever_is_signed_in_is_not_signed_out_by_a_link(client: Client, ada: User, zoe: User):
    url = accept_page(zoe, ada)
    client.force_login(ada)
    client.post(url, {"new_password1": "light-the-lamps", "new_password2": "light-the-lamps"})

    zoe.refresh_from_db()
    assert (client.session["_auth_user_id"], zoe.has_usable_password()) == (str(ada.pk), False)
