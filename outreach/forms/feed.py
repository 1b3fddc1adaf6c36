"""The address of a calendar that its owner publishes."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from outreach import feeds, net

SECONDS_TO_LOOK_UP = 5.0  # somebody waits before the page


class FeedForm(forms.Form):
    """The secret address of a calendar; it is never shown again."""

    url = forms.CharField(
        label="Address of your calendar",
        max_length=1500,
        widget=forms.URLInput(attrs={"placeholder": "https://….ics", "autocomplete": "off"}),
        help_text="Kept encrypted and never shown: whoever has it can read your calendar.",
    )

    def clean_url(self) -> str:
        url = feeds.address_of(str(self.cleaned_data["url"]))
        try:
            net.check(url, seconds=SECONDS_TO_LOOK_UP)
        except net.NotReachedError as error:
            raise ValidationError(str(error), code="target") from error
        return url
