"""One's own profile, and what holds for everyone."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts import time_zones
from accounts.currencies import validate_currency
from accounts.forms.names import NameField
from accounts.models import User, Workspace


class TimeZoneField(forms.ChoiceField):
    """A time zone from the list; one saved earlier stays choosable though the list lacks it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=time_zones.choices, **options)

    def offer_also(self, zone: str, label: str) -> None:
        """Offer one more choice, first of all, unless it is there."""
        if not self.valid_value(zone):
            offered: Any = self.choices
            self.choices = [(zone, label), *offered]


class CodeField(forms.CharField):
    """A code in capitals, however it was typed."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()


class ProfileForm(forms.ModelForm):
    """What everyone may change about themselves."""

    time_zone = TimeZoneField(required=False, help_text="All hours are shown to you in it.")
    booking_url = forms.URLField(
        required=False,
        assume_scheme="https",
        label="Booking page",
        help_text="Where people choose a time with you. Drafts offer it.",
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "booking_url", "signature"]
        field_classes = {"name": NameField}
        widgets = {
            "name": forms.TextInput({"autocomplete": "name"}),
            "signature": forms.Textarea({"rows": 4}),
        }
        help_texts = {"signature": "Stands under every mail that you send from here."}

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones: Any = self.fields["time_zone"]
        zones.offer_also("", f"The workspace’s: {workspace.time_zone}")
        zones.offer_also(self.instance.time_zone, self.instance.time_zone)


class WorkspaceForm(forms.ModelForm):
    """What holds for everyone here."""

    currency = CodeField(
        max_length=3,
        validators=[validate_currency],
        help_text="Three letters, such as EUR. For new deals; deals that exist keep theirs.",
    )
    time_zone = TimeZoneField(help_text="For everyone who has not chosen one in their profile.")
    look_again_days = forms.IntegerField(
        label="Look again after (days)",
        min_value=1,
        max_value=3650,
        help_text="When a deal that was let go comes back for another look, unless the rep says otherwise.",
    )
    focus_size = forms.IntegerField(
        label="Deals in the focus list",
        min_value=0,
        max_value=50,
        help_text="So many stand above the rest on Today. 0 for no such list.",
    )
    reply_floor = forms.IntegerField(
        label="Let go below (answers in 100)",
        min_value=0,
        max_value=100,
        help_text="Where fewer deals this quiet answered within 90 days, letting go is suggested. 0: never.",
    )
    reply_floor_silences = forms.IntegerField(
        label="Silences to judge by",
        min_value=1,
        max_value=32767,
        help_text="So many of a stage must have lasted as long; until then only spent attempts count.",
    )
    worth_waiting = forms.IntegerField(
        label="Waiting is worth (answers in 100)",
        min_value=1,
        max_value=99,
        help_text=(
            "A threshold is suggested where fewer of those still silent would answer in as much "
            "time again."
        ),
    )
    attempt_minutes = forms.IntegerField(
        label="One attempt takes (minutes)",
        min_value=1,
        max_value=480,
        help_text="To tell how much time letting go gives back.",
    )

    high_value_amount = forms.DecimalField(
        label="High-value deals: from",
        required=False,
        min_value=1,
        max_digits=14,
        decimal_places=2,
        help_text=(
            "In the workspace’s currency. Reps are told at once when such a deal goes dark, unless "
            "they set another amount for themselves. Empty: nobody is told at once."
        ),
    )

    class Meta:
        model = Workspace
        fields = [
            "name", "currency", "time_zone", "look_again_days", "focus_size", "reply_floor",
            "reply_floor_silences", "worth_waiting", "attempt_minutes", "high_value_amount",
            "mails_reports_outside", "offers_unsubscribe",
        ]  # fmt: skip
        field_classes = {"name": NameField}
        labels = {
            "offers_unsubscribe": "Put a one-click unsubscribe into every mail",
            "mails_reports_outside": "Weekly reports may go to addresses outside",
        }
        help_texts = {
            "mails_reports_outside": (
                "Managers choose them. Such a mail has totals and stages: no names, and no links "
                "that need a sign-in."
            ),
            "offers_unsubscribe": (
                "For marketing mail, where the law or a mail provider asks for it. A mail from one "
                "person to another needs none. Who uses it gets no more e-mail from anybody here."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones: Any = self.fields["time_zone"]
        zones.offer_also(self.instance.time_zone, self.instance.time_zone)
