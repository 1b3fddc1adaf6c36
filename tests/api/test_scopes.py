"""What a token may do: what its scopes say, and no more than its user."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User
from deals.models import Touch
from tests.calling import API, Program, program
from tests.cast import Cast, make_deal

OPERATIONS: list[tuple[str, str, str]] = [
    ("GET", "/deals", "read"),
    ("GET", "/me", "read"),
    ("POST", "/touches", "touches"),
    ("POST", "/touches/batch", "touches"),
    ("DELETE", "/touches/1", "touches"),
    ("POST", "/holds", "touches"),
    ("POST", "/deals", "deals"),
    ("PATCH", "/contacts/1", "deals"),
    ("POST", "/suggestions/1/done", "deals"),
    ("GET", "/stages/1/thresholds", "read"),
    ("POST", "/stages/1/thresholds", "admin"),
]


@pytest.mark.parametrize(("method", "path", "scope"), OPERATIONS)
def test_without_the_scope_an_operation_is_forbidden_and_the_scope_is_named(
    ines: User, method: str, path: str, scope: str
) -> None:
    others = [each for each in ("read", "touches", "deals") if each != scope]

    answer = program(ines, *others).call(method, path, None, {})

    assert (answer.status, f"“{scope}”" in answer.said["detail"]) == (403, True)
    assert answer.headers["WWW-Authenticate"].endswith(f'scope="{scope}"')


def test_admin_is_good_for_everything(cast: Cast) -> None:
    make_deal(cast.ines)
    caller = program(cast.ada, "admin")

    assert len(caller.get("/deals").said["items"]) == 1
    assert caller.post("/companies", {"name": "Nordhavn"}).status == 201


def test_admin_is_worth_nothing_once_its_user_is_none(cast: Cast) -> None:
    caller = program(cast.ada, "admin")
    User.objects.filter(pk=cast.ada.pk).update(role=User.Role.REP)

    assert caller.get("/deals").status == 403


def test_a_token_that_ended_was_revoked_or_whose_user_left_opens_nothing(cast: Cast) -> None:
    late = program(cast.ines, "read", expires_at=timezone.now() + timedelta(days=1))
    revoked, left = program(cast.karl), program(cast.noor)
    ApiToken.objects.filter(user=cast.ines).update(expires_at=timezone.now())
    tokens.revoke(ApiToken.objects.get(user=cast.karl), now=timezone.now())
    User.objects.filter(pk=cast.noor.pk).update(is_active=False)

    answers = [each.get("/me") for each in (late, revoked, left)]

    assert [each.status for each in answers] == [401] * 3
    assert [each.headers["WWW-Authenticate"] for each in answers] == [
        'Bearer realm="Lamplighter", error="invalid_token"'
    ] * 3


def test_a_session_opens_nothing_and_a_cookie_is_not_heeded(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.ada)
    secret = program(cast.noor).secret
    make_deal(cast.ines)

    without = browser.get(f"{API}/deals")
    with_token = browser.get(f"{API}/deals", headers={"Authorization": f"Bearer {secret}"})

    assert (without.status_code, without["WWW-Authenticate"]) == (401, 'Bearer realm="Lamplighter"')
    assert with_token.json()["items"] == []


def test_a_program_needs_no_csrf_token(ines: User) -> None:
    said = {"deal": make_deal(ines).pk, "channel": "phone", "direction": "two_way"}
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(
        f"{API}/touches", said, content_type="application/json",
        headers={"Authorization": f"Bearer {program(ines).secret}"},
    )  # fmt: skip

    assert (answer.status_code, Touch.objects.get().user) == (201, ines)


def test_me_says_who_calls_and_what_they_may_do(ines: User) -> None:
    said = program(ines, "touches", "read").get("/me").said

    assert said == {
        "user": {
            "id": ines.pk, "name": "Ines", "email": "ines@example.com", "role": "rep",
            "team": {"id": ines.team_id, "name": "North"},
        },
        "token": "Zap", "scopes": ["read", "touches"], "expires_at": None,
    }  # fmt: skip


def test_calls_are_limited_for_each_token(ines: User, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    caller, other = program(ines), program(ines)

    answers = [caller.get("/me") for _ in range(3)]

    assert [each.status for each in answers] == [200, 200, 429]
    assert [each.headers["RateLimit-Remaining"] for each in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 30
    assert other.get("/me").status == 200


def test_every_call_notes_when_the_token_was_used(ines: User) -> None:
    caller: Program = program(ines)
    before = timezone.now()

    caller.get("/me")

    used = ApiToken.objects.get().last_used_at
    assert used is not None
    assert before <= used <= timezone.now()
