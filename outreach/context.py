"""What every page wears: the rail with its ways, today's count and the heartbeat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from outreach.heartbeat import Heartbeat, heartbeat
from outreach.mail.filing import undecided
from outreach.today import queued


@dataclass(frozen=True, slots=True)
class Way:
    """One item of the rail."""

    key: str
    label: str
    url: str
    is_current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Rail:
    """The ways a reader may go, and how the sweep fares."""

    items: list[Way]
    heartbeat: Heartbeat
    heartbeat_url: str


# Others rely on these addresses; what stands under one is lit with it.
WAYS = (
    ("deals", "Deals", ("/deals/",)),
    ("contacts", "Contacts", ("/contacts/", "/companies/")),
    ("mail", "Mail", ("/mails/unmatched/", "/mails/")),
    ("report", "Report", ("/report/",)),
    ("thresholds", "Thresholds", ("/thresholds/",)),
    ("settings", "Settings", ("/settings/", "/account/")),
)
FOR_MANAGERS = ("report", "thresholds")


def rail(request: HttpRequest) -> dict[str, Any]:
    """Return the rail of a signed-in reader; a page that does not draw it asks the database nothing."""
    user = request.user
    if not isinstance(user, User):
        return {}
    return {"rail": SimpleLazyObject(lambda: rail_of(user, request.path, timezone.now()))}


def rail_of(user: User, path: str, now: datetime) -> Rail:
    """Return a reader's rail on a page, in two queries."""
    home = reverse("outreach:today")
    counts = _counts(user, now)
    today = Way("today", "Today", home, path == home, counts["today"])
    ways = [
        Way(key, label, addresses[0], path.startswith(addresses), counts.get(key, 0))
        for key, label, addresses in WAYS
        if user.is_manager or key not in FOR_MANAGERS
    ]
    return Rail([today, *ways], heartbeat(now), reverse("outreach:heartbeat"))


def _counts(user: User, now: datetime) -> dict[str, int]:
    """Return what waits for a reader, on Today and among the mail, in one query."""
    asked = {"today": queued(user, now), "mail": undecided.waiting(user)}
    today, mail = (
        rows.order_by().annotate(way=Value(key)).values_list("way").annotate(Count("pk"))
        for key, rows in asked.items()
    )
    return dict.fromkeys(asked, 0) | dict(today.union(mail, all=True))
