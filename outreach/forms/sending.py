"""A mail to somebody of a deal: to which address, and the words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Q

from contacts.models import Address, Channel
from deals.models import Deal
from outreach.deliveries import LONGEST_SUBJECT
from outreach.forms.returning import ReturningForm
from outreach.models import Play, Suggestion
from outreach.models.suggestions import USABLE

LATEST = timedelta(days=60)  # what is to be said later than that is said by somebody who knows more

BLAME = "blame"  # the code of the error that asks once more


class AddressField(forms.ModelChoiceField):
    """An e-mail address, shown with whose it is."""

    def label_from_instance(self, address: Address) -> str:
        return f"{address.contact}, {address}"


class SendForm(ReturningForm):
    """To whom, the subject and the text; `send_at` is the instant of the button that was pressed."""

    to = AddressField(
        Address.objects.none(),
        empty_label=None,
        error_messages={
            "required": "Choose to whom it goes.",
            "invalid_choice": "This address does not work or may not be used. Choose another one.",
        },
    )
    subject = forms.CharField(max_length=LONGEST_SUBJECT)
    note = forms.CharField(label="What to say", max_length=20_000, widget=forms.Textarea)
    send_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    language = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    play = forms.ChoiceField(required=False, choices=Play.choices, widget=forms.HiddenInput)
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        to.queryset = addresses_of(deal)
        self.fields["subject"].widget.attrs["autofocus"] = True

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        return note.replace("\r\n", "\n")

    def clean_send_at(self) -> datetime | None:
        """Return when it goes out; None for at once. A time that is over by now is at once."""
        at: datetime | None = self.cleaned_data["send_at"]
        if at is not None and at > self.now + LATEST:
            raise forms.ValidationError("Choose a time within 60 days.")
        return at

    @property
    def words(self) -> str:
        """The text as it was typed, or as it is offered."""
        return str(self["note"].value() or "")

    @property
    def later(self) -> datetime | None:
        """When it was to go out, so that another try can keep to it."""
        return getattr(self, "cleaned_data", {}).get("send_at")

    @property
    def asks_twice(self) -> bool:
        """Whether it was refused for its tone alone, and may be sent all the same."""
        return self.has_error(NON_FIELD_ERRORS, BLAME)

    @property
    def expects_answer(self) -> bool:
        return bool(self.cleaned_data.get("play") != Play.LET_GO)


def addresses_of(deal: Deal) -> Any:
    """Return the e-mail addresses that work of whoever takes part in a deal or is to be asked."""
    suggested = Suggestion.objects.pending().filter(deal=deal).values("contact")
    people = Q(contact__participations__deal=deal, contact__participations__left_at=None)
    usable = Address.objects.filter(USABLE, people | Q(contact__in=suggested))
    return usable.filter(channel=Channel.EMAIL).select_related("contact").distinct()
