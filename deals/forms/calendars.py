"""The form of a work calendar: it says what counts from now on."""

from __future__ import annotations

import calendar as weeks
import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from holidays.registry import COUNTRIES

from accounts import time_zones
from deals import calendars
from deals.calendars import WORKING_WEEK
from deals.models import CalendarVersion, WorkCalendar
from deals.opening_hours import read_days, read_hours, say_days, say_hours

WEEKDAYS = tuple(enumerate(weeks.day_name))


def countries() -> list[tuple[str, str]]:
    """Return the countries whose public holidays are known, by name."""
    named = ((entry[1], _spaced(entry[0])) for entry in COUNTRIES.values())
    return sorted(named, key=lambda pair: pair[1])


def _spaced(name: str) -> str:
    """Say "UnitedStates" as "United States"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


class HoursField(forms.CharField):
    """The opening hours of one day."""

    def to_python(self, value: Any) -> Any:
        return _read(read_hours, super().to_python(value))


class DaysField(forms.CharField):
    """Days with hours of their own, one a line."""

    widget = forms.Textarea({"rows": 4})

    def to_python(self, value: Any) -> Any:
        return _read(read_days, super().to_python(value))


def _read(reader: Any, text: Any) -> Any:
    try:
        return reader(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class CalendarForm(forms.Form):
    """Name, time zone, weekly hours, public holidays and extra days of a work calendar."""

    name = forms.CharField(max_length=120)
    time_zone = forms.ChoiceField(choices=time_zones.choices)
    country = forms.ChoiceField(
        required=False,
        help_text="Its public holidays are closed; they are stored with the calendar.",
    )
    subdivision = forms.CharField(
        required=False, max_length=10, help_text="A state’s own code, such as BY for Bavaria."
    )
    special = DaysField(
        required=False,
        label="Extra days",
        help_text="One a line, such as “2026-12-24: 9:00-12:00” or “2026-12-27: closed”. "
        "They win over weekdays and holidays.",
    )

    def __init__(
        self,
        *args: Any,
        calendar: WorkCalendar,
        last: CalendarVersion | None,
        now: datetime,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.calendar, self.now = calendar, now
        country: Any = self.fields["country"]
        country.choices = [("", "None"), *countries()]
        for weekday, name in WEEKDAYS:
            self.fields[f"hours_{weekday}"] = HoursField(required=False, label=name)
        self.initial = {**_initial(calendar, last), **self.initial}

    @property
    def week(self) -> list[forms.BoundField]:
        """The seven fields of the weekly hours, Monday first."""
        return [self[f"hours_{weekday}"] for weekday, _ in WEEKDAYS]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if WorkCalendar.objects.filter(name__iexact=name).exclude(pk=self.calendar.pk).exists():
            raise ValidationError("Another calendar is called so. Choose another name.")
        return name

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        hours = {str(day): told.get(f"hours_{day}") or [] for day, _ in WEEKDAYS}
        told["hours"] = {day: spans for day, spans in hours.items() if spans}
        if not told["hours"] and not self.errors:
            raise ValidationError(
                "Give at least one weekday opening hours, or no time ever passes."
            )
        self._check_holidays(told)
        return told

    def _check_holidays(self, told: dict[str, Any]) -> None:
        country, subdivision = told.get("country", ""), told.get("subdivision", "").upper()
        told["subdivision"] = subdivision if country else ""
        try:
            calendars.holidays_of(country, told["subdivision"], [self.now.year])
        except ValueError as error:
            self.add_error("subdivision", str(error))

    def version(self) -> dict[str, Any]:
        """Return what the new version says, as `calendars.new_version` takes it."""
        names = ("hours", "time_zone", "country", "subdivision", "special")
        return {name: self.cleaned_data[name] for name in names}


def _initial(calendar: WorkCalendar, last: CalendarVersion | None) -> dict[str, Any]:
    hours = last.hours if last else WORKING_WEEK
    week = {f"hours_{day}": say_hours(hours.get(str(day), [])) for day, _ in WEEKDAYS}
    if last is None:
        return {"name": calendar.name, **week}
    return {
        "name": calendar.name,
        "time_zone": last.time_zone,
        "country": last.country,
        "subdivision": last.subdivision,
        "special": say_days(last.special),
        **week,
    }
