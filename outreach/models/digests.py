"""What people are told by digest, when and how they want it, and what became of each mail."""

from __future__ import annotations

from collections.abc import Collection
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User, Workspace
from deals.models import Silence


class Weekday(models.IntegerChoices):
    """Days of the week as `date.weekday` counts them."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class DigestSettings(models.Model):
    """How somebody wants to be told. Who has no row gets the defaults: `DigestSettings.of(user)`.

    Times are on the clock where the person is. `high_value_amount` is in the workspace's currency;
    None takes the workspace's. `at_once_of_teams` tells a manager of the deals of their teams, an
    admin of everybody's. `weekly_…` counts for whoever has a report to read: managers.
    Without both of `quiet_…` no hour is quiet; they may reach over midnight.
    """

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="digest_settings"
    )
    morning_by_mail = models.BooleanField(default=True)
    morning_in_app = models.BooleanField(default=True)
    morning_at = models.TimeField(default=time(8))
    at_once_by_mail = models.BooleanField(default=True)
    at_once_in_app = models.BooleanField(default=True)
    at_once_of_teams = models.BooleanField(default=False, db_default=False)
    high_value_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    weekly_by_mail = models.BooleanField(default=True)
    weekly_in_app = models.BooleanField(default=True, db_default=True)
    weekly_on = models.PositiveSmallIntegerField(choices=Weekday.choices, default=Weekday.MONDAY)
    weekly_at = models.TimeField(default=time(8))
    quiet_from = models.TimeField(null=True, blank=True, default=time(19))
    quiet_until = models.TimeField(null=True, blank=True, default=time(7))
    working_days_only = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "digest settings"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                name="outreach_quiet_hours_have_both_ends",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Digests of {self.user}"

    @classmethod
    def of(cls, user: User) -> DigestSettings:
        """Return somebody's settings, or the defaults; `select_related` them for many."""
        try:
            return user.digest_settings
        except cls.DoesNotExist:
            return cls(user=user)

    def threshold(self, workspace: Workspace) -> Decimal | None:
        """Return from what amount on a deal is told of at once; None where none is."""
        own = self.high_value_amount
        return workspace.high_value_amount if own is None else own

    def is_wanted(self, kind: str) -> bool:
        """Whether they want a kind of digest in any way."""
        match kind:
            case Digest.Kind.MORNING:
                return self.morning_by_mail or self.morning_in_app
            case Digest.Kind.AT_ONCE:
                return self.at_once_by_mail or self.at_once_in_app
            case _:
                return self.weekly_by_mail or self.weekly_in_app


class ReportRecipient(models.Model):
    """Somebody to whom a manager has the weekly report mailed: a colleague, or an address outside.

    Who stopped it (`stopped_at`) stays, so that nobody adds them again behind their back.
    `problem` says why the last mail to them did not arrive.
    """

    manager = models.ForeignKey(User, on_delete=models.CASCADE, related_name="report_recipients")
    person = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    email = models.EmailField(blank=True)
    added_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(person=None) ^ Q(email=""), name="outreach_recipient_is_one_of_both"
            ),
            models.UniqueConstraint(
                fields=["manager", "person"], name="outreach_recipient_person_once"
            ),
            models.UniqueConstraint(
                fields=["manager", "email"],
                condition=~Q(email=""),
                name="outreach_recipient_email_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person) if self.person else self.email

    @property
    def address(self) -> str:
        """Where the mail goes; "" for a colleague without an address or who left."""
        if self.person is None:
            return self.email
        return (self.person.email or "") if self.person.is_active else ""


class Digest(models.Model):
    """One message to one person: the morning's news, a high-value deal, the week's report.

    Unique by person, kind and key, so that none is made twice; `day` is the local day it is for.
    A mail is claimed (`claimed_at`, state "sending") before any server hears of it and is never
    sent again: one whose worker never came back is "unknown". One without news is kept as "empty",
    so that nobody looks again that day. `news_since` is from when on notices are news in it.
    `is_asked_for`: somebody wanted to see one now, and it counts as no telling.
    Source: docs/decisions/078, 120.
    """

    class Kind(models.TextChoices):
        MORNING = "morning", "Morning digest"
        AT_ONCE = "at_once", "At once"
        WEEKLY = "weekly", "Weekly report"

    class State(models.TextChoices):
        EMPTY = "empty", "Nothing to tell"
        IN_APP = "in_app", "In the app"
        QUEUED = "queued", "Waits to go out"
        SENDING = "sending", "Going out"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "May or may not have gone out"
        FAILED = "failed", "Did not go out"
        CANCELLED = "cancelled", "No longer news"

    counts_as_work = Q(pk__in=())  # it comes by itself: an import may be undone beneath it

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digests")
    recipient = models.ForeignKey(
        ReportRecipient, on_delete=models.CASCADE, null=True, related_name="digests"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=60)
    day = models.DateField()
    news_since = models.DateTimeField(null=True)
    is_asked_for = models.BooleanField(default=False)
    in_app = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices)
    created_at = models.DateTimeField()
    send_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "kind", "key"], name="outreach_digest_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "sent", "unknown"])
                | Q(claimed_at__isnull=False),
                name="outreach_digest_claimed_before_it_is_sent",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # the worker: what is due, and what never came back
                fields=["state", "send_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="digest_under_way",
            ),
            models.Index(  # Today: what the reader has not put away
                fields=["user", "-created_at"],
                condition=Q(in_app=True, read_at=None),
                name="digest_unread",
            ),
            models.Index(fields=["created_at"], name="digest_by_age"),  # forgetting them
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.day}"

    @property
    def name(self) -> tuple[int, str, str]:
        """What tells it from all others, also before it is saved."""
        return self.user_id, self.kind, self.key

    def move(self, state: State, *, among: Collection[str], **changes: Any) -> bool:
        """Bring it into a state if it is in one of `among` still; return whether this call did."""
        rows = Digest.objects.filter(pk=self.pk, state__in=among)
        is_ours = bool(rows.update(state=state, **changes))
        if is_ours:
            for name, value in {"state": state, **changes}.items():
                setattr(self, name, value)
        return is_ours


class Telling(models.Model):
    """That somebody was told of a silence: once each that it falls due, is dark, or is overdue.

    `at` is the crossing that was told, foretold for `DUE`; a silence that crosses as foretold is
    not told again. The digest that told it may be forgotten, that it was told is not.
    """

    class Kind(models.TextChoices):
        DARK = "dark", "Went dark"
        OURS = "ours", "We owe an answer"
        DUE = "due", "Due today"

    counts_as_work = Q(pk__in=())  # it comes by itself: an import may be undone beneath it

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tellings"
    )
    silence = models.ForeignKey(Silence, on_delete=models.CASCADE, related_name="tellings")
    digest = models.ForeignKey(
        Digest, on_delete=models.SET_NULL, null=True, related_name="tellings"
    )
    kind = models.CharField(max_length=4, choices=Kind.choices)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "silence", "kind"], name="outreach_silence_told_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, told to {self.user_id}"
