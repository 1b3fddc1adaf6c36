"""Work calendars through time, and whose calendar is whose."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import validate_time_zone
from contacts.models import Company, Contact


class WorkCalendarQuerySet(models.QuerySet["WorkCalendar"]):
    """Questions about work calendars."""

    def offered(self) -> WorkCalendarQuerySet:
        """Keep those that somebody may live by from now on."""
        return self.filter(removed_at=None)


class WorkCalendar(models.Model):
    """Somebody's working time; exactly one is the workspace's own.

    A removed one is offered to nobody any more; it stays, because it judges silences of the past.
    """

    name = models.CharField(max_length=120, unique=True)
    is_workspace = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = WorkCalendarQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-is_workspace", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["is_workspace"],
                condition=Q(is_workspace=True),
                name="deals_one_workspace_calendar",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """What a work calendar says from an instant on: weekly hours, time zone, holidays, extra days.

    `hours` maps "0" (Monday) to "6" to lists of ["HH:MM", "HH:MM"] in local time; "24:00" ends
    a day. `holidays` maps ISO days to names and is stored, so that no library upgrade changes
    the past. `special` maps ISO days to hours of their own and wins over both.
    Before the first version, the first counts. Source: SILENCE.md, "When it is dark".
    """

    calendar = models.ForeignKey(WorkCalendar, on_delete=models.CASCADE, related_name="versions")
    hours = models.JSONField()
    time_zone = models.CharField(max_length=60, validators=[validate_time_zone])
    country = models.CharField(max_length=10, blank=True)
    subdivision = models.CharField(max_length=10, blank=True)
    holidays = models.JSONField(default=dict, blank=True)
    holidays_to = models.PositiveSmallIntegerField(null=True, blank=True)
    special = models.JSONField(default=dict, blank=True)
    counts_from = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["calendar", "pk"]

    def __str__(self) -> str:
        return f"{self.calendar} ({self.time_zone})"


class CalendarUse(models.Model):
    """From when on a contact (or a company's contacts) live by a work calendar.

    None as calendar means the workspace's. A company's row is what its contacts inherit; each
    contact's own rows, inherited or not, are what judges their silences.
    """

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="calendar_uses"
    )
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, null=True, blank=True, related_name="calendar_uses"
    )
    calendar = models.ForeignKey(
        WorkCalendar, on_delete=models.PROTECT, null=True, blank=True, related_name="uses"
    )
    is_inherited = models.BooleanField(default=False)
    counts_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(contact=None, company__isnull=False)
                | Q(contact__isnull=False, company=None),
                name="deals_calendar_use_of_one",
            )
        ]
