"""The one organisation that works here, and how rows of other systems are known."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


def validate_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "“%(name)s” is not a time zone. Use a name such as Europe/Berlin.",
            params={"name": name},
        )


def new_external_id() -> str:
    """Name a row made by hand: a random UUID, as SILENCE.md ("History") asks."""
    return uuid.uuid4().hex


class Sourced(models.Model):
    """A row that another system may know: told apart by `source` and `external_id` together."""

    HAND = "hand"

    source = models.CharField(max_length=60, default=HAND)
    external_id = models.CharField(max_length=200, default=new_external_id)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="%(app_label)s_%(class)s_known_once"
            )
        ]


class Workspace(models.Model):
    """The one organisation that this installation serves, with its settings."""

    name = models.CharField(max_length=120, default="My workspace")
    currency = models.CharField(max_length=3, default="EUR")
    time_zone = models.CharField(
        max_length=60, default="Europe/Berlin", validators=[validate_time_zone]
    )
    is_demo = models.BooleanField(default=False)
    look_again_days = models.PositiveSmallIntegerField(default=90)
    focus_size = models.PositiveSmallIntegerField(
        default=7, help_text="How many deals stand in the focus list at most."
    )
    reply_floor = models.PositiveSmallIntegerField(
        default=3, help_text="Below so many replies in 100, letting go is suggested."
    )
    reply_floor_silences = models.PositiveSmallIntegerField(
        default=30, help_text="How many silences must have lasted that long for the floor to count."
    )
    worth_waiting = models.PositiveSmallIntegerField(
        default=15,
        db_default=15,
        help_text="A threshold is suggested where waiting as long again wins so many answers in 100.",
    )
    attempt_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="How long one attempt takes a rep, in minutes."
    )
    offers_unsubscribe = models.BooleanField(
        default=False, help_text="Mail sent from here carries a one-click unsubscribe."
    )
    keeps_bodies = models.BooleanField(
        default=True, help_text="What mail says is kept, not only that it came."
    )
    keeps_attachments = models.BooleanField(
        default=False, help_text="Files that come with mail are stored, not only listed."
    )
    demands_pass = models.BooleanField(
        default=False, help_text="Mail counts only where our server vouches for its sender."
    )
    capture_address = models.EmailField(
        blank=True,
        help_text="Where reps send copies of their mail, such as touches@in.example.com.",
    )
    high_value_amount = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="From this amount on, in the workspace’s currency, people are told at once.",
    )
    mails_reports_outside = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Managers may have the weekly report mailed to addresses outside.",
    )
    unique = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(unique=True), name="accounts_one_workspace")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Workspace:
        """Return the one workspace, made with its defaults on first use."""
        return cls.objects.first() or cls.objects.get_or_create(unique=True)[0]
