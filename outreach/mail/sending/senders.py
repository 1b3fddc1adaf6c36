"""From whom mail goes out: the rep's own mailbox, else the workspace's provider in their name."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.invitations import is_mail_set_up
from accounts.models import User, Workspace
from outreach.models import Mailbox

NOT_SET_UP = (
    "Mail cannot leave from here yet. Set up your mailbox under Settings, Mailbox, or ask an admin "
    "for a mail provider."
)


def mailbox_of(user: User | None) -> Mailbox | None:
    """Return the mailbox that a user sends through, None where the workspace's provider does.

    One without a server for outgoing mail is only read.
    A secret is read when it is asked for, which raises UnreadableSecretError without its key.
    """
    if user is None:
        return None
    mine = Mailbox.objects.defer(*Mailbox.SECRETS).filter(user=user, is_active=True)
    return mine.exclude(smtp_host="").first()


def can_send(user: User) -> bool:
    """Whether mail of a user leaves this machine; in a demo it is printed, which will do."""
    return bool(mailbox_of(user)) or is_mail_set_up() or Workspace.current().is_demo


def address_for(user: User) -> str:
    """Return the address that a user's mail comes from now.

    Raises ValidationError where there is no way out for it, or the mailbox failed its last trial.
    """
    mailbox = mailbox_of(user)
    if mailbox is None and not can_send(user):
        raise ValidationError(NOT_SET_UP, code="no-way-out")
    if mailbox is None:
        return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    if mailbox.problem:
        raise ValidationError(
            f"Your mailbox did not work when it was last tried: {mailbox.problem} Mend it under "
            "Settings, Mailbox.",
            code="mailbox",
        )
    return mailbox.address
