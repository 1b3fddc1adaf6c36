"""The words that drafts begin with."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db import models
from django.db.models import Max

from accounts.models import User
from contacts.models import Channel
from outreach.models.reasons import Reason
from outreach.models.suggestions import Play


def say_language(code: str) -> str:
    """Return what a language is called in English; its code where it is not known."""
    return str(LANG_INFO.get(code, {}).get("name", code))


class Template(models.Model):
    """The words of one play on one channel in one language, with merge fields.

    With a `reason` they are for silences of that reason, without one for any. `variant` counts
    different words for the same from 0: "another draft" takes the next.
    """

    play = models.CharField(max_length=20, choices=Play.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    language = models.CharField(max_length=10, default="en")
    variant = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True,
        related_name="+",
    )  # fmt: skip

    class Meta:
        ordering: ClassVar[list[str]] = ["play", "channel", "reason", "language", "variant"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["play", "channel", "reason", "language", "variant"],
                name="outreach_template_once",
            )
        ]

    def __str__(self) -> str:
        reason = f", {self.get_reason_display().lower()}" if self.reason else ""
        kind = f"{self.get_play_display()} · {self.get_channel_display()}"
        return f"{kind}{reason} ({self.language}, draft {self.variant + 1})"

    @property
    def language_name(self) -> str:
        """The language in English; its code where it is not known."""
        return say_language(self.language)

    def add(self, *, user: User, now: datetime) -> None:
        """Save new words as the next variant of what they are for."""
        like = Template.objects.filter(
            play=self.play, channel=self.channel, reason=self.reason, language=self.language
        )
        last = like.aggregate(last=Max("variant"))["last"]
        self.variant = 0 if last is None else last + 1
        self.changed_by, self.changed_at = user, now
        self.save(force_insert=True)

    def reword(self, *, user: User | None, now: datetime) -> None:
        """Save the words; `user` is who wrote them, None where they are the shipped ones."""
        self.changed_by, self.changed_at = user, now
        self.save(update_fields=["subject", "body", "changed_by", "changed_at"])
