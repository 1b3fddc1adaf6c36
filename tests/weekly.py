"""Weekly reports in tests: a week with something to tell, and the mails that went out of it."""

from __future__ import annotations

from typing import Any

from django.core import mail

from accounts.models import User
from outreach.digest import making, recipients, sending
from outreach.models import DigestSettings, ReportRecipient
from tests.cast import Cast, day
from tests.digesting import dark

MONDAY_8 = day(14, 8)  # the Monday after the week in which the deals went dark
SITE = "http://127.0.0.1:8000"


def make_week(cast: Cast) -> Cast:
    """A week in which a deal of the team and one of another team went dark."""
    dark(cast.ines, title="Harbour")
    dark(cast.noor, title="South")
    for user in (cast.ines, cast.karl, cast.noor):
        DigestSettings.objects.create(user=user, morning_by_mail=False, morning_in_app=False)
    return cast


def run(now: Any = MONDAY_8) -> None:
    making.make(now)
    sending.send_due(now, seconds=60)


def weeklies() -> dict[str, Any]:
    """Return the weekly mails that went out, by address."""
    return {sent.recipients()[0]: sent for sent in mail.outbox if sent.subject.startswith("Week")}


def stop_path(address: str) -> str:
    """Return the path of the link in the mail to an address."""
    return str(weeklies()[address].extra_headers["List-Unsubscribe"]).strip("<>").removeprefix(SITE)


def add(manager: User, email: str) -> ReportRecipient:
    return recipients.add_recipient(manager, email, now=day(10))
