"""What beat asks the worker to do. Each task finds its work in rows and may run twice or never."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from outreach import sweeping


@shared_task
def sweep() -> None:
    """Sweep as of now."""
    sweeping.run(timezone.now())
