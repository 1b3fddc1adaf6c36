"""An empty server: the first admin is made from a shell."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def create_superuser(**options: str) -> None:
    call_command("createsuperuser", interactive=False, verbosity=0, **options)


def test_createsuperuser_makes_an_admin_who_signs_in_with_their_address(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "light-the-lamps")
    create_superuser(email="Ada@Example.com", name="Ada")

    client.post("/account/login/", {"login": "ada@example.com", "password": "light-the-lamps"})

    ada = User.objects.get()
    assert (ada.email, ada.role, client.session["_auth_user_id"]) == (
        "ada@example.com",
        "admin",
        str(ada.pk),
    )


def test_createsuperuser_asks_for_a_name():
    with pytest.raises(CommandError, match="name"):
        create_superuser(email="ada@example.com")


def test_a_first_visit_to_an_empty_server_says_how_to_begin(client: Client):
    page = client.get("/", follow=True)

    assert page.redirect_chain == [("/account/login/?next=/", 302)]
    assert "python manage.py createsuperuser" in page.content.decode()


def test_imported_people_alone_are_nobody_who_could_sign_in(client: Client):
    User.objects.create_user(None, name="Ines")

    assert "createsuperuser" in client.get("/account/login/").content.decode()


def test_where_somebody_can_sign_in_the_page_says_nothing_of_it(client: Client, ines: User):
    assert "createsuperuser" not in client.get("/account/login/").content.decode()
