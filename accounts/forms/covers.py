"""Leave, and who covers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from accounts.covers import Leave
from accounts.models import Cover, User


class LeaveForm(forms.Form):
    """From which day to which somebody is away, and who covers; the days are theirs."""

    first = forms.DateField(
        label="First day away", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label="Last day away", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    colleague = forms.ModelChoiceField(
        User.objects.none(),
        label="Who covers",
        help_text="They see these deals and work them from the first day to the end of the last.",
    )

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person
        others: Any = self.fields["colleague"]
        others.queryset = User.objects.active().exclude(pk=person.pk)
        others.empty_label = "Choose somebody"

    @classmethod
    def to_change(cls, cover: Cover, posted: Any, now: datetime) -> LeaveForm:
        """Return the form of a cover; the first day of one that has begun stays."""
        told = {"first": cover.first_on, "last": cover.last_on, "colleague": cover.colleague_id}
        form = cls(posted, person=cover.user, initial=told)
        if cover.has_begun(now):
            form.fields["first"].disabled = True
            form.fields["first"].help_text = "It has begun."
        return form

    @property
    def leave(self) -> Leave:
        """The leave that was asked for."""
        told = self.cleaned_data
        return Leave(self.person, told["colleague"], told["first"], told["last"])
