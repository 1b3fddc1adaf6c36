"""Access tokens: what a lasting refresh token is traded for, and how they are presented.

Sources: RFC 6749, 6 (refreshing) and 5.2 (what a refusal says); the providers' XOAUTH2.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import transaction

from outreach import net
from outreach.models import Mailbox

EARLY = timedelta(minutes=5)  # a token that ends during a conversation is no use
USUAL_SECONDS = 3600  # where the server does not say how long one lasts
AS_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class NoTokenError(Exception):
    """There is no access token now; the words are for people."""


class WithdrawnError(NoTokenError):
    """There will be none before somebody connects the account again."""


def access_token(mailbox: Mailbox, *, now: datetime, is_refused: bool = False) -> str:
    """Return a token that lets us into a mailbox; "" where it signs in by a password.

    One that ends soon, or that a server refused (`is_refused`), is renewed and kept, encrypted.
    Raises NoTokenError.
    """
    if mailbox.signs_in_by != Mailbox.SignIn.OAUTH2:
        return ""
    ends_at = mailbox.access_expires_at
    if mailbox.access_token and ends_at and ends_at > now + EARLY and not is_refused:
        return mailbox.access_token
    return _renewed(mailbox, now)


def forget(mailbox: Mailbox) -> None:
    """Forget a token that a server refused, so that the next try asks for another one."""
    mailbox.access_token, mailbox.access_expires_at = "", None
    mailbox.save(update_fields=["access_token", "access_expires_at"])


def presented(username: str, token: str) -> str:
    """Return the words by which a token is presented to a mail server (XOAUTH2)."""
    return f"user={username}\1auth=Bearer {token}\1\1"


def _renewed(mailbox: Mailbox, now: datetime) -> str:
    refresh_token = mailbox.refresh_token
    said = _asked(mailbox, refresh_token)
    token, seconds = said.get("access_token"), said.get("expires_in")
    if not isinstance(token, str) or not token:
        raise NoTokenError(f"{_host(mailbox)} gave no access token. Check the token address.")
    lasts = seconds if isinstance(seconds, int) and 0 < seconds < 10**7 else USUAL_SECONDS
    fields = {"access_token": token, "access_expires_at": now + timedelta(seconds=lasts)}
    if isinstance(said.get("refresh_token"), str) and said["refresh_token"]:
        fields["refresh_token"] = said["refresh_token"]  # some give a new one each time
    _keep(mailbox, refresh_token, fields)
    return token


@transaction.atomic
def _keep(mailbox: Mailbox, refresh_token: str, fields: dict[str, Any]) -> None:
    """Keep what was given, unless somebody has connected the account anew meanwhile."""
    rows = Mailbox.objects.select_for_update().filter(pk=mailbox.pk)
    kept = rows.values_list("refresh_token", flat=True).first()
    if kept != refresh_token:
        return
    rows.update(**fields)
    for name, value in fields.items():
        setattr(mailbox, name, value)


def _asked(mailbox: Mailbox, refresh_token: str) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token,
            "client_id": mailbox.client_id}  # fmt: skip
    if mailbox.client_secret:
        form["client_secret"] = mailbox.client_secret
    try:
        answer = net.post(mailbox.token_url, urlencode(form).encode(), headers=AS_FORM)
    except net.NotReachedError as error:
        raise NoTokenError(f"No access token: {error}") from error
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if not answer.is_success:
        raise _refusal(mailbox, answer.status, str(said.get("error", "")))
    return said


def _refusal(mailbox: Mailbox, status: int, error: str) -> NoTokenError:
    host = _host(mailbox)
    if error == "invalid_grant":
        return WithdrawnError(
            f"{host} lets us in no longer: the permission has ended or was withdrawn. Connect the "
            "account again."
        )
    if error in ("invalid_client", "unauthorized_client"):
        return WithdrawnError(f"{host} does not know the client. Check its id and its secret.")
    return NoTokenError(f"{host} gave no access token (answer {status}). It is tried again.")


def _host(mailbox: Mailbox) -> str:
    return urlsplit(mailbox.token_url).hostname or "The token address"
