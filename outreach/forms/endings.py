"""Ending a deal: won, lost, or let go."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Workspace
from deals.models import Outcome
from outreach.forms.returning import DAY, DayInput, ReturningForm


class ClosingForm(ReturningForm):
    """Why a deal was won or lost."""

    reason = forms.CharField(
        label="In a sentence",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class LetGoForm(ReturningForm):
    """Stopping to try: for now, with a day to look again, or for good."""

    outcome = forms.ChoiceField(
        label="For how long",
        choices=[(Outcome.RESTING, "For now"), (Outcome.LOST, "For good")],
        widget=forms.RadioSelect(attrs={"autofocus": True}),
        initial=Outcome.RESTING,
    )
    look_again_on = forms.DateField(
        label="Look again on", required=False, widget=DayInput(),
        help_text="Empty means never, unless they are heard.",
    )  # fmt: skip
    reason = forms.CharField(label="In a sentence", required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = Workspace.current().look_again_days
        self.fields["look_again_on"].initial = self.today + days * DAY

    def clean_look_again_on(self) -> date | None:
        """Return the day to look again; one that is over is refused."""
        day: date | None = self.cleaned_data["look_again_on"]
        if self.cleaned_data.get("outcome") == Outcome.LOST:
            return None
        if day is not None and day <= self.today:
            raise ValidationError("Choose a day to come for the next look.")
        return day
