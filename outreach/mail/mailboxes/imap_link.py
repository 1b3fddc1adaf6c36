"""A connection to an IMAP server that has an end, and signing in on it.

Each word of the conversation has a time limit, and so has all of it: a server that drips is cut
off. Sources: RFC 9051 and RFC 3501; RFC 4616 (PLAIN); the providers' XOAUTH2.
"""

from __future__ import annotations

import imaplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Timer
from typing import Any

from imap_tools import BaseMailBox
from imap_tools.errors import MailboxLoginError

from outreach.mail.mailboxes.oauth import presented
from outreach.models import Mailbox

TIMEOUT_SECONDS = 15  # for each word of the conversation
LONGEST_SECONDS = 60  # for the whole conversation
LARGEST_BYTES = 32 * 2**20  # of one answer; we never ask for that much
Security = Mailbox.Security


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is read, and as whom: by a password, or by an access token of OAuth 2."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    timeout_seconds: int = TIMEOUT_SECONDS


class _Bounded:
    """An IMAP connection that ends after a while, and takes no answer that is too large."""

    sock: socket.socket
    watchdog: Timer | None = None

    def open(self, *args: Any, **kwargs: Any) -> None:
        super().open(*args, **kwargs)  # type: ignore[misc]
        self.watchdog = Timer(LONGEST_SECONDS, self._cut_off)
        self.watchdog.daemon = True
        self.watchdog.start()

    def read(self, size: int) -> bytes:
        if size > LARGEST_BYTES:
            raise imaplib.IMAP4.abort(f"an answer of {size} bytes")
        return bytes(super().read(size))  # type: ignore[misc]

    def shutdown(self) -> None:
        if self.watchdog is not None:
            self.watchdog.cancel()
        with suppress(OSError):
            super().shutdown()  # type: ignore[misc]

    def _cut_off(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class _Plain(_Bounded, imaplib.IMAP4):
    pass


class _Secret(_Bounded, imaplib.IMAP4_SSL):
    pass


class Box(BaseMailBox):
    """imap-tools' mailbox on a connection that is bounded."""

    def __init__(self, server: Server) -> None:
        self.server = server
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        host, port, seconds = self.server.host, self.server.port, self.server.timeout_seconds
        if self.server.security == Security.TLS:
            context = ssl.create_default_context()
            return _Secret(host, port, ssl_context=context, timeout=seconds)
        client = _Plain(host, port, timeout=seconds)
        if self.server.security == Security.STARTTLS:
            _make_secret(client)
        return client


def _make_secret(client: _Plain) -> None:
    try:
        if "STARTTLS" not in client.capabilities:
            raise imaplib.IMAP4.error  # noqa: TRY301  # imaplib's own says that it broke off
        client.starttls(ssl.create_default_context())
    except BaseException:
        client.shutdown()
        raise


def sign_in(box: Box, server: Server) -> None:
    if server.access_token:
        _authenticate(box, "XOAUTH2", presented(server.username, server.access_token).encode())
    elif "AUTH=PLAIN" in box.client.capabilities:
        _authenticate(box, "PLAIN", f"\0{server.username}\0{server.password}".encode())
    elif "LOGINDISABLED" in box.client.capabilities:
        raise imaplib.IMAP4.error("it takes no password without encryption")
    else:
        box.login(server.username, server.password, initial_folder=None)


def _authenticate(box: Box, mechanism: str, said: bytes) -> None:
    """Sign in; a second question is why it was refused, and an empty answer ends it."""
    answers = iter((said,))
    try:
        box.client.authenticate(mechanism, lambda _: next(answers, b""))
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise MailboxLoginError(("NO", [str(error).encode()]), "OK") from error
