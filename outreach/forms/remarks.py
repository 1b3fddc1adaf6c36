"""What a contact said about timing, budget, competitors or priorities."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal
from outreach.forms.returning import DayInput, ReturningForm
from outreach.models import Remark

LONGEST = 300  # characters, as the column


class RemarkForm(ReturningForm):
    """One remark, new or known: about what, in which words, when, and by whom of the deal."""

    topic = forms.ChoiceField(
        label="About", choices=Remark.Topic.choices,
        widget=forms.RadioSelect(attrs={"autofocus": True}),
    )  # fmt: skip
    text = forms.CharField(
        label="What they said",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Their words, as short as you can.",
    )
    said_on = forms.DateField(label="On", widget=DayInput())
    contact = forms.ModelChoiceField(Contact.objects.none(), label="Who", empty_label=None)

    def __init__(self, *args: Any, remark: Remark, **kwargs: Any) -> None:
        self.remark = remark
        super().__init__(*args, **kwargs)
        said = ("topic", "text", "said_on", "contact")
        self.initial = {**{name: getattr(remark, name) for name in said}, **self.initial}
        self.initial["said_on"] = remark.said_on if remark.pk else self.today
        who = self.fields["contact"]
        assert isinstance(who, forms.ModelChoiceField)
        who.queryset = _people(remark.deal)

    def clean_said_on(self) -> date:
        day: date = self.cleaned_data["said_on"]
        if day > self.today:
            raise forms.ValidationError(
                "That day is to come. Choose the day on which they said it."
            )
        return day

    def remarked(self, by: User) -> Remark:
        """Return the remark as the form says it, not saved; who noted it first stays."""
        for name in ("topic", "text", "said_on", "contact"):
            setattr(self.remark, name, self.cleaned_data[name])
        self.remark.user = self.remark.user or by
        return self.remark


def _people(deal: Deal) -> Any:
    """Return who takes part in a deal, or did."""
    part = Q(participations__deal=deal) | Q(pk=deal.contact_id)
    return Contact.objects.filter(part, erased_at=None).distinct()
