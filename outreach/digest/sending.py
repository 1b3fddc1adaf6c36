"""Send what digests wait, each at most once, beside any number of workers.

A digest is claimed and committed before a server hears of it. Whoever dies after that leaves it
claimed: it becomes "unknown" and shows in the app instead, and is never sent again.
Source: docs/decisions/078-at-most-once.md, 120.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.utils.text import Truncator

from outreach.digest import composing
from outreach.digest.content import Contents
from outreach.digest.people import House
from outreach.digest.stopping import FIELDS
from outreach.fates import LOST_AFTER, WAITS
from outreach.mail.sending import transport
from outreach.mail.sending.failures import (
    NoSuchRecipientError,
    PutOffError,
    RefusedError,
    UnclearError,
)
from outreach.models import Digest, DigestSettings, ReportRecipient

log = logging.getLogger(__name__)
State, Kind = Digest.State, Digest.Kind
BATCH = 100  # whose contents are read together
LATE = timedelta(hours=12)  # a digest that could not go out for so long is no morning's news
STALE = "It was too late to be news."
STOPPED = "It was stopped meanwhile."


def is_due(now: datetime) -> bool:
    """Whether any mail waits and its time has come."""
    return _due(now).exists()


def send_due(now: datetime, *, seconds: float) -> bool:
    """Send what is due, for about `seconds`; return whether more waits.

    Two statements for each mail, and a fixed number for each hundred.
    """
    began = monotonic()
    while True:
        digests = list(
            _due(now).select_related("user__digest_settings", "recipient__person")[:BATCH]
        )
        contents = Contents(digests, now)
        for digest in digests:
            if monotonic() - began > seconds:
                return True
            _deliver(digest, contents, began)
        if len(digests) < BATCH:
            return False


def give_up_lost(now: datetime) -> None:
    """Show in the app what a worker claimed and never came back from."""
    for digest in Digest.objects.filter(state=State.SENDING, claimed_at__lte=now - LOST_AFTER):
        _unknown(digest)


def _due(now: datetime) -> QuerySet[Digest]:
    waiting = Digest.objects.filter(state=State.QUEUED, send_at__lte=now)
    return waiting.order_by("send_at", "pk")


def _deliver(digest: Digest, contents: Contents, began: float) -> None:
    """Claim one digest and send it, unless somebody else does or did, or nothing of it is news."""
    now = contents.now
    if why := _obstacle(digest, contents.house, now):
        digest.move(State.CANCELLED, among=[State.QUEUED], ended_at=now, problem=why)
        return
    try:
        mail = composing.compose(digest, contents)
    except Exception:  # whatever is wrong with one, the others go out
        log.exception("A digest could not be written")
        digest.move(
            State.FAILED, among=[State.QUEUED], ended_at=now, in_app=_shows(digest),
            problem="It could not be written. The worker's log says why.",
        )  # fmt: skip
        return
    if mail is None:
        digest.move(State.CANCELLED, among=[State.QUEUED], ended_at=now)
        return
    if digest.move(State.SENDING, among=[State.QUEUED], claimed_at=_since(now, began)):
        _send(digest, mail, now, began)


def _send(digest: Digest, mail: EmailMultiAlternatives, now: datetime, began: float) -> None:
    """Send what this worker has claimed, and note what became of it."""
    try:
        transport.send_ours(mail, composing.address_of(digest))
    except PutOffError as error:
        _put_off(digest, str(error), _since(now, began))
    except NoSuchRecipientError as error:
        _failed(digest, str(error), _since(now, began))
        if digest.recipient_id:
            said = Truncator(str(error)).chars(300)
            ReportRecipient.objects.filter(pk=digest.recipient_id).update(problem=said)
    except RefusedError as error:
        _failed(digest, str(error), _since(now, began))
    except UnclearError:
        _unknown(digest)
    else:
        digest.move(
            State.SENT,
            among=[State.SENDING, State.UNKNOWN],
            ended_at=_since(now, began),
            problem="",
        )


def _obstacle(digest: Digest, house: House, now: datetime) -> str:
    """Return why a digest must not go out any more; "" where it may."""
    if digest.is_asked_for:
        return ""
    if now - digest.created_at > LATE:
        return STALE
    if digest.recipient is not None:
        outside = digest.recipient.person_id is None
        leads = digest.user.can_sign_in and digest.user.is_manager
        is_allowed = leads and (house.workspace.mails_reports_outside or not outside)
        return "" if is_allowed and digest.recipient.stopped_at is None else STOPPED
    is_wanted = getattr(DigestSettings.of(digest.user), FIELDS[Kind(digest.kind)])
    return "" if is_wanted and digest.user.can_sign_in else STOPPED


def _put_off(digest: Digest, why: str, now: datetime) -> None:
    """Try again later: the server has certainly not accepted it. After an hour it has failed."""
    if digest.tries >= len(WAITS):
        _failed(digest, why, now)
        return
    digest.move(
        State.QUEUED, among=[State.SENDING], claimed_at=None, problem=Truncator(why).chars(300),
        send_at=now + WAITS[digest.tries], tries=digest.tries + 1,
    )  # fmt: skip


def _failed(digest: Digest, why: str, now: datetime) -> None:
    """Note that it did not go out and never will: what it told shows in the app."""
    digest.move(
        State.FAILED, among=[State.SENDING], ended_at=now, problem=Truncator(why).chars(300),
        in_app=_shows(digest),
    )  # fmt: skip


def _unknown(digest: Digest) -> None:
    """Note that nobody can tell whether it went out: what it told shows in the app."""
    digest.move(State.UNKNOWN, among=[State.SENDING], in_app=_shows(digest))


def _shows(digest: Digest) -> bool:
    """Whether the app shows it from now on: a silence that nobody may have read of is not lost."""
    return digest.in_app or (digest.recipient_id is None and not digest.is_asked_for)


def _since(now: datetime, began: float) -> datetime:
    """Return the present, by how long it took from the instant that the door gave."""
    return now + timedelta(seconds=monotonic() - began)
