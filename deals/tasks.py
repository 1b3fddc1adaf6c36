"""What the worker does for this app: long work that rows tell of, a while at a time.

Each task finds its work in rows and may run twice or never: the next beat goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

from celery import shared_task
from django.utils import timezone

from deals import thresholds
from deals.importing.runs import Work
from deals.models import ImportRun, Rejudging
from deals.models.imports import UNFINISHED

A_WHILE = 60  # seconds; well inside the time that a task may take


@shared_task
def go_on() -> None:
    """Go on with imports and with judging the past anew; ask for another turn if there is more."""
    until = monotonic() + A_WHILE
    for step in _unfinished():
        while step():
            if monotonic() > until:
                go_on.delay()
                return


def _unfinished() -> Iterator[Callable[[], bool]]:
    for run in ImportRun.objects.filter(state__in=UNFINISHED).order_by("pk"):
        yield Work(run, timezone.now()).step
    for pk in Rejudging.objects.filter(finished_at=None).values_list("pk", flat=True):
        yield lambda pk=pk: thresholds.rejudge_batch(pk, timezone.now())  # type: ignore[misc]
