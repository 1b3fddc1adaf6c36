"""Pipelines, their ordered stages, and each stage's thresholds through time."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from deals.spans import Span, parse_spans, validate_span, validate_spans


class Pipeline(models.Model):
    """An ordered way that deals go, for prospects or for customers."""

    class Kind(models.TextChoices):
        PROSPECTS = "prospects", "Prospects"
        CUSTOMERS = "customers", "Customers"

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PROSPECTS)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Turn(models.TextChoices):
    """Whose move it is, and what a touch or stage entry does to it. Source: SILENCE.md, "Turn"."""

    THEIRS = "theirs", "Their move"
    OURS = "ours", "Our move"
    NOBODY = "nobody", "Nobody’s move"
    UNCHANGED = "unchanged", "As it was"


class Stage(models.Model):
    """A step of a pipeline; how long a silence may last in it is its threshold's to say."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField()
    chance = models.PositiveSmallIntegerField(
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="How many of 100 deals in this stage are won.",
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["pipeline__position", "pipeline", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="deals_stage_named_once"),
            models.UniqueConstraint(fields=["pipeline", "position"], name="deals_stage_in_order"),
            models.CheckConstraint(condition=Q(chance__lte=100), name="deals_stage_chance"),
        ]

    def __str__(self) -> str:
        return self.name


class Threshold(models.Model):
    """One version of a stage's patience: how long a silence may last, and what we do about it.

    It counts from `counts_from`; None means that it counts the whole past too and makes the
    versions before it void. Before the first version, the first counts.
    Source: SILENCE.md, "When it is dark".
    """

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="thresholds")
    dark_after = models.CharField(max_length=10, validators=[validate_span])
    on_entry = models.CharField(
        max_length=10,
        choices=[choice for choice in Turn.choices if choice[0] != Turn.NOBODY],
        default=Turn.UNCHANGED,
    )
    reply_within = models.CharField(max_length=10, validators=[validate_span], default="1wd")
    attempts = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    spacing = models.CharField(max_length=120, validators=[validate_spans], default="2wd, 3wd, 5wd")
    counts_from = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["stage", "pk"]

    def __str__(self) -> str:
        return f"{self.stage}: dark after {self.patience}"

    @property
    def patience(self) -> Span:
        """How long a silence by them may last; its unit says on which clock."""
        return Span.parse(self.dark_after)

    @property
    def reply_span(self) -> Span:
        """How long we may owe an answer."""
        return Span.parse(self.reply_within)

    @property
    def spacing_spans(self) -> list[Span]:
        """The waits between one attempt and the next; the last one repeats."""
        return parse_spans(self.spacing)
