"""Set a mailbox up: save what was entered, try what it names, and note which folders it has."""

from __future__ import annotations

from datetime import datetime

from outreach.mail.mailboxes import trial
from outreach.models import Mailbox, MailFolder

ACCOUNT = ("imap_host", "username")  # another one has other folders, numbered otherwise


def save_and_try(mailbox: Mailbox, *, now: datetime) -> None:
    """Save a mailbox and try what it names; `problem` and `read_problem` say what failed.

    Nothing is sent, nothing is changed on the server. The reading begins with the next minute; of
    another account it begins from the start.
    """
    mailbox.access_token, mailbox.access_expires_at = "", None
    if _is_another_account(mailbox):
        mailbox.folders.all().delete()
        mailbox.read_at = None
    mailbox.read_problem, mailbox.claimed_until = "", None
    if mailbox.smtp_host:
        trial.save_and_try(mailbox, now=now)
    else:
        mailbox.tried_at, mailbox.problem = now, ""
        mailbox.save()
    if mailbox.imap_host:
        _try_reading(mailbox, now)


def _is_another_account(mailbox: Mailbox) -> bool:
    if not mailbox.pk:
        return False
    same = {name: getattr(mailbox, name) for name in ACCOUNT}
    return not Mailbox.objects.filter(pk=mailbox.pk, **same).exists()


def _try_reading(mailbox: Mailbox, now: datetime) -> None:
    found = trial.try_reading(mailbox, now=now)
    mailbox.read_problem = found.problem[:300]
    mailbox.save(update_fields=["read_problem"])
    rows = [
        MailFolder(mailbox=mailbox, name=name, role=role) for name, role in found.folders.items()
    ]
    MailFolder.objects.bulk_create(rows, ignore_conflicts=True)
