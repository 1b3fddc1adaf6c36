"""The form of a work calendar: it says what counts from now on."""

from __future__ import annotations

import calendar as weeks
import json
import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from holidays.registry import COUNTRIES

from accounts import time_zones
from deals import calendars
from deals.calendars import WORKING_WEEK
from deals.models import CalendarVersion, WorkCalendar
from deals.opening_hours import read_days, read_hours, say_days, say_hours
from deals.spans import Span, validate_span
from deals.try_it import instant_of

SALT = "deals.calendar.seen"
SEEN_SECONDS = 24 * 3600  # a look older than a day says little about today
TRIED = range(1970, 2101)  # years in which somebody may be silent, for a trial
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
    """Name, time zone, weekly hours, public holidays and extra days of a work calendar.

    `seen` is the signed version whose effect the admin has looked at.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

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
        self.calendar, self.last, self.now = calendar, last, now
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

    @property
    def needs_look(self) -> bool:
        """Whether saving changes what counts for somebody: not a new calendar, not a name alone."""
        return self.last is not None and calendars.is_new(self.last, self.version())

    @property
    def has_seen(self) -> bool:
        """Whether the effect of just this version, in place of the last one, was shown before."""
        try:
            seen = signing.loads(self.cleaned_data["seen"], salt=SALT, max_age=SEEN_SECONDS)
        except signing.BadSignature:
            return False
        return bool(seen == self._token)

    def sign(self) -> str:
        """Return the proof that the effect of this version was shown."""
        return signing.dumps(self._token, salt=SALT)

    @property
    def _token(self) -> list[object]:
        said = json.dumps(self.version(), sort_keys=True)
        last = self.last.pk if self.last else None
        return [self.calendar.pk, last, sha256(said.encode()).hexdigest()]


class WallTimeField(forms.CharField):
    """A day and a time as the clock on the wall shows it: a datetime without a time zone."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            wall = datetime.fromisoformat(text or "").replace(tzinfo=None)
        except ValueError as error:
            raise ValidationError("Write a day and a time, such as 2026-04-02 15:00.") from error
        if wall.year not in TRIED:
            raise ValidationError(f"Use a year from {TRIED[0]} to {TRIED[-1]}.")
        return wall


class TryForm(forms.Form):
    """From when, and after how long it would be dark; `from` is local where the calendar is."""

    span = forms.CharField(
        label="Dark after", max_length=20, help_text="Such as 4wh, 1wd, 36h, 7d or 3w."
    )
    field_order = ("from", "span")

    def __init__(self, *args: Any, time_zone: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.time_zone = time_zone
        self.fields["from"] = WallTimeField(label="They are silent since", help_text=time_zone)
        self.order_fields(self.field_order)

    def clean_span(self) -> Span:
        text = self.cleaned_data["span"].lower()
        validate_span(text)
        return Span.parse(text)

    def clean_from(self) -> datetime:
        try:
            return instant_of(self.cleaned_data["from"], self.time_zone)
        except ValueError as error:
            raise ValidationError(str(error)) from error


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
