"""Meetings with contacts, as calendars tell of them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from contacts.models import Contact
from deals.models import Deal, Hold, Touch


class Meeting(models.Model):
    """An appointment with a contact of ours, from an invitation in a mail or a published calendar.

    Accepted and still to come it is a hold to its end; an invitation that was only sent is a touch.
    `recurrence` tells a single appointment of a series that we know nothing else of; "" otherwise.
    A series is one row that stands for its next appointment: `series` are those to come, that one
    first, each as [the name of its place in the series, start, end] in UTC (`outreach.series`).
    To a meeting that they called each of us answers alone: `answers` are those by the user's id
    (`outreach.our_answers`), and `user` is whose acceptance holds the deal.
    A change counts where its `sequence` is not older. Sources: RFC 5546; SILENCE.md, rule 8.
    """

    class State(models.TextChoices):
        INVITED = "invited", "Invited"
        ACCEPTED = "accepted", "Accepted"
        TENTATIVE = "tentative", "Accepted for now"
        DECLINED = "declined", "Declined"
        PROPOSED = "proposed", "Another time is proposed"
        CANCELLED = "cancelled", "Cancelled"

    uid = models.CharField(max_length=300)
    recurrence = models.CharField(max_length=40, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices)
    summary = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_by_us = models.BooleanField(default=True)  # who invited
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="meetings"
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="meetings")
    deal = models.ForeignKey(
        Deal, on_delete=models.SET_NULL, null=True, blank=True, related_name="meetings"
    )
    hold = models.OneToOneField(
        Hold, on_delete=models.SET_NULL, null=True, blank=True, related_name="meeting"
    )
    touch = models.OneToOneField(
        Touch, on_delete=models.SET_NULL, null=True, blank=True, related_name="meeting"
    )
    series = models.JSONField(default=list, db_default=[], blank=True)
    answers = models.JSONField(default=dict, db_default={}, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-starts_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["uid", "recurrence", "contact"], name="outreach_meeting_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="outreach_meeting_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.summary or f"Meeting on {self.starts_at:%Y-%m-%d}"
