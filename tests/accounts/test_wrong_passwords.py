"""Guessing passwords is slow, and says nothing of who works here (decision 021)."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import User

SIGN_IN, RESET = "/account/login/", "/account/password/reset/"
MISMATCH = (
    "This address and this password do not belong together. "
    "Look at both again, or choose a new password."
)
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture(autouse=True)
def memory(settings, request: pytest.FixtureRequest) -> None:
    """A cache of each test's own, in which nobody has tried anything yet."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": request.node.name}}


def errors_of(client: Client, email: str, password: str, **where: str) -> list[str]:
    response = client.post(SIGN_IN, {"login": email, "password": password}, **where)
    return response.context["form"].non_field_errors() if response.context else []


def test_a_wrong_password_says_what_to_try(client: Client, ines: User):
    assert errors_of(client, "ines@example.com", "wrong") == [MISMATCH]


def test_an_unknown_address_is_answered_like_a_wrong_password(client: Client, ines: User):
    known, unknown = [
        errors_of(client, email, "wrong") for email in ("ines@example.com", "x@example.com")
    ]

    assert known == unknown


def test_the_sixth_wrong_password_for_one_address_has_to_wait_wherever_it_comes_from(
    client: Client, ines: User
):
    for _ in range(5):
        errors_of(client, "ines@example.com", "wrong")

    assert errors_of(client, "ines@example.com", "inesines", **ELSEWHERE) == [
        "Too many tries with a wrong password. Wait five minutes and try again."
    ]


def test_others_sign_in_all_the_same(client: Client, ines: User, karl: User):
    for _ in range(6):
        errors_of(client, "ines@example.com", "wrong")
    client.post(SIGN_IN, {"login": "karl@example.com", "password": "karlkarl"})

    assert client.session["_auth_user_id"] == str(karl.pk)


def test_thirty_tries_a_minute_are_enough_for_one_machine(client: Client, ines: User):
    tries = [
        client.post(SIGN_IN, {"login": f"{number}@example.com", "password": "wrong"})
        for number in range(31)
    ]

    assert (tries[29].status_code, tries[30].status_code) == (200, 429)
    assert "Wait a minute and try again." in tries[30].content.decode()


def test_a_client_names_itself_only_where_a_proxy_of_ours_stands_before_it(
    client: Client, ines: User, settings
):
    def tries(number: int) -> int:
        where = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}"}
        form = {"login": f"{number}@example.com", "password": "wrong"}
        return client.post(SIGN_IN, form, **where).status_code

    unbelieved = [tries(number) for number in range(31)][-1]
    cache.clear()
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    believed = [tries(number) for number in range(31)][-1]

    assert (unbelieved, believed) == (429, 200)


def test_a_forgotten_password_is_renewed_by_a_link_in_our_words(client: Client, ines: User):
    client.post(RESET, {"email": "ines@example.com"})

    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("A new password for Lamplighter", ["ines@example.com"])
    assert sent.body.splitlines()[:3] == [
        "Hello Ines,",
        "",
        "somebody, we hope you, asked for a new password. Choose it here:",
    ]


def test_a_reset_for_a_stranger_answers_alike_and_writes_to_nobody(client: Client, ines: User):
    answers = [
        client.post(RESET, {"email": email})["Location"]
        for email in ("ines@example.com", "stranger@example.com")
    ]

    assert answers[0] == answers[1]
    assert [sent.to for sent in mail.outbox] == [["ines@example.com"]]


def test_the_page_on_which_one_would_give_oneself_addresses_is_closed(client: Client, ines: User):
    client.force_login(ines)
    response = client.post("/account/email/", {"email": "x@example.com", "action_add": ""})

    assert response["Location"] == "/settings/profile/"
