"""Waiting: for a day, by a promise, a pause, a meeting or an absence."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, ClassVar

from django import forms

from accounts.models import User
from deals.models import Deal, Hold
from outreach.forms.returning import DAY, DayField, ReturningForm, at_time, end_of

MORNING = time(9)  # when a day to wait for begins
FIRST_RADIO = forms.RadioSelect(attrs={"autofocus": True})
QUICK = [("tomorrow", "Tomorrow"), ("next_week", "Next week"), ("day", "Another day")]


class MomentForm(ReturningForm):
    """A day to wait for, by name or by date."""

    until = forms.ChoiceField(choices=QUICK, widget=FIRST_RADIO, initial="tomorrow")
    day = DayField(label="Day", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day = cleaned.get("day")
        if day is not None:  # whoever names a day means it
            cleaned["until"] = "day"
        if cleaned.get("until") == "day":
            if day is None and "day" not in self.errors:
                self.add_error("day", "Choose the day.")
            elif day is not None and day <= self.today:
                self.add_error("day", "Choose a day to come.")
        return cleaned

    @property
    def chosen_day(self) -> date:
        """The day that was meant: tomorrow, the Monday to come, or the one named."""
        match self.cleaned_data["until"]:
            case "tomorrow":
                return self.today + DAY
            case "next_week":
                return self.today + (7 - self.today.weekday()) * DAY
            case _:
                day: date = self.cleaned_data["day"]
                return day

    @property
    def morning(self) -> datetime:
        """The morning of that day."""
        return at_time(self.chosen_day, MORNING)


class SnoozeForm(MomentForm):
    """Until when a suggestion is put off."""


class PauseForm(MomentForm):
    """Why and until when the clock does not run."""

    PROMISE = "promise"
    KINDS: ClassVar[list[tuple[str, str]]] = [
        (PROMISE, "They promised to come back"),
        (Hold.Reason.PAUSE, "We agreed to wait"),
        (Hold.Reason.MEETING, "A meeting is booked"),
        (Hold.Reason.ABSENCE, "They are out of office"),
    ]

    kind = forms.ChoiceField(label="Why", choices=KINDS, widget=FIRST_RADIO, initial=PROMISE)
    at = forms.TimeField(
        label="At",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="For a meeting: when it is over. Empty means in the morning.",
    )
    note = forms.CharField(label="In their words", required=False, max_length=200)

    field_order = ("kind", "until", "day", "at", "note", "next")

    @property
    def is_promise(self) -> bool:
        return bool(self.cleaned_data["kind"] == self.PROMISE)

    @property
    def ends_at(self) -> datetime:
        """When the wait is over: a promise without an hour lasts to the end of its day."""
        hour = self.cleaned_data["at"]
        if hour is None and self.is_promise:
            return end_of(self.chosen_day)
        return at_time(self.chosen_day, hour or MORNING)

    def hold(self, deal: Deal, by: User) -> Hold:
        """Return the hold, not saved: an absence is the contact's, the rest is the deal's."""
        reason = self.cleaned_data["kind"]
        whose = {"contact": deal.contact} if reason == Hold.Reason.ABSENCE else {"deal": deal}
        note = self.cleaned_data["note"]
        return Hold(
            reason=reason, starts_at=self.now, ends_at=self.ends_at, note=note, user=by, **whose
        )
