"""What a history amounts to: silences and their dark spells. Only a replay writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, Q, Value, When

from accounts.models import User
from contacts.models import Contact
from deals.models.calendars import WorkCalendar
from deals.models.deals import Deal
from deals.models.pipelines import Stage


class By(models.TextChoices):
    """In whose court the ball lies while a silence lasts."""

    THEM = "them", "Them"
    US = "us", "Us"
    NOBODY = "nobody", "Nobody"


class Ending(models.TextChoices):
    """How a silence ended. Source: SILENCE.md, "Whose turn", and decision 004 for `turned`."""

    REPLIED = "replied", "They were heard"
    ANSWERED = "answered", "We answered"
    TURNED = "turned", "The turn passed"
    CLOSED = "closed", "The deal closed"
    LET_GO = "let_go", "Let go"
    WITHDRAWN = "withdrawn", "Nobody left to talk to"


OPEN = Q(ended_at=None)
# What says of itself that it is settled is, while it is dark; decision 135.
UNSETTLED = (
    Q(is_settled=False)
    | Q(is_settled=None, dark_at__isnull=False)
    | Q(is_settled=True, dark_at=None)
)


class SilenceQuerySet(models.QuerySet["Silence"]):
    """Questions about many silences."""

    def visible_to(self, user: User) -> SilenceQuerySet:
        """Keep the silences of deals that `user` may see."""
        return self if user.is_admin else self.filter(deal__in=Deal.objects.visible_to(user))

    def by_them(self) -> SilenceQuerySet:
        """Keep the silences this product is about."""
        return self.filter(by=By.THEM)

    def open(self) -> SilenceQuerySet:
        """Keep those that last still."""
        return self.filter(OPEN)

    def unsettled(self) -> SilenceQuerySet:
        """Keep those at which the sweep has to look: they, or what is around them, changed."""
        return self.filter(UNSETTLED)

    def lock(self, *, skip_locked: bool = False) -> list[tuple[int, int]]:
        """Lock them in order of id for whoever writes what is done about them rests on.

        What was settled about them is to be settled anew. Returns (silence, deal) ids.
        """
        skips = skip_locked and connection.features.has_select_for_update_skip_locked
        rows = self.order_by("pk").select_for_update(skip_locked=skips, no_key=True)
        found = list(rows.values_list("pk", "deal_id", "is_settled"))
        if settled := [pk for pk, _, is_settled in found if is_settled]:
            Silence.objects.filter(pk__in=settled).update(is_settled=False)
        return [(pk, deal) for pk, deal, _ in found]

    def settle(self, silences: Iterable[Silence]) -> None:
        """Note that what is to be done about locked silences is settled until something changes.

        What waits for a step says so itself; what is not dark needs nothing done.
        """
        rows = list(silences)
        waiting = [row for row in rows if row.waiting_step is not None]
        for row in waiting:
            row.is_settled = True
        Silence.objects.bulk_update(
            waiting, ["is_settled", "waiting_step", "waiting_since"], batch_size=200
        )
        others = Silence.objects.filter(pk__in=[row.pk for row in rows if row.waiting_step is None])
        is_settled = Case(When(dark_at__isnull=False, then=Value(True)))  # else None
        others.update(is_settled=is_settled, waiting_step=None, waiting_since=None)


class Silence(models.Model):
    """One stretch of a turn, kept for ever. Every open deal has exactly one open one.

    `clock_from` is the start, moved later by all held elapsed time, begun or not; `held_until`
    the end of the last hold, None without one; `promised_at` the date of the promise that
    stands. No deadline is stored. `dark_at` is when the dark spell that lasts now began (by us:
    since when the answer is overdue); the sweep sets it first. `opening` names the event that
    opened it. `attempts` counts our touches during it, `dark_attempts` those since it first went
    dark, `attempted_at` is the last one. `relit_at` is when a dark or let-go silence was ended by
    being heard. `is_settled` says that the sweep has looked at a dark one since something changed;
    `waiting_step` is the step that then waits, `waiting_since` since when the one before goes unanswered
    (decision 135).
    Source: SILENCE.md, "When it is dark"; docs/architecture.md, "The heart".
    """

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="silences")
    by = models.CharField(max_length=6, choices=By.choices)
    opening = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="silences")
    calendar = models.ForeignKey(WorkCalendar, on_delete=models.PROTECT, related_name="+")
    clock_from = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    dark_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)
    relit_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    dark_attempts = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    is_settled = models.BooleanField(null=True)
    waiting_step = models.PositiveSmallIntegerField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["deal"], condition=OPEN, name="deals_one_open_silence"),
            models.UniqueConstraint(fields=["deal", "opening"], name="deals_silence_opened_once"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="deals_silence_ends_with_a_word",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the sweep: due by a policy's cutoff
                fields=["by", "stage", "calendar", "clock_from"],
                condition=Q(ended_at=None, dark_at=None, promised_at=None),
                name="silence_due",
            ),
            models.Index(  # the sweep: held once, so judged singly on a working clock
                fields=["by", "stage", "calendar", "started_at"],
                condition=Q(ended_at=None, dark_at=None, held_until__isnull=False),
                name="silence_held",
            ),
            models.Index(  # the sweep: broken promises
                fields=["promised_at"],
                condition=Q(ended_at=None, dark_at=None, promised_at__isnull=False),
                name="silence_promised",
            ),
            models.Index(  # the sweep: dark ones that may no longer be due; Today
                fields=["by", "stage", "calendar", "clock_from"],
                condition=Q(ended_at=None, dark_at__isnull=False),
                name="silence_dark",
            ),
            models.Index(fields=["id"], condition=UNSETTLED, name="silence_unsettled"),  # the sweep
            models.Index(  # the sweep: whose next step is due, by the stage's spacing
                fields=["stage", "calendar", "waiting_step", "waiting_since"],
                condition=Q(waiting_step__isnull=False),
                name="silence_waiting",
            ),
            models.Index(fields=["by", "ended_at"], name="silence_by_end"),  # reports
            models.Index(  # reports: relit in a period, let-go ones long after their end
                fields=["relit_at"],
                condition=Q(relit_at__isnull=False),
                name="silence_relit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_by_display()} since {self.started_at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_dark(self) -> bool:
        return self.ended_at is None and self.dark_at is not None


class DarkSpellQuerySet(models.QuerySet["DarkSpell"]):
    """Questions about many dark spells."""

    def visible_to(self, user: User) -> DarkSpellQuerySet:
        """Keep the spells of deals that `user` may see."""
        return (
            self if user.is_admin else self.filter(silence__deal__in=Deal.objects.visible_to(user))
        )

    def open(self) -> DarkSpellQuerySet:
        """Keep those that last still."""
        return self.filter(OPEN)


class DarkSpell(models.Model):
    """From when to when a silence was dark, with stage and particulars as at the crossing.

    The particulars repeat those that stood then (`deals.Particulars`), so that no list joins them.
    """

    silence = models.ForeignKey(Silence, on_delete=models.CASCADE, related_name="spells")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    kind = models.CharField(
        max_length=10, choices=Contact.Kind.choices, db_default=Contact.Kind.PROSPECT
    )
    is_business = models.BooleanField(db_default=False)
    recorded_at = models.DateTimeField()

    objects = DarkSpellQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["silence"], condition=OPEN, name="deals_one_open_spell"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["started_at"], name="spell_by_start"),  # the report's period
            models.Index(fields=["owner", "started_at"], name="spell_by_owner"),  # a rep's report
            models.Index(fields=["ended_at"], name="spell_by_end"),  # dark as of an instant
        ]


class Heartbeat(models.Model):
    """When the sweep last ran to its end, and what it found: one row."""

    unique = models.BooleanField(default=True, unique=True, editable=False)
    swept_at = models.DateTimeField()
    marked_dark = models.PositiveIntegerField(default=0)
    suggested = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(unique=True), name="deals_one_heartbeat")
        ]
