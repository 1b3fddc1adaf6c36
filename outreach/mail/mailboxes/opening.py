"""Sign in to a mailbox to look into it, by whatever it signs in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from outreach.mail import imap
from outreach.mail.imap import Account, NotReadError, NotSignedInError, Server
from outreach.mail.mailboxes import oauth
from outreach.models import Mailbox


@contextmanager
def looking_into(
    mailbox: Mailbox, *, now: datetime, timeout_seconds: int = imap.TIMEOUT_SECONDS
) -> Iterator[Account]:
    """Connect to a mailbox's server; a token that it refuses is renewed, once.

    Raises NotReadError in plain words, UnreadableSecretError where the key of a secret is gone.
    """
    with ExitStack() as open_ones:
        try:
            server = _server(mailbox, now, timeout_seconds)
            account = open_ones.enter_context(imap.connected(server))
        except NotSignedInError:
            if mailbox.signs_in_by != Mailbox.SignIn.OAUTH2:
                raise
            server = _server(mailbox, now, timeout_seconds, is_refused=True)
            account = open_ones.enter_context(imap.connected(server))
        yield account


def _server(
    mailbox: Mailbox, now: datetime, timeout_seconds: int, *, is_refused: bool = False
) -> Server:
    try:
        token = oauth.access_token(mailbox, now=now, is_refused=is_refused)
    except oauth.WithdrawnError as error:
        raise NotSignedInError(str(error)) from error
    except oauth.NoTokenError as error:
        raise NotReadError(str(error)) from error
    return Server(
        mailbox.imap_host, mailbox.imap_port, mailbox.imap_security,
        mailbox.username or mailbox.address, "" if token else mailbox.password, token,
        timeout_seconds,
    )  # fmt: skip
