"""Whom to tell what happens: an address, checked at once, and of what."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from deals.models import Announcement
from outreach import net
from outreach.models import WebhookEndpoint, WebhookMessage

SECONDS_TO_LOOK_UP = 5.0  # somebody waits before the page
KINDS = [(kind.value, f"{kind.label} ({kind.value})") for kind in Announcement.Kind]


class WebhookForm(forms.Form):
    """An endpoint's address and the kinds it wants; none ticked means all, also those to come."""

    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text="Where the other program listens. What happens is sent there by POST, signed.",
    )
    kinds = forms.MultipleChoiceField(
        label="Tell it when",
        choices=KINDS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick none to tell it everything.",
    )

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> WebhookForm:
        """Return it filled in with what an endpoint has."""
        return cls(initial={"url": endpoint.url, "kinds": endpoint.kinds})

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        try:
            net.check(url, seconds=SECONDS_TO_LOOK_UP)
        except net.NotReachedError as error:
            raise ValidationError(str(error), code="target") from error
        return url


class LogForm(forms.Form):
    """Which of the messages to show."""

    state = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[("", "All"), *WebhookMessage.State.choices],
    )


class AgainForm(forms.Form):
    """From which day on what was given up is sent again."""

    since = forms.DateField(
        label="Given up since",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day to begin with."},
    )
