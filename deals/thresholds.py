"""Change how long a stage waits: what it would flag, and counting the past by it too.

No open silence is rewritten: the cutoffs judge all of them by the new version at once.
Source: SILENCE.md, "When it is dark".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from deals import replay
from deals.models import Deal, Rejudging, Stage, Threshold
from deals.spans import Span
from deals.supposing import Supposed, suppose

SAYS = ("dark_after", "on_entry", "reply_within", "attempts", "spacing")  # what a version says
BATCH = 200  # deals replayed in one transaction: short enough for others to write in between


@dataclass(frozen=True)
class Effect:
    """How many open silences of a stage a threshold would turn dark, and how many not any more.

    `once_more` of those turned dark were dark before, in the same silence.
    """

    now_dark: int
    no_longer_dark: int
    dark_before: int
    once_more: int = 0

    @property
    def dark_after(self) -> int:
        """How many would be dark under it."""
        return self.dark_before + self.now_dark - self.no_longer_dark


def effect(stage: Stage, dark_after: str, now: datetime) -> Effect:
    """Count what a threshold would change as of `now`. Raises ValidationError for what is no span."""
    return effect_of(suppose(stage, dark_after, now))


def effect_of(supposed: Supposed) -> Effect:
    """Count what was supposed."""
    now_dark = supposed.now_dark.count()
    return Effect(
        now_dark=now_dark,
        no_longer_dark=supposed.no_longer_dark.count(),
        dark_before=supposed.before.count(),
        once_more=supposed.once_more.count() if now_dark else 0,
    )


def lock(stage: Stage) -> None:
    """Let nobody else change a stage's threshold until the transaction ends."""
    list(Stage.objects.filter(pk=stage.pk).select_for_update(no_key=True).values_list("pk"))


@transaction.atomic
def change(  # noqa: PLR0913 -- what a version says, each by its name
    stage: Stage,
    *,
    dark_after: str,
    on_entry: str,
    reply_within: str,
    attempts: int,
    spacing: str,
    now: datetime,
    user: User | None = None,
    retroactive: bool = False,
    note: str = "",
) -> Threshold:
    """Write a new version of a stage's threshold; it counts from `now`, the first from the beginning.

    A retroactive one counts the past by it too: a `Rejudging` row says what `rejudge` has to
    do. Raises ValidationError for a span, a turn or a number that cannot be.
    """
    is_first = not Threshold.objects.filter(stage=stage).exists()
    version = Threshold(
        stage=stage, dark_after=dark_after.strip(), on_entry=on_entry,
        reply_within=reply_within.strip(), attempts=attempts, spacing=spacing, note=note,
        counts_from=None if retroactive or is_first else now, created_at=now, created_by=user,
    )  # fmt: skip
    version.full_clean(exclude=["stage", "created_by"])
    version.dark_after = Span.parse(version.dark_after).code
    version.reply_within = Span.parse(version.reply_within).code
    version.save()
    if retroactive:
        # what is left of an older one this one does too, by the same versions
        Rejudging.objects.filter(threshold__stage=stage, finished_at=None).update(finished_at=now)
        total = _deals_through(stage).count()
        Rejudging.objects.create(threshold=version, deals_total=total, created_at=now)
    return version


def change_span(
    stage: Stage,
    dark_after: str,
    *,
    now: datetime,
    user: User | None = None,
    retroactive: bool = False,
) -> Threshold:
    """Change only how long a silence may last in a stage; the rest stays as its last version says."""
    last = Threshold.objects.filter(stage=stage).last() or Threshold()
    return change(
        stage, dark_after=dark_after, on_entry=last.on_entry, reply_within=last.reply_within,
        attempts=last.attempts, spacing=last.spacing, now=now, user=user, retroactive=retroactive,
    )  # fmt: skip


@transaction.atomic
def restore(version: Threshold, *, now: datetime, user: User | None = None) -> Threshold:
    """Return to an earlier version of a stage's threshold: a new one says the same, from now on.

    Raises ValidationError where that is what the last one says already.
    """
    lock(version.stage)
    last = Threshold.objects.filter(stage=version.stage_id).order_by("pk").last()
    if last is not None and all(getattr(last, name) == getattr(version, name) for name in SAYS):
        raise ValidationError("This is what is in force already. Choose another version.")
    said = {name: getattr(version, name) for name in SAYS}
    return change(version.stage, **said, now=now, user=user, note=return_note(version))


def return_note(version: Threshold) -> str:
    """Say why a version that returns to an earlier one is there, in the reader's time zone."""
    made_on = date_format(timezone.localtime(version.created_at), "j F Y, H:i")
    return f"Back to the version of {made_on}."


def _deals_through(stage: Stage) -> QuerySet[Deal]:
    """Return the deals that are or ever were in a stage."""
    entered = Deal.objects.filter(stage_entries__stage=stage).values("pk")
    return Deal.objects.filter(Q(stage=stage) | Q(pk__in=entered))


def rejudge(
    rejudging: Rejudging,
    clock: Callable[[], datetime],
    told: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Judge all that is left of a rejudging, each batch as of its own instant.

    `told` hears how many deals of how many are done.
    """
    while rejudge_batch(rejudging.pk, clock()):
        rejudging.refresh_from_db()
        told(rejudging.deals_done, rejudging.deals_total)
    rejudging.refresh_from_db()


@transaction.atomic
def rejudge_batch(pk: int, now: datetime, *, limit: int = BATCH) -> bool:
    """Judge the next deals anew by a retroactive threshold; return whether there were any.

    Several workers may do so at once: the row says where to go on, and is locked.
    """
    rows = Rejudging.objects.select_for_update(no_key=True, of=("self",))
    rejudging = rows.filter(pk=pk, finished_at=None).select_related("threshold__stage").first()
    if rejudging is None:
        return False
    deals = _deals_through(rejudging.threshold.stage).filter(pk__gt=rejudging.last_deal)
    ids = list(deals.order_by("pk").values_list("pk", flat=True)[:limit])
    replay.lock(ids)
    replay.replay(ids, now, is_news=False)
    if ids:
        rejudging.last_deal = ids[-1]
        rejudging.deals_done += len(ids)
    else:
        rejudging.finished_at = now
    rejudging.save(update_fields=["last_deal", "deals_done", "finished_at"])
    return bool(ids)
