"""Which way a mail takes: the rep's mailbox, the SMTP server of EMAIL_URL, or another backend."""

from __future__ import annotations

from email.utils import parseaddr
from smtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import sanitize_address

from outreach.mail.mailboxes import oauth
from outreach.mail.sending import smtp
from outreach.mail.sending.failures import PutOffError, RefusedError, UnclearError, of_reply
from outreach.mail.sending.senders import mailbox_of
from outreach.mail.sending.smtp import Server
from outreach.models import Delivery
from outreach.models.encrypted import UnreadableSecretError

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def send(mail: EmailMultiAlternatives, delivery: Delivery) -> None:
    """Send a mail; return only when a server has accepted it.

    Raises NotSentError where it certainly has not, UnclearError where nobody here can tell.
    """
    server = _server_for(delivery)
    if server is None:
        _by_backend(mail)
        return
    try:
        _hand_over(server, mail, sender=delivery.sender, recipient=delivery.recipient)
    except PutOffError as error:
        mailbox = mailbox_of(delivery.user)
        if mailbox is not None and isinstance(error.__cause__, SMTPAuthenticationError):
            oauth.forget(mailbox)
        raise


def send_ours(mail: EmailMultiAlternatives, recipient: str) -> None:
    """Send a mail of the workspace itself, in nobody's name: a digest, a report. Raises as `send`."""
    if settings.EMAIL_BACKEND != SMTP_BACKEND:
        _by_backend(mail)
        return
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    _hand_over(Server.of_workspace(), mail, sender=sender, recipient=recipient)


def _hand_over(
    server: Server, mail: EmailMultiAlternatives, *, sender: str, recipient: str
) -> None:
    content = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
    smtp.hand_over(server, sender, sanitize_address(recipient, "utf-8"), content)


def _server_for(delivery: Delivery) -> Server | None:
    """Return the SMTP server to speak to ourselves; None where Django's backend sends."""
    mailbox = mailbox_of(delivery.user)
    if mailbox is None:
        return Server.of_workspace() if settings.EMAIL_BACKEND == SMTP_BACKEND else None
    try:
        return Server.of(mailbox, now=delivery.claimed_at or delivery.send_at)
    except UnreadableSecretError as error:
        raise RefusedError(str(error)) from error
    except oauth.NoTokenError as error:
        raise PutOffError(str(error)) from error


def _by_backend(mail: EmailMultiAlternatives) -> None:
    """Send by Django's backend: what it does not say for certain counts as unclear."""
    try:
        connection = get_connection()
        connection.open()
    except (OSError, SMTPException) as error:
        raise PutOffError("The mail provider could not be reached.") from error
    try:
        connection.send_messages([mail])
    except SMTPRecipientsRefused as error:
        [(code, text)] = error.recipients.values()
        raise of_reply(code, text, to_recipient=True) from error
    except SMTPResponseException as error:
        raise of_reply(error.smtp_code, error.smtp_error) from error
    except Exception as error:  # a provider's own errors are of any kind
        raise UnclearError from error
    finally:
        connection.close()
