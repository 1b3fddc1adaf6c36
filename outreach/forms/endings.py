"""Closing a deal: won or lost."""

from __future__ import annotations

from django import forms

from outreach.forms.returning import ReturningForm


class ClosingForm(ReturningForm):
    """Why a deal was won or lost."""

    reason = forms.CharField(
        label="In a sentence",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
