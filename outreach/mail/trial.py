"""Try a mailbox: connect and sign in, and keep what was found in plain words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from outreach.mail.failures import PutOffError
from outreach.mail.smtp import IMPATIENT_SECONDS, Server, connected
from outreach.models import Mailbox


def save_and_try(mailbox: Mailbox, *, now: datetime) -> None:
    """Save a mailbox and try its server; its `problem` says what failed, "" where nothing did.

    Nothing is sent. Only the server that the mailbox names is spoken to.
    """
    mailbox.tried_at, mailbox.problem = now, "It was not tried to the end."
    mailbox.save()
    mailbox.problem = _problem(mailbox)
    mailbox.save(update_fields=["problem"])


def _problem(mailbox: Mailbox) -> str:
    try:
        with connected(replace(Server.of(mailbox), timeout_seconds=IMPATIENT_SECONDS)):
            return ""
    except PutOffError as error:
        return str(error)
