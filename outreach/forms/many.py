"""What is to be done to many deals at once."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User, Workspace
from deals.models import Outcome
from outreach.acts import Act, Kind, LetGo, Pause, Reassign
from outreach.forms.moments import MomentForm
from outreach.forms.returning import DAY, DayInput, ReturningForm


class LedForm(ReturningForm):
    """A form of somebody who leads."""

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader


class ReassignForm(LedForm):
    """Whose the deals shall be."""

    owner = forms.ModelChoiceField(
        User.objects.none(), label="New owner", empty_label="Choose somebody"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.assignable_by(self.reader)  # type: ignore[attr-defined]

    @property
    def act(self) -> Act:
        """What was asked for."""
        return Reassign(self.cleaned_data["owner"])


class PauseManyForm(LedForm, MomentForm):
    """Until when the clocks stand still, and why."""

    note = forms.CharField(label="Why", max_length=200)

    @property
    def act(self) -> Act:
        """What was asked for."""
        return Pause(self.morning, self.cleaned_data["note"])


class LetGoManyForm(LedForm):
    """Stopping to try: for now, with a day to look again, or for good."""

    outcome = forms.ChoiceField(
        label="For how long",
        choices=[(Outcome.RESTING, "For now"), (Outcome.LOST, "For good")],
        widget=forms.RadioSelect,
        initial=Outcome.RESTING,
    )
    look_again_on = forms.DateField(
        label="Look again on", required=False, widget=DayInput(),
        help_text="Empty means never, unless they are heard.",
    )  # fmt: skip
    reason = forms.CharField(label="Why, in a sentence", max_length=200)

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

    @property
    def act(self) -> Act:
        """What was asked for."""
        told = self.cleaned_data
        return LetGo(Outcome(told["outcome"]), told["look_again_on"], told["reason"])


ManyForm = ReassignForm | PauseManyForm | LetGoManyForm
FORMS: dict[str, type[ManyForm]] = {
    Kind.REASSIGN: ReassignForm,
    Kind.PAUSE: PauseManyForm,
    Kind.LET_GO: LetGoManyForm,
}
