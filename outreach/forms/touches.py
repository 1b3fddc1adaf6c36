"""One touch, new or corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q

from accounts.models import User
from contacts.models import Channel, Contact
from deals.arrivals import turn_left
from deals.conversation import not_in_the_future
from deals.models import Deal, Direction, Touch, Turn
from outreach.forms.returning import DayField, MinuteInput, ReturningForm, end_of

WIDE = forms.Textarea(attrs={"rows": 3})
TURNS = [
    ("", "As usual: theirs after we write, ours after they do"),
    (Turn.THEIRS, "They will come back to us"),
    (Turn.OURS, "It is our move"),
    (Turn.UNCHANGED, "It needs no answer"),
]


class TouchForm(ReturningForm):
    """One touch: on which channel, which way, when, and whose turn it leaves."""

    direction = forms.ChoiceField(choices=Direction.choices, widget=forms.RadioSelect)
    channel = forms.ChoiceField(choices=Channel.choices)
    contact = forms.ModelChoiceField(
        Contact.objects.none(), label="With whom", required=False, empty_label=None
    )
    occurred_at = forms.DateTimeField(
        label="When", required=False, widget=MinuteInput(), help_text="Empty means now."
    )
    note = forms.CharField(
        label="What was said", required=False, max_length=20_000, strip=True, widget=WIDE
    )
    turn = forms.ChoiceField(label="Whose move it is now", choices=TURNS, required=False)
    promised_on = DayField(
        label="They will come back on",
        required=False,
        help_text="Only if they named a day. The clock then runs to the end of it.",
    )

    def __init__(self, *args: Any, deal: Deal, touch: Touch | None = None, **kwargs: Any) -> None:
        if touch is not None:
            kwargs["initial"] = {**_said(touch), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.deal, self.known = deal, touch
        people = Contact.objects.filter(
            Q(participations__deal=deal) | Q(suggestions__deal=deal)
        ).distinct()
        contact: Any = self.fields["contact"]
        contact.queryset = people
        contact.initial = deal.contact_id
        self.fields["channel"].widget.attrs["autofocus"] = True
        if touch is not None:
            del self.fields["promised_on"]

    def clean_occurred_at(self) -> datetime:
        """Return the instant; a minute that was not changed keeps its seconds."""
        at: datetime | None = self.cleaned_data["occurred_at"]
        if at is None:
            return self.known.occurred_at if self.known else self.now
        if self.known and at == self.known.occurred_at.replace(second=0, microsecond=0):
            return self.known.occurred_at
        return not_in_the_future(at, self.now)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        promised, at = cleaned.get("promised_on"), cleaned.get("occurred_at")
        if promised and at and end_of(promised) <= at:
            self.add_error("promised_on", "Choose a day after the touch itself.")
        if promised and not cleaned.get("turn"):
            cleaned["turn"] = Turn.THEIRS
        return cleaned

    def said(self) -> dict[str, Any]:
        """Return what the form says of the touch, the turn it leaves filled in."""
        cleaned = self.cleaned_data
        names = ("direction", "channel", "occurred_at", "note")
        return {
            **{name: cleaned[name] for name in names},
            "contact": cleaned["contact"] or self.deal.contact,
            "turn": cleaned["turn"] or turn_left(cleaned["direction"]),
        }

    def touch(self, by: User) -> Touch:
        """Return the touch as a new row, not saved."""
        return Touch(user=by, **self.said())

    @property
    def promised_at(self) -> datetime | None:
        """Until when the day they named lasts."""
        day = self.cleaned_data.get("promised_on")
        return end_of(day) if day else None


def _said(touch: Touch) -> dict[str, Any]:
    return {
        "direction": touch.direction,
        "channel": touch.channel,
        "contact": touch.contact_id,
        "occurred_at": touch.occurred_at,
        "note": touch.note,
        "turn": touch.turn if touch.turn != Turn.NOBODY else Turn.UNCHANGED,
    }
