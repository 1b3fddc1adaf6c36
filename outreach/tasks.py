"""What beat asks the worker to do. Each task finds its work in rows and may run twice or never."""

from __future__ import annotations

from time import monotonic

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.api import idempotency
from outreach import fates, feeds, learning, meeting_holds, sweeping
from outreach.digest import making
from outreach.digest import sending as digest_sending
from outreach.mail import receive
from outreach.mail import send as sending
from outreach.mail.filing import forgetting
from outreach.mail.mailboxes import polling
from outreach.webhooks import delivering, passing_on

A_TURN = 20  # seconds; then it is the turn of other work, however much mail waits
A_WHILE = 60  # seconds; one mail more may take three minutes and stays inside a task's time


@shared_task
def sweep() -> None:
    """Sweep as of now, and see to mail whose message or worker got lost."""
    now = timezone.now()
    sweeping.run(now)
    fates.give_up_lost(now)
    sending.forget_erased()
    forgetting.forget_erased()
    if sending.due(now):
        send_due.delay()


@shared_task
def send(delivery: int) -> None:
    """Send one mail if it is due."""
    sending.deliver(delivery, timezone.now())


@shared_task
def send_due() -> None:
    """Send all mail that is due; ask for another turn where that takes long."""
    until = monotonic() + A_WHILE
    for pk in sending.due(timezone.now()):
        sending.deliver(pk, timezone.now())
        if monotonic() > until:
            send_due.delay()
            return


@shared_task
def read_mail() -> None:
    """Have every mailbox read that is due, each for itself: a slow one holds up no other."""
    for pk in polling.due(timezone.now()):
        read_mailbox.apply_async((pk,), expires=settings.READ_SECONDS)


@shared_task
def read_mailbox(mailbox: int) -> None:
    """Read what is new in one mailbox; ask for another turn where more waits."""
    again_in = polling.read(mailbox, timezone.now())
    if again_in is not None:
        read_mailbox.apply_async((mailbox,), countdown=again_in)


@shared_task
def file_mail() -> None:
    """File the mail that came in; ask for another turn where that takes long."""
    receive.file_waiting(timezone.now(), until=monotonic() + A_TURN)
    if receive.is_waiting(timezone.now()):
        file_mail.delay()


@shared_task
def read_calendars() -> None:
    """Let series of meetings go on, and read the published calendars that are due.

    The next beat goes on where this takes long.
    """
    until = monotonic() + A_WHILE
    meeting_holds.go_on(timezone.now())
    for feed in feeds.due(timezone.now()):
        feeds.read(feed, timezone.now())
        if monotonic() > until:
            return


@shared_task
def pass_on() -> None:
    """Pass on what was announced and deliver what is due; ask for another turn if there is more."""
    while passing_on.pass_on(timezone.now()):
        pass
    if delivering.deliver(timezone.now):
        pass_on.delay()


@shared_task
def make_digests() -> None:
    """Make the digests that are due, and see to those whose worker got lost."""
    making.make(timezone.now())
    digest_sending.give_up_lost(timezone.now())
    if digest_sending.is_due(timezone.now()):
        send_digests.delay()


@shared_task
def send_digests() -> None:
    """Send the digests that wait; ask for another turn where that takes long."""
    if digest_sending.send_due(timezone.now(), seconds=A_WHILE):
        send_digests.delay()


@shared_task
def forget() -> None:
    """Delete what has been kept long enough."""
    making.forget_old(timezone.now())
    passing_on.forget_old(timezone.now())
    idempotency.forget(timezone.now())


@shared_task
def learn() -> None:
    """Learn what is due from the history, as of now."""
    learning.learn(timezone.now())
