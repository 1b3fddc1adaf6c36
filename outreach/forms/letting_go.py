"""Letting a deal go: a closing note or none, why, for now or for good; and a later look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Workspace
from contacts.models import Address, Channel
from deals.models import Outcome
from outreach.forms.returning import DAY, DayInput, ReturningForm
from outreach.letting_go import Note, Terms
from outreach.models import Reason

NO_NOTE = ("", "No closing note")
WITHOUT_REASON = ("", "Not said")
REASONS = [(reason.value, reason.label) for reason in Reason if reason != Reason.UNKNOWN]
LONGEST_WORDS = 180  # characters: with a reason before them they fit the 200 of the history
BY = {
    Channel.EMAIL: "E-mail to {}",
    Channel.PHONE: "A call to {}",
    Channel.SMS: "Text message to {}",
    Channel.CHAT: "Chat, {}",
    Channel.SOCIAL: "Social media, {}",
}


class DayToComeForm(ReturningForm):
    """A day on which a let-go deal is worth another look."""

    look_again_on = forms.DateField(
        label="Look again on", required=False, widget=DayInput(),
        help_text="Empty means never, unless they are heard.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = Workspace.current().look_again_days
        self.fields["look_again_on"].initial = self.today + days * DAY

    def clean_look_again_on(self) -> date | None:
        """Return the day to look again; one that is over is refused."""
        day: date | None = self.cleaned_data["look_again_on"]
        if day is not None and day <= self.today:
            raise ValidationError("Choose a day to come for the next look.")
        return day


class LetGoForm(DayToComeForm):
    """Stopping to try; `ways` are the addresses that a closing note may go to.

    `mails` says whether mail goes out from here; what does not is sent by hand, and logged.
    """

    note_by = forms.ChoiceField(label="Closing note", required=False, widget=forms.RadioSelect)
    subject = forms.CharField(required=False, max_length=300)
    note = forms.CharField(
        label="What it says", required=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )  # fmt: skip
    why = forms.ChoiceField(
        label="Why", required=False, choices=[WITHOUT_REASON, *REASONS],
        widget=forms.Select(attrs={"autofocus": True}),
    )  # fmt: skip
    reason = forms.CharField(label="In your own words", required=False, max_length=LONGEST_WORDS)
    outcome = forms.ChoiceField(
        label="For how long",
        choices=[(Outcome.RESTING, "For now"), (Outcome.LOST, "For good")],
        widget=forms.RadioSelect,
        initial=Outcome.RESTING,
    )

    def __init__(self, *args: Any, ways: Sequence[Address], mails: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ways, self.mails = ways, mails
        by: Any = self.fields["note_by"]
        by.choices = [*((str(way.pk), say_way(way)) for way in ways), NO_NOTE]

    def clean_look_again_on(self) -> date | None:
        """Return the day to look again; what is let go for good has none, whatever was named."""
        if self.data.get("outcome") == Outcome.LOST:
            return None
        return super().clean_look_again_on()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        note = self.closing_note
        if note is not None and not note.body:
            self.add_error("note", "Write the note, or choose to send none.")
        if note is not None and note.is_mailed and not note.subject:
            self.add_error("subject", "A mail needs a subject.")
        return cleaned

    @property
    def closing_note(self) -> Note | None:
        """The note that was chosen, None for none."""
        told = self.cleaned_data
        way = next((way for way in self.ways if str(way.pk) == told.get("note_by")), None)
        if way is None:
            return None
        is_mail = way.channel == Channel.EMAIL
        subject = told.get("subject", "") if is_mail else ""
        return Note(way, told.get("note", "").strip(), subject, is_mail and self.mails)

    @property
    def terms(self) -> Terms:
        """How the deal is let go."""
        told = self.cleaned_data
        label = dict(REASONS).get(told["why"], "")
        reason = ": ".join(filter(None, (label, told["reason"])))
        return Terms(Outcome(told["outcome"]), told["look_again_on"], reason)


def say_way(address: Address) -> str:
    """Say by what a note goes: "E-mail to mara@example.org"."""
    pattern = BY.get(Channel(address.channel), f"{address.get_channel_display()}, {{}}")
    return pattern.format(address.value)
