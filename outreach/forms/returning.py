"""What the forms of Today share: the instant, the way back, days and how they are chosen."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from deals.forms.report import in_reach

DAY = timedelta(days=1)


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class MinuteInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


class DayField(forms.DateField):
    """A day in whole years around ours, so that it has an end in any time zone."""

    widget = DayInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[in_reach], **kwargs)


class ReturningForm(forms.Form):
    """A form that knows the instant it is answered at, and the page to go back to."""

    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    @property
    def today(self) -> date:
        """The day of the reader."""
        return timezone.localtime(self.now).date()


def at_time(day: date, hour: time) -> datetime:
    """Return an hour of a day in the reader's zone."""
    return datetime.combine(day, hour, timezone.get_current_timezone())


def end_of(day: date) -> datetime:
    """Return the midnight with which a day of the reader's ends."""
    return at_time(day + DAY, time())
