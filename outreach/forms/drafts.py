"""Taking another draft, without losing what somebody wrote into the one before."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from outreach.forms.returning import ReturningForm

CHANGED = "You changed this draft, and another one takes its place. Copy what you want to keep."
SHOWN = {"note": "drafted", "subject": "drafted_subject"}  # a field, and what it said at first


class AnotherDraftForm(ReturningForm):
    """What stands in the fields of a draft; where that was changed, whoever asks must be sure."""

    note = forms.CharField(
        label="What you wrote", required=False, strip=False, widget=forms.Textarea({"rows": 9})
    )
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, posted: QueryDict, **options: Any) -> None:
        self.is_sure = "sure" in posted
        super().__init__({**posted.dict(), "sure": "on"}, **options)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.is_sure and self.is_changed:
            raise forms.ValidationError(CHANGED, code="changed")
        return told

    @property
    def is_changed(self) -> bool:
        """Whether a field says something else than it did when it was shown."""
        return any(
            _lines(self.data[name]) != _lines(self.data[before])
            for name, before in SHOWN.items()
            if name in self.data and before in self.data
        )


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]
