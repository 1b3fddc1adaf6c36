"""Invitations: the only way in. See docs/decisions/020-invitations.md."""

from __future__ import annotations

import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Invitation, User, Workspace

SIGNER = Signer(salt="accounts.invitation")
# Backends that reach nobody: whoever set up no mail has the console's.
UNHEARD = tuple(f"django.core.mail.backends.{name}." for name in ("console", "dummy", "filebased"))

log = logging.getLogger(__name__)


@transaction.atomic
def invite(person: User, *, email: str, by: User, now: datetime) -> Invitation:
    """Invite a person at an address, which becomes theirs; earlier links of theirs die.

    Raises ValidationError for those who can sign in already or do not work here any more.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    _require_invitable(person)
    person.email = email
    person.save(update_fields=["email"])
    person.invitations.open().update(ended_at=now, ending=Invitation.Ending.REPLACED)
    return Invitation.objects.create(user=person, invited_by=by, email=email, sent_at=now)


def mail(invitation: Invitation, *, now: datetime) -> bool:
    """Mail an invitation; return whether a mail server took it."""
    if not is_mail_set_up():
        return False
    try:
        _send(invitation)
    except (OSError, SMTPException):
        log.exception("An invitation could not be mailed")
        return False
    invitation.mailed_at = now
    invitation.save(update_fields=["mailed_at"])
    return True


def is_mail_set_up() -> bool:
    """Whether mail that we send leaves this machine's console."""
    return not settings.EMAIL_BACKEND.startswith(UNHEARD)


def link(invitation: Invitation) -> str:
    """Return the address at which an invitation is accepted. Whoever has it can accept."""
    token = SIGNER.sign(str(invitation.pk))
    return f"{settings.BASE_URL}{reverse('accounts:accept', args=[token])}"


def find(token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation behind a link; None for one that is forged, spent, replaced or too old."""
    try:
        pk = SIGNER.unsign(token)
    except BadSignature:
        return None
    invitation = Invitation.objects.select_related("user", "invited_by").filter(pk=pk).first()
    return invitation if invitation and _opens(invitation, now) else None


@transaction.atomic
def accept(invitation: Invitation, password: str, *, now: datetime) -> bool:
    """Give the invited person their password; return False where the link was spent meanwhile."""
    person = User.objects.select_for_update().get(pk=invitation.user_id)
    current = person.invitations.open().filter(pk=invitation.pk).first()
    if current is None or not _opens(current, now):
        return False
    current.ended_at, current.ending = now, Invitation.Ending.ACCEPTED
    current.save(update_fields=["ended_at", "ending"])
    person.set_password(password)
    person.save(update_fields=["password"])
    return True


def _opens(invitation: Invitation, now: datetime) -> bool:
    """Whether a link still leads to a password: not for those who got one another way."""
    person = invitation.user
    return invitation.is_valid(now) and person.is_active and not person.has_usable_password()


def _require_invitable(person: User) -> None:
    if not person.is_active:
        raise ValidationError(f"{person} is deactivated. Reactivate them first.")
    if person.can_sign_in:
        raise ValidationError(
            f"{person} has a password already. “Forgot your password?” at the sign-in sends a new link."
        )


def _send(invitation: Invitation) -> None:
    workspace = Workspace.current()
    context = {"invitation": invitation, "workspace": workspace, "link": link(invitation)}
    send_mail(
        subject=f"Your invitation to {' '.join(str(workspace).split())} on Lamplighter",
        message=render_to_string("accounts/mail/invitation.txt", context),
        from_email=None,
        recipient_list=[invitation.email],
    )
