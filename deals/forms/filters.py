"""What a reader asks the lists for; it lives in the address."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import User
from deals import listing
from deals.forms.deals import StageField
from deals.models import Outcome, Pipeline


class DealFilterForm(forms.Form):
    """Filter, sort and search of the list of deals."""

    q = forms.CharField(label="Search", required=False)
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *listing.STATES])
    pipeline = forms.ModelChoiceField(
        Pipeline.objects.all(), required=False, empty_label="All pipelines"
    )
    stage = StageField(required=False, empty_label="All stages")
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Everyone")
    outcome = forms.ChoiceField(required=False, choices=[*Outcome.choices, (listing.ANY, "Any")])
    amount = forms.ChoiceField(
        required=False, choices=[("", "With or without"), ("with", "With"), ("without", "Without")]
    )
    sort = forms.ChoiceField(required=False, choices=listing.SORTS)

    def __init__(self, *args: Any, reader: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["stage"].group()  # type: ignore[attr-defined]
        if reader.is_manager:
            self.fields["owner"].queryset = User.objects.visible_to(reader)  # type: ignore[attr-defined]
        else:
            del self.fields["owner"]
        self.fields["q"].widget = forms.TextInput(
            {"type": "search", "placeholder": "Title, contact or company", "data-key": "/"}
        )

    def asked(self) -> listing.Asked:
        """Return what was asked for; a value that is none is as good as not asked."""
        self.full_clean()
        told = self.cleaned_data
        return listing.Asked(
            text=told.get("q") or "",
            pipeline=told.get("pipeline"),
            stage=told.get("stage"),
            owner=told.get("owner"),
            outcome=told.get("outcome") or Outcome.OPEN,
            state=told.get("state") or "",
            amount=told.get("amount") or "",
            sort=told.get("sort") or listing.NEWEST,
        )
