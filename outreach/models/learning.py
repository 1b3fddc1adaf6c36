"""What was learned from the own history: kept because counting it anew would grow with it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import Team
from contacts.models import Channel
from deals.models import Stage


class ChannelRate(models.Model):
    """How often touches of a team, or without one of the workspace, were answered on a channel."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="channel_rates"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    tried = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["team", "channel"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "channel"], name="outreach_one_rate_a_team"),
            models.UniqueConstraint(
                fields=["channel"], condition=Q(team=None), name="outreach_one_rate_of_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.answered} of {self.tried}"


class StageChance(models.Model):
    """How likely a silence by them in a stage still ends in a reply, by how long it lasts already.

    `ages` is a list of rows in order of age, each `[seconds, lasted, share, low, high]`: of
    `lasted` silences that were this old, a share from 0 to 1 (with its 95 % interval) was answered
    within 90 days; a row of which none `lasted` says that nothing is known from that age on.
    `typical_amount` is the median of the stage's open deals that have an amount, None without any.
    Source: SILENCE.md, "Defaults" (the floor); deals/survival.py.
    """

    stage = models.OneToOneField(Stage, on_delete=models.CASCADE, related_name="chance_of_reply")
    ages = models.JSONField(default=list)
    silences = models.PositiveIntegerField()
    typical_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    learned_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.stage}: from {self.silences} silences"
