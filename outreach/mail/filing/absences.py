"""What an out-of-office note does: the clock of the contact's deals stands still while they are away.

Source: SILENCE.md, "Holds".
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.text import Truncator

from contacts.models import Contact
from deals import conversation
from deals.models import Hold
from outreach.mail import asked
from outreach.models import Mail

SOURCE = "mail"


def note(mail: Mail, *, now: datetime) -> None:
    """Let an out-of-office note hold the contact's deals from its receipt to the end of their day.

    Without a date it holds as long as the engine says. One that is over already holds nothing.
    """
    if mail.verdict != Mail.Verdict.OUT_OF_OFFICE or mail.contact is None:
        return
    starts_at, ends_at = mail.occurred_at, _end_of_day(mail, mail.contact)
    if mail.hold is not None:
        if (mail.hold.starts_at, mail.hold.ends_at) == (starts_at, ends_at):
            return
        conversation.release(mail.hold, now=now)
        mail.hold = None
    if ends_at is None or ends_at > starts_at:
        made = Hold(
            contact=mail.contact, reason=Hold.Reason.ABSENCE, starts_at=starts_at, ends_at=ends_at,
            note=Truncator(mail.subject).chars(200), source=SOURCE, external_id=mail.identity,
        )  # fmt: skip
        mail.hold = conversation.hold(made, now=now)


def _end_of_day(mail: Mail, contact: Contact) -> datetime | None:
    """Return when the last day of an absence ends where the contact is."""
    if mail.until is None:
        return None
    zone = ZoneInfo(contact.time_zone or asked.workspace().time_zone)
    return datetime.combine(mail.until + timedelta(days=1), time.min, zone).astimezone(UTC)
