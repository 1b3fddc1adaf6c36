"""Mail that waits for a person, looked at again when more is known.

Each in a transaction of its own, so that nobody holds two mails at once; one that somebody else
holds is theirs to file.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from contacts.models import Address, Channel
from deals.models import Direction
from outreach.mail import match
from outreach.mail.filing import consequences
from outreach.models import Mail

State = Mail.State
WAITS = (State.UNMATCHED, State.UNVERIFIED)
BATCH = 500
CLOCKS = timedelta(days=1)


def waiting_for(mail: Mail) -> list[int]:
    """Return the ids of the mails that wait for a person and refer to a mail that is filed now.

    Only those that came after it, give or take a day between the clocks of two doors.
    """
    if mail.touch_id is None or not mail.message_id:
        return []
    since = mail.occurred_at - CLOCKS
    waiting = Mail.objects.filter(state__in=WAITS, occurred_at__gte=since)
    answers = waiting.filter(references__icontains=mail.message_id).exclude(pk=mail.pk)
    return list(answers.order_by("pk").values_list("pk", flat=True))


def waiting_with(addresses: Iterable[str]) -> list[int]:
    """Return the ids of the mails that nobody could match, from or to some addresses."""
    unmatched = Mail.objects.unmatched()
    ids: set[int] = set()
    for address in addresses:
        ids |= set(unmatched.filter(sender=address).values_list("pk", flat=True))
        sent = unmatched.filter(direction=Direction.OUTBOUND)
        ids |= set(sent.filter(recipients__icontains=f'"{address}"').values_list("pk", flat=True))
    return sorted(ids)


def of_known_senders() -> list[int]:
    """Return the ids of the mails that nobody could match until their writer became a contact."""
    known = Address.objects.annotate(lower=Lower("value")).filter(
        channel=Channel.EMAIL, lower=OuterRef("sender"), contact__participations__isnull=False
    )
    waiting = Mail.objects.unmatched().filter(Exists(known), direction=Direction.INBOUND)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])


def look_at(ids: Iterable[int], now: datetime) -> None:
    """Match some mails again that wait for a person; those that wait no longer stay as they are."""
    for pk in sorted(ids):
        with transaction.atomic():
            rows = Mail.objects.filter(pk=pk, state__in=WAITS, decided_at=None)
            locked = rows.select_for_update(skip_locked=True, of=("self",))
            mail = locked.select_related("touch", "hold").first()
            if mail is not None:
                consequences.follow(mail, None, now=now)


def look_at_all_with(mail: Mail, now: datetime) -> None:
    """Match again all that waits from or to the other side of a mail, or answers it."""
    look_at({*waiting_with(match.others(mail)), *waiting_for(mail)}, now)
