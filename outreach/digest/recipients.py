"""To whom a manager has the weekly report mailed. Source: docs/decisions/121."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User, Workspace
from outreach.models import ReportRecipient

MOST = 20  # of one report: more are a mailing list, which can be one of them


def receiving(workspace: Workspace) -> QuerySet[ReportRecipient]:
    """Return the recipients who get the report: outside ones only while the workspace allows it."""
    rows = ReportRecipient.objects.filter(stopped_at=None).select_related("person")
    return rows if workspace.mails_reports_outside else rows.exclude(person=None)


def add_recipient(manager: User, email: str, *, now: datetime) -> ReportRecipient:
    """Have a manager's report mailed to somebody else too: a colleague here, or an address outside.

    Raises ValidationError, naming the remedy, for whoever stopped it, is on the list, is the
    manager, left, or may not be written to; and past the most.
    """
    address = email.strip().lower()
    validate_email(address)
    if address == (manager.email or "").lower():
        raise ValidationError("That is you. Turn your own weekly mail on under Settings, Digests.")
    person = User.objects.filter(email__iexact=address).first()
    if person is not None and not person.is_active:
        raise ValidationError(f"{person} no longer works here. Name somebody else.")
    if person is None and not Workspace.current().mails_reports_outside:
        raise ValidationError("Reports may not be mailed outside. Ask an admin, under Workspace.")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=manager.pk)
        rows = ReportRecipient.objects.filter(manager=manager)
        _check_list(rows, address, person)
        return ReportRecipient.objects.create(
            manager=manager, person=person, email="" if person else address, added_at=now
        )


def _check_list(rows: QuerySet[ReportRecipient], address: str, person: User | None) -> None:
    known = (rows.filter(person=person) if person else rows.filter(email=address)).first()
    if known is not None and known.stopped_at:
        raise ValidationError(
            f"{known} stopped these mails. Only they can start them again: ask them."
        )
    if known is not None:
        raise ValidationError(f"{known} is on the list already.")
    if rows.filter(stopped_at=None).count() >= MOST:
        raise ValidationError(
            f"The list has {MOST} people. Use the address of a mailing list instead."
        )
