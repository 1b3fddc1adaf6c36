"""What beat asks the worker to do. Each task finds its work in rows and may run twice or never."""

from __future__ import annotations

from time import monotonic

from celery import shared_task
from django.utils import timezone

from outreach import fates, learning, sweeping
from outreach.mail import send as sending

A_WHILE = 60  # seconds; one mail more may take three minutes and stays inside a task's time


@shared_task
def sweep() -> None:
    """Sweep as of now, and see to mail whose message or worker got lost."""
    now = timezone.now()
    sweeping.run(now)
    fates.give_up_lost(now)
    sending.forget_erased()
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
def learn() -> None:
    """Learn what is due from the history, as of now."""
    learning.learn(timezone.now())
