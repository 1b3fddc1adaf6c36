"""How a call or a short message went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from contacts.models import Address, Channel
from deals.models import Turn
from outreach.calls import OF_CALLS, OF_MESSAGES, Call, Result
from outreach.forms.returning import DayField, ReturningForm, end_of

LEFT = [(Turn.OURS, "It is our move"), (Turn.THEIRS, "They will come back to us")]
NOTES = {True: "What was said", False: "What you sent"}


class CallForm(ReturningForm):
    """One answer, by a button; what else is said belongs to a talk, or is the text that was sent."""

    result = forms.ChoiceField(choices=Result.choices)
    note = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    turn = forms.ChoiceField(
        label="If you reached them", choices=LEFT, required=False, initial=Turn.OURS,
        widget=forms.RadioSelect,
    )  # fmt: skip
    promised_on = DayField(
        label="They will come back on", required=False,
        help_text="Only if they named a day.",
    )  # fmt: skip

    def __init__(self, *args: Any, address: Address, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        self.is_call = address.channel == Channel.PHONE
        self.results = OF_CALLS if self.is_call else OF_MESSAGES
        result: Any = self.fields["result"]
        result.choices = [(each.value, each.label) for each in self.results]
        result.error_messages["required"] = "Say how it went: press one of the buttons."
        self.fields["note"].label = NOTES[self.is_call]
        if not self.is_call:
            del self.fields["turn"], self.fields["promised_on"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        promised = cleaned.get("promised_on")
        if promised and end_of(promised) <= self.now:
            self.add_error("promised_on", "Choose a day to come.")
        return cleaned

    @property
    def call(self) -> Call:
        """What was said of it; a day that they named makes it their move."""
        told = self.cleaned_data
        result = Result(told["result"])
        promised = told.get("promised_on") if result == Result.REACHED else None
        promised_at: datetime | None = end_of(promised) if promised else None
        turn = Turn.THEIRS if promised_at else Turn(told.get("turn") or Turn.OURS)
        return Call(self.address, result, told["note"].strip(), turn, promised_at)
