"""Issue, recognise, count and revoke the tokens with which programs use the API.

A secret is 256 random bits, so its SHA-256 is all that is kept: nobody can guess it, and a slow
hash, which protects what people think up, would only make each call slow. Decision 101.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, FloatField, Func, Value
from django.db.models.functions import Coalesce, Greatest, Least

from accounts.models import ApiToken, User

PREFIX = "lamp_"  # so that people, and scanners for leaked keys, know one when they see it
SECRET_BYTES = 32
HINT_LENGTH = 12  # of the secret: the prefix and 42 of its 256 bits
LONGEST_SECRET = 100  # longer ones are none of ours and not worth hashing


@dataclass(frozen=True, slots=True)
class Spent:
    """What is left of a token's calls after one: `wait` is seconds until there is one again."""

    is_allowed: bool
    limit: int
    remaining: int
    reset: int
    wait: int


def issue(
    user: User,
    *,
    name: str,
    scopes: Collection[str],
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a user; return it with its secret, which cannot be read again.

    Raises ValidationError for a scope that is none or not the user's to give, and for an end
    that is past.
    """
    _refuse_what_is_wrong(user, name, scopes, expires_at, now)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken.objects.create(
        user=user, name=name.strip(), hint=secret[:HINT_LENGTH], digest=_digest(secret),
        scopes=[scope for scope in ApiToken.Scope.values if scope in scopes],
        created_at=now, expires_at=expires_at, allowance=calls_per_minute(), counted_at=now,
    )  # fmt: skip
    return token, secret


def _refuse_what_is_wrong(
    user: User, name: str, scopes: Collection[str], expires_at: datetime | None, now: datetime
) -> None:
    if not name.strip():
        raise ValidationError({"name": "Name it after the program that will use it."})
    if not scopes or not set(scopes) <= set(ApiToken.Scope.values):
        known = ", ".join(ApiToken.Scope.values)
        raise ValidationError({"scopes": f"Choose what it may do, out of: {known}."})
    if ApiToken.Scope.ADMIN in scopes and not user.is_admin:
        raise ValidationError({"scopes": "Only an admin can give “admin”. Choose the others."})
    if expires_at is not None and expires_at <= now:
        raise ValidationError({"expires_at": "Choose an end to come, or none."})
    if not user.is_active:
        raise ValidationError(f"{user} does not work here any more.")


def authenticate(secret: str, now: datetime) -> ApiToken | None:
    """Return the token of a secret, with its user, or None where it opens nothing at `now`."""
    if len(secret) > LONGEST_SECRET or not secret.startswith(PREFIX):
        return None
    known = ApiToken.objects.select_related("user").filter(digest=_digest(secret)).first()
    return known if known and known.is_valid(now) and known.user.is_active else None


def grants(token: ApiToken, scope: str) -> bool:
    """Whether a token may do what needs a scope; "admin" is good while its user is an admin."""
    is_admin = ApiToken.Scope.ADMIN in token.scopes and token.user.is_admin
    return is_admin or (scope != ApiToken.Scope.ADMIN and scope in token.scopes)


def revoke(token: ApiToken, *, now: datetime) -> None:
    """Let a token open nothing from now on; one that was revoked before stays as it was."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
    token.refresh_from_db(fields=["revoked_at"])


def calls_per_minute() -> int:
    """Return how many calls a token has a minute, which is also how many it may make at once."""
    calls: int = settings.API_CALLS_PER_MINUTE
    return calls


def spend(token: ApiToken, now: datetime) -> Spent:
    """Count one call, in one statement, so that calls at once count as many.

    A bucket of a minute's calls, which fills up evenly. `last_used_at` goes with it.
    """
    size = calls_per_minute()
    passed = Seconds(Value(now) - Coalesce(F("counted_at"), Value(now)))
    regained = Greatest(Value(0.0), passed * Value(size / 60))  # clocks of two machines differ
    left = Least(Value(float(size)), F("allowance") + regained)
    rows: Any = ApiToken.objects.annotate(left=left)
    is_allowed = bool(
        rows.filter(pk=token.pk, left__gte=1).update(
            allowance=left - 1.0, counted_at=now, last_used_at=now
        )
    )
    return _spent(token, now, size, is_allowed=is_allowed)


def _spent(token: ApiToken, now: datetime, size: int, *, is_allowed: bool) -> Spent:
    """Say what is left, by the row as it was read: calls at the same instant are not seen."""
    if not is_allowed:
        token.refresh_from_db(fields=["allowance", "counted_at"])
    passed = max(0.0, (now - (token.counted_at or now)).total_seconds())
    left = min(size, token.allowance + passed * size / 60) - is_allowed
    wait = 0 if is_allowed else max(1, ceil((1 - left) * 60 / size))
    reset = max(0, ceil((size - left) * 60 / size))
    return Spent(is_allowed, size, max(0, int(left)), reset, wait)


class Seconds(Func):
    """A duration in seconds, on either database."""

    output_field = FloatField()

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        template = "EXTRACT(EPOCH FROM %(expressions)s)"
        return super().as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        template = "(%(expressions)s / 1000000.0)"
        return super().as_sql(compiler, connection, template=template)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
