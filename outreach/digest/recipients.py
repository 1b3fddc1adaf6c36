"""To whom a manager has the weekly report mailed. Source: docs/decisions/121."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User, Workspace
from outreach.models import ReportRecipient

MOST = 20  # of one report: more are a mailing list, which can be one of them


@dataclass(frozen=True, slots=True)
class Listed:
    """Who gets a manager's report, or got it: a colleague, or an address (in lower case) outside.

    They may be on the list by their person, by their address, or not any more.
    """

    manager: User
    person: User | None = None
    email: str = ""

    @property
    def rows(self) -> QuerySet[ReportRecipient]:
        """Every row of the list by which a report reaches them."""
        address = (self.person.email or "").lower() if self.person else self.email
        by_address = Q(email=address) if address else Q(pk__in=())
        by_person = Q(person=self.person) if self.person else Q(person__email__iexact=address)
        return ReportRecipient.objects.filter(by_address | by_person, manager=self.manager)

    @property
    def has_stopped(self) -> bool:
        """Whether they said that they want none, and get none."""
        ends = list(self.rows.values_list("stopped_at", flat=True))
        return bool(ends) and None not in ends

    def stop(self, now: datetime) -> None:
        """Mail them none any more; nobody adds them again, not even who has removed them."""
        with transaction.atomic():
            _lock_list(self.manager)
            if not self.rows.exists():
                ReportRecipient.objects.create(
                    manager=self.manager, person=self.person, email=self.email, added_at=now
                )
            self.rows.filter(stopped_at=None).update(stopped_at=now)

    def allow_again(self) -> None:
        """Let them be added again, as who stopped it asks: that alone mails them nothing."""
        self.rows.exclude(stopped_at=None).delete()


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
        _lock_list(manager)
        listed = Listed(manager, person, "" if person else address)
        _check_list(listed)
        return ReportRecipient.objects.create(
            manager=manager, person=person, email=listed.email, added_at=now
        )


def _lock_list(manager: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=manager.pk)


def _check_list(listed: Listed) -> None:
    known = listed.rows.first()
    if known is not None and listed.has_stopped:
        raise ValidationError(
            f"{known} stopped these mails. Ask them: the link in any of these mails lets them "
            "allow it again."
        )
    if known is not None:
        raise ValidationError(f"{known} is on the list already.")
    if ReportRecipient.objects.filter(manager=listed.manager, stopped_at=None).count() >= MOST:
        raise ValidationError(
            f"The list has {MOST} people. Use the address of a mailing list instead."
        )
