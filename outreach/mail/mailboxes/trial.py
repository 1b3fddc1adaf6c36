"""Try a mailbox: connect and sign in, and keep what was found in plain words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from outreach.mail import imap
from outreach.mail.mailboxes import folders, oauth
from outreach.mail.mailboxes.opening import looking_into
from outreach.mail.sending.failures import PutOffError
from outreach.mail.sending.smtp import IMPATIENT_SECONDS, Server, connected
from outreach.models import Mailbox, MailFolder
from outreach.models.encrypted import UnreadableSecretError


@dataclass(frozen=True, slots=True)
class Found:
    """What a look into a mailbox found: a problem in plain words, or the folders to read."""

    problem: str = ""
    folders: dict[str, MailFolder.Role] = field(default_factory=dict)


def save_and_try(mailbox: Mailbox, *, now: datetime) -> None:
    """Save a mailbox and try its server; its `problem` says what failed, "" where nothing did.

    Nothing is sent. Only the server that the mailbox names is spoken to.
    """
    mailbox.tried_at, mailbox.problem = now, "It was not tried to the end."
    mailbox.save()
    mailbox.problem = _problem(mailbox, now)
    mailbox.save(update_fields=["problem"])


def _problem(mailbox: Mailbox, now: datetime) -> str:
    try:
        server = Server.of(mailbox, now=now)
        with connected(replace(server, timeout_seconds=IMPATIENT_SECONDS)):
            return ""
    except (PutOffError, oauth.NoTokenError) as error:
        return str(error)


def try_reading(mailbox: Mailbox, *, now: datetime) -> Found:
    """Look into a mailbox as reading it would; nothing there is changed, nothing is kept here.

    A trial is for somebody who waits before a page. Only the server that the mailbox names is
    spoken to, and where it signs in by OAuth 2, the one that gives out its tokens.
    """
    try:
        with looking_into(mailbox, now=now, timeout_seconds=imap.IMPATIENT_SECONDS) as account:
            return Found(folders=folders.to_read(account.folders()))
    except (imap.NotReadError, UnreadableSecretError) as error:
        return Found(str(error))
