"""What a report's address asks for: a period, and which figure's deals."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django import forms

from accounts.models import User
from deals.figures import Figure
from deals.models import Stage
from deals.periods import LONGEST, SHORTCUTS, USUAL, Period


class PeriodForm(forms.Form):
    """A shortcut (`period`), or the first and the last day (`from`, `to`) in the reader's zone."""

    period = forms.ChoiceField(
        choices=[(code, label) for code, (label, _) in SHORTCUTS.items()],
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(self, data: Any, *, now: datetime, zone: tzinfo) -> None:
        super().__init__(data)
        self.now, self.zone = now, zone
        for name, label in (("from", "From"), ("to", "To")):
            day = forms.DateInput(attrs={"type": "date"})
            self.fields[name] = forms.DateField(label=label, required=False, widget=day)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        first, last = said.get("from"), said.get("to")
        if last and not first and "from" not in self.errors:
            self.add_error("from", "Give the first day too, or choose 4 weeks, 10 weeks or a year.")
        if not first:
            return said
        last = said["to"] = last or self.now.astimezone(self.zone).date()
        if first > last:
            self.add_error("to", "The last day comes before the first. Swap the two.")
        elif (last - first).days >= LONGEST:
            self.add_error("from", "That is more than five years. Choose a later first day.")
        return said

    @property
    def shown(self) -> Period:
        """The period asked for; the usual one where that makes no sense."""
        if self.is_valid() and self.cleaned_data["from"]:
            return Period(self.cleaned_data["from"], self.cleaned_data["to"], self.zone)
        return Period.until_today(SHORTCUTS[self.shortcut or USUAL][1], self.now, self.zone)

    @property
    def shortcut(self) -> str:
        """The shortcut that is chosen; empty where two days are."""
        if not self.is_valid():
            return USUAL
        return "" if self.cleaned_data["from"] else self.cleaned_data["period"] or USUAL


class BehindForm(PeriodForm):
    """Whose deals: those behind a figure, of one stage or owner or of all that the reader sees."""

    figure = forms.ChoiceField(choices=Figure.choices)
    stage = forms.ModelChoiceField(Stage.objects.select_related("pipeline"), required=False)
    owner = forms.ModelChoiceField(User.objects.none(), required=False)

    def __init__(self, data: Any, *, reader: User, now: datetime, zone: tzinfo) -> None:
        super().__init__(data, now=now, zone=zone)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = User.objects.overseen_by(reader)
