"""Hand one mail to one SMTP server, knowing at each step whether it can have been accepted.

Source: RFC 5321; the mail counts as accepted with the answer to the final dot, and not before.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from smtplib import SMTP, SMTP_SSL, SMTPException
from urllib.parse import urlsplit

from django.conf import settings

from outreach.mail.mailboxes import oauth
from outreach.mail.sending.failures import PutOffError, UnclearError, of_reply, say
from outreach.models import Mailbox

TIMEOUT_SECONDS = 20  # for each word of the conversation
IMPATIENT_SECONDS = 8  # where somebody waits before a page
LEADING_DOT = re.compile(rb"(?m)^\.")
Security = Mailbox.Security


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over, and as whom. Neither password nor token is ever shown."""

    host: str
    port: int
    security: str = Security.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: int = TIMEOUT_SECONDS
    access_token: str = field(default="", repr=False)  # of OAuth 2, instead of a password

    @classmethod
    def of(cls, mailbox: Mailbox, *, now: datetime) -> Server:
        """Return the server of a rep's mailbox. Raises UnreadableSecretError and NoTokenError."""
        token = oauth.access_token(mailbox, now=now)
        username = mailbox.username or (mailbox.address if token else "")
        return cls(
            mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security, username,
            "" if token else mailbox.password, access_token=token,
        )  # fmt: skip

    @classmethod
    def of_workspace(cls) -> Server:
        """Return the server that EMAIL_URL names."""
        plain = Security.STARTTLS if settings.EMAIL_USE_TLS else Security.NONE
        security = Security.TLS if settings.EMAIL_USE_SSL else plain
        return cls(
            settings.EMAIL_HOST, settings.EMAIL_PORT, security, settings.EMAIL_HOST_USER,
            settings.EMAIL_HOST_PASSWORD,
        )  # fmt: skip


def hand_over(server: Server, sender: str, recipient: str, content: bytes) -> None:
    """Have a server accept a mail; return only when it has.

    Raises NotSentError (one of its kinds) where it certainly has not, UnclearError where the
    conversation broke off after the final dot was sent.
    """
    with connected(server) as smtp:
        try:
            _expect(smtp.mail(sender))
            _expect(smtp.rcpt(recipient), to_recipient=True)
            _expect(smtp.docmd("DATA"), wanted=(354,))
        except (OSError, SMTPException) as error:
            raise PutOffError(say(error, server.host, server.port)) from error
        try:
            smtp.send(_dotted(content))
            answer = smtp.getreply()
        except (OSError, SMTPException) as error:
            raise UnclearError from error
        _expect(answer)


@contextmanager
def connected(server: Server) -> Iterator[SMTP]:
    """Connect to a server and sign in; raise PutOffError, in plain words, where that fails."""
    try:
        smtp = _open(server)
    except (OSError, SMTPException, ValueError) as error:
        raise PutOffError(say(error, server.host, server.port)) from error
    try:
        yield smtp
        with suppress(OSError, SMTPException):
            smtp.quit()
    finally:
        smtp.close()


def _open(server: Server) -> SMTP:
    smtp = _plugged_in(server)
    try:
        if server.security == Security.STARTTLS:
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if server.access_token:
            said = oauth.presented(server.username, server.access_token)
            # a second question is why it was refused, and an empty answer ends it
            smtp.auth("XOAUTH2", lambda challenge=None: "" if challenge else said)
        elif server.username:
            smtp.login(server.username, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _plugged_in(server: Server) -> SMTP:
    us, seconds = _our_name(), server.timeout_seconds
    if server.security != Security.TLS:
        return SMTP(server.host, server.port, us, seconds)
    context = ssl.create_default_context()
    return SMTP_SSL(server.host, server.port, local_hostname=us, timeout=seconds, context=context)


def _our_name() -> str:
    """Return how we greet: a name, or an address in brackets. Source: RFC 5321, 4.1.3."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    try:
        return f"[{'IPv6:' if ip_address(host).version == 6 else ''}{host}]"
    except ValueError:
        return host


def _expect(
    answer: tuple[int, bytes], wanted: tuple[int, ...] = (250, 251), *, to_recipient: bool = False
) -> None:
    code, text = answer
    if code not in wanted:
        raise of_reply(code, text, to_recipient=to_recipient)


def _dotted(content: bytes) -> bytes:
    """Return a mail as it goes over the wire, with the final dot. Source: RFC 5321, 4.5.2."""
    return LEADING_DOT.sub(b"..", content.removesuffix(b"\r\n") + b"\r\n") + b".\r\n"
