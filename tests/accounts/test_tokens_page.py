"""API tokens: made on a page, shown once, revoked by whoever may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User

PAGE = "/settings/tokens/"
QUERIES = 6  # session, reader, count, tokens with their users; the rail's two


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make(client: Client, **told: Any) -> Any:
    told = {"name": "Zapier", "scopes": ["read"], "lasts": "30", **told}
    return client.post(PAGE, told, follow=True)


def issue(user: User, name: str, **fields: Any) -> ApiToken:
    now = fields.pop("now", timezone.now())
    return tokens.issue(user, name=name, scopes=["read"], now=now, **fields)[0]


def test_a_token_opens_the_api_and_is_shown_once(ines: User) -> None:
    client = signed_in(ines)
    answer = make(client, scopes=["touches", "read"])
    secret = answer.context["secret"]
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "no-store" in answer["Cache-Control"]
    assert secret in answer.content.decode()
    assert "token_to_show" not in client.session
    token = tokens.authenticate(secret, timezone.now())
    assert token is not None
    assert (token.user, token.name, token.scopes) == (ines, "Zapier", ["read", "touches"])
    assert token.expires_at == token.created_at + timedelta(days=30)
    later = client.get(PAGE).content.decode()
    assert secret not in later
    assert f"{token.hint}…" in later


def test_reloading_the_page_that_shows_a_secret_makes_no_second_token(ines: User) -> None:
    client = signed_in(ines)
    answer = make(client)
    again = client.get(answer.request["PATH_INFO"])
    assert ("secret" in answer.context, "secret" in again.context) == (True, False)
    assert ApiToken.objects.count() == 1


def test_a_look_without_a_body_leaves_the_secret_for_the_page(ines: User) -> None:
    client = signed_in(ines)
    client.post(PAGE, {"name": "Zapier", "scopes": ["read"], "lasts": "30"})
    client.head(PAGE)
    assert ApiToken.objects.get().hint in client.get(PAGE).context["secret"]


def test_a_secret_is_shown_to_whoever_made_it_alone(ines: User, ada: User) -> None:
    signed_in(ines).post(PAGE, {"name": "Zapier", "scopes": ["read"], "lasts": "30"})
    assert "secret" not in signed_in(ada).get(PAGE).context


def test_a_token_may_last_until_it_is_revoked(ines: User) -> None:
    make(signed_in(ines), lasts="")
    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    "told", [{"name": ""}, {"scopes": []}, {"scopes": ["admin"]}, {"lasts": "7"}]
)
def test_a_token_that_is_not_to_be_is_refused(ines: User, told: dict[str, Any]) -> None:
    answer = make(signed_in(ines), **told)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(told)
    assert ApiToken.objects.count() == 0


def test_only_an_admin_gives_a_token_everything(ada: User) -> None:
    assert make(signed_in(ada), scopes=["admin"]).status_code == 200
    assert ApiToken.objects.get().scopes == ["admin"]


def test_a_revoked_token_opens_nothing_and_stands_among_the_ended(ines: User) -> None:
    client = signed_in(ines)
    secret = make(client).context["secret"]
    token = ApiToken.objects.get()
    for _ in range(2):
        answer = client.post(f"{PAGE}{token.pk}/revocation/", follow=True)
        assert [str(message) for message in answer.context["messages"]] == [
            "“Zapier” is revoked. What used it is refused from now on."
        ]
    assert tokens.authenticate(secret, timezone.now()) is None
    assert list(client.get(PAGE).context["page"]) == []
    assert list(client.get(f"{PAGE}?ended").context["page"]) == [token]


def test_an_expired_token_stands_among_the_ended(ines: User) -> None:
    past = timezone.now() - timedelta(days=9)
    token = issue(ines, "Old", now=past, expires_at=past + timedelta(days=1))
    client = signed_in(ines)
    assert list(client.get(PAGE).context["page"]) == []
    assert "Expired" in client.get(f"{PAGE}?ended").content.decode()
    assert list(client.get(f"{PAGE}?ended").context["page"]) == [token]


def test_one_sees_and_revokes_ones_own(ines: User, karl: User, maud: User) -> None:
    token = issue(ines, "Hers")
    for other in (karl, maud):
        client = signed_in(other)
        assert token.hint not in client.get(PAGE).content.decode()
        assert client.post(f"{PAGE}{token.pk}/revocation/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_an_admin_sees_and_revokes_all(ines: User, ada: User) -> None:
    token = issue(ines, "Hers")
    client = signed_in(ada)
    assert list(client.get(PAGE).context["page"]) == [token]
    client.post(f"{PAGE}{token.pk}/revocation/")
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_list_costs_as_many_queries_for_three_tokens_as_for_one(
    ada: User, ines: User, how_many: int, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        issue(ines, f"Program {number}")
    client = signed_in(ada)
    client.get(PAGE)
    with django_assert_num_queries(QUERIES):
        assert len(client.get(PAGE).context["page"]) == how_many
