"""Send what was ordered and is due, each mail at most once, beside any number of workers.

A mail is claimed and committed before a server hears of it. Whoever dies after that leaves it
claimed: it is asked about and never sent again. Source: docs/decisions/078-at-most-once.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction

from deals.replay import lock
from outreach import fates
from outreach.mail.sending import message, obstacles, transport
from outreach.mail.sending.failures import (
    NoSuchRecipientError,
    PutOffError,
    RefusedError,
    UnclearError,
)
from outreach.models import Delivery

State = Delivery.State


def due(now: datetime) -> list[int]:
    """Return the ids of the mails that wait and whose time has come, in that order."""
    waiting = Delivery.objects.filter(state=State.QUEUED, send_at__lte=now)
    return list(waiting.order_by("send_at", "pk").values_list("pk", flat=True))


def deliver(pk: int, now: datetime) -> None:
    """Send one mail that is due, unless somebody else does or did, or it holds no more."""
    began = monotonic()
    delivery = _claim(pk, now)
    if delivery is None:
        return
    mail = message.compose(delivery)
    try:
        transport.send(mail, delivery)
    except PutOffError as error:
        fates.put_off(delivery, str(error), now=_since(now, began))
    except NoSuchRecipientError as error:
        fates.bounced(delivery, str(error), now=_since(now, began))
    except RefusedError as error:
        fates.failed(delivery, str(error), now=_since(now, began))
    except UnclearError:
        fates.unclear(delivery, now=_since(now, began))
    else:
        fates.sent(delivery, now=_since(now, began))


def forget_erased() -> None:
    """Forget the words of mail to people who were erased; that it was sent stays."""
    known = Delivery.objects.filter(contact__erased_at__isnull=False).exclude(recipient="")
    known.exclude(state=State.QUEUED).update(subject="", body="", recipient="", problem="")


@transaction.atomic
def _claim(pk: int, now: datetime) -> Delivery | None:
    """Claim a mail that is due, under the lock of its deal; None where that is not to be."""
    waiting = Delivery.objects.filter(pk=pk, state=State.QUEUED, send_at__lte=now)
    lock(waiting.values_list("deal", flat=True))
    rows = waiting.select_related("deal", "contact", "address", "user", "suggestion")
    delivery = rows.first()  # read again, now that nobody can write what it depends on
    if delivery is None:
        return None
    if why := obstacles.before_sending(delivery):
        fates.called_off(delivery, why, now=now)
        return None
    return delivery if delivery.move(State.SENDING, among=[State.QUEUED], claimed_at=now) else None


def _since(now: datetime, began: float) -> datetime:
    """Return the present, by how long it took from the instant that the door gave."""
    return now + timedelta(seconds=monotonic() - began)
