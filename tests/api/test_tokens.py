"""Tokens: shown once, kept as digests, good for what they say until they end."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts import tokens
from accounts.models import ApiToken, User
from tests.cast import MONDAY_9, Cast

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LIMIT = 300


def issued(user: User, *scopes: str, **told: object) -> tuple[ApiToken, str]:
    scopes = scopes or ("read",)
    return tokens.issue(user, name="Zap", scopes=scopes, now=MONDAY_9, **told)  # type: ignore[arg-type]


def test_a_secret_opens_its_token_and_is_kept_only_as_a_digest(ines: User) -> None:
    token, secret = issued(ines, "touches", "read")

    found = tokens.authenticate(secret, MONDAY_9)
    row = ApiToken.objects.values().get()
    assert found == token
    assert found.user == ines
    assert (secret[:5], len(secret), token.hint) == ("lamp_", 48, secret[:12])
    assert [value for value in row.values() if secret in str(value)] == []
    assert row["scopes"] == ["read", "touches"]


def test_two_secrets_of_one_user_differ(ines: User) -> None:
    assert issued(ines)[1] != issued(ines)[1]


def test_a_token_opens_nothing_once_it_has_ended(ines: User) -> None:
    _, secret = issued(ines, expires_at=MONDAY_9 + HOUR)

    assert tokens.authenticate(secret, MONDAY_9 + HOUR - SECOND) is not None
    assert tokens.authenticate(secret, MONDAY_9 + HOUR) is None


def test_a_token_opens_nothing_once_it_is_revoked_and_stays_so(ines: User) -> None:
    token, secret = issued(ines)

    tokens.revoke(token, now=MONDAY_9 + HOUR)
    tokens.revoke(token, now=MONDAY_9 + 2 * HOUR)

    assert tokens.authenticate(secret, MONDAY_9 + HOUR) is None
    assert ApiToken.objects.get().revoked_at == MONDAY_9 + HOUR


def test_a_token_opens_nothing_once_its_user_has_left(ines: User) -> None:
    _, secret = issued(ines)
    ines.is_active = False
    ines.save()

    assert tokens.authenticate(secret, MONDAY_9) is None


@pytest.mark.parametrize(
    "wrong", ["", "lamp_", "lamp_" + "x" * 43, "lamp_" + "x" * 10**6, "lamp_\ud800"]
)
def test_what_is_no_secret_opens_nothing(ines: User, wrong: str) -> None:
    issued(ines)

    assert tokens.authenticate(wrong, MONDAY_9) is None


@pytest.mark.parametrize("scopes", [[], ["all"], ["read", "everything"], ["admin"]])
def test_scopes_that_are_none_or_not_theirs_to_give_are_refused(
    ines: User, scopes: list[str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        tokens.issue(ines, name="Zap", scopes=scopes, now=MONDAY_9)

    assert list(refused.value.message_dict) == ["scopes"]


def test_a_token_needs_a_name_and_an_end_to_come(ines: User) -> None:
    with pytest.raises(ValidationError, match="Name it after the program"):
        tokens.issue(ines, name=" ", scopes=["read"], now=MONDAY_9)
    with pytest.raises(ValidationError, match="Choose an end to come"):
        issued(ines, expires_at=MONDAY_9)


def test_admin_is_good_for_everything_while_its_user_is_an_admin(cast: Cast) -> None:
    token, _ = issued(cast.ada, "admin")
    before = [tokens.grants(token, scope) for scope in ApiToken.Scope.values]

    token.user.role = User.Role.REP

    assert before == [True, True, True, True]
    assert [tokens.grants(token, scope) for scope in ApiToken.Scope.values] == [False] * 4


def test_a_scope_is_good_for_itself_only(ines: User) -> None:
    token, _ = issued(ines, "touches")

    granted = [scope for scope in ApiToken.Scope.values if tokens.grants(token, scope)]
    assert granted == ["touches"]


def test_calls_are_counted_down_and_come_back_with_time(ines: User) -> None:
    token, secret = issued(ines)

    first = tokens.spend(token, MONDAY_9)
    for _ in range(LIMIT - 1):
        last = tokens.spend(tokens.authenticate(secret, MONDAY_9) or token, MONDAY_9)
    refused = tokens.spend(token, MONDAY_9)
    later = tokens.spend(token, MONDAY_9 + SECOND)

    assert (first.is_allowed, first.limit, first.remaining, first.reset) == (True, LIMIT, 299, 1)
    assert (last.is_allowed, last.remaining, last.reset) == (True, 0, 60)
    assert (refused.is_allowed, refused.remaining, refused.wait) == (False, 0, 1)
    assert (later.is_allowed, later.remaining) == (True, 4)


def test_a_rest_fills_no_more_than_a_minute(ines: User) -> None:
    token, secret = issued(ines)
    tokens.spend(token, MONDAY_9)

    rested = tokens.authenticate(secret, MONDAY_9 + HOUR)
    assert rested is not None
    assert tokens.spend(rested, MONDAY_9 + HOUR).remaining == LIMIT - 1


def test_a_clock_that_went_back_takes_no_calls_away(ines: User) -> None:
    token, _ = issued(ines)

    assert tokens.spend(token, MONDAY_9 - MINUTE).remaining == LIMIT - 1


def test_a_call_notes_when_the_token_was_used_last(ines: User) -> None:
    token, _ = issued(ines)

    tokens.spend(token, MONDAY_9 + HOUR)

    assert ApiToken.objects.get().last_used_at == MONDAY_9 + HOUR
