"""What the worker does for this app: long work that rows tell of, a while at a time.

Each task finds its work in rows and may run twice or never: the next beat goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

from celery import shared_task
from django.utils import timezone

from deals import calendars, thresholds
from deals.importing import undoing
from deals.importing.runs import Work
from deals.models import ImportRun, Rejudging
from deals.models.imports import UNFINISHED

A_WHILE = 60  # seconds; well inside the time that a task may take


@shared_task
def go_on() -> None:
    """Go on with imports and with judging the past anew; ask for another turn if there is more.

    Work that breaks is tried again at the next turn and keeps none other waiting.
    """
    until = monotonic() + A_WHILE
    undoing.forget(timezone.now())
    broken: list[Exception] = []
    for step in _unfinished():
        try:
            if not _worked_off(step, until):
                go_on.delay()
                break
        except Exception as error:  # noqa: BLE001  # whatever it is, the others go on
            broken.append(error)
    if broken:
        raise broken[0]


@shared_task
def refresh_holidays() -> None:
    """Bring in the public holidays of the years to come, when a year has begun."""
    calendars.refresh_holidays(timezone.now())


def _worked_off(step: Callable[[], bool], until: float) -> bool:
    """Take step after step; False where the time ran out before the end."""
    while step():
        if monotonic() > until:
            return False
    return True


def _unfinished() -> Iterator[Callable[[], bool]]:
    for run in ImportRun.objects.filter(state__in=UNFINISHED).order_by("pk"):
        is_undone = run.state == ImportRun.State.UNDO
        yield (
            undoing.Undo(run.pk, timezone.now()) if is_undone else Work(run, timezone.now())
        ).step
    for pk in Rejudging.objects.filter(finished_at=None).values_list("pk", flat=True):
        yield lambda pk=pk: thresholds.rejudge_batch(pk, timezone.now())  # type: ignore[misc]
