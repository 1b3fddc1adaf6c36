"""Another way than the one that is suggested, or the address that is missing for any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from contacts.models import Address, Channel, Contact
from deals.forms.contacts import AddressForm
from outreach.forms.returning import ReturningForm
from outreach.models import Play
from outreach.people import Way


class AnotherWayForm(ReturningForm):
    """Which play, to whom and on which channel; `ways` are those that the rules leave open."""

    play = forms.ChoiceField(
        choices=[(play.value, play.label) for play in Play.re_engaging()],
        widget=forms.RadioSelect,
    )
    to = forms.ChoiceField(label="To whom, and how", required=False)

    def __init__(self, *args: Any, ways: Mapping[int, Iterable[Way]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = Contact.objects.in_bulk(ways)
        offered = [
            (f"{contact}:{way.channel}", f"{self.people[contact]}, {Channel(way.channel).label}")
            for contact, open_ways in ways.items()
            for way in open_ways
        ]
        field: Any = self.fields["to"]
        field.choices = [*dict(offered).items(), ("", "Nobody: let go without a note")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "to" in cleaned and not cleaned["to"] and cleaned.get("play") != Play.LET_GO:
            self.add_error("to", "Choose whom to talk to. Only letting go can do without.")
        return cleaned

    @property
    def way(self) -> tuple[Contact | None, str]:
        """The person and the channel, or nobody."""
        if not self.cleaned_data["to"]:
            return None, ""
        contact, channel = self.cleaned_data["to"].split(":")
        return self.people[int(contact)], channel


class MissingAddressForm(AddressForm):
    """An address of somebody who cannot be reached otherwise."""

    next = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta(AddressForm.Meta):
        fields = ("channel", "value")

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        kwargs["instance"] = Address(contact=contact)
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        known = self.instance.contact.addresses.filter(
            channel=told.get("channel", ""), value=told.get("value", "")
        )
        if known.exists():
            self.add_error(
                "value",
                "This one is known, and may not be used. If that has changed, say so on the "
                "contact’s page.",
            )
        return told
