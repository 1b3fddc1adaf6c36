"""Where a contact is reached, as a program sends it: the whole list, which replaces the one kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from accounts.api.problems import Wrong, unprocessable, wrong
from accounts.api.values import Contactable, Given, Switch, Taken
from contacts.models import Address, Contact
from deals.forms.contacts import AddressForm

ChannelName = Literal[
    "email", "phone", "sms", "chat", "social", "meeting", "letter", "web", "other"
]
MOST_ADDRESSES = 50


class AddressIn(Taken):
    """One address. Consent and health that are not sent stay as they are known."""

    channel: ChannelName
    value: Contactable
    consent: Literal["refused", "unknown", "given"] | None = None
    health: Literal["dead", "alive"] | None = None
    is_preferred: Switch = False


Addresses = Annotated[list[AddressIn], Field(max_length=MOST_ADDRESSES)]


class AddressOut(Given):
    """One address, with what they agreed to and whether it works."""

    channel: str
    value: str
    consent: str
    health: str
    is_preferred: bool

    @classmethod
    def of(cls, address: Address) -> AddressOut:
        """Describe an address."""
        return cls(
            channel=address.channel, value=address.value, consent=address.consent,
            health=address.health, is_preferred=address.is_preferred,
        )  # fmt: skip


def replaced(contact: Contact, said: list[AddressIn]) -> tuple[list[Address], list[Address]]:
    """Return which addresses to save and which are gone, so that what was sent is all there is.

    Raises Problem (422) for what the page would refuse too.
    """
    known = {_name(each): each for each in contact.addresses.all()} if contact.pk else {}
    rows: dict[tuple[str, str], Address] = {}
    errors: list[Wrong] = []
    preferred: set[str] = set()
    for index, each in enumerate(said):
        row, refused = _row(each, known, index)
        errors += refused
        if _name(row) in rows:
            errors.append(wrong("This address is there twice: send it once.", "addresses", index))
        if each.is_preferred and each.channel in preferred:
            remedy = "Prefer one address on each channel, not two."
            errors.append(wrong(remedy, "addresses", index, "is_preferred"))
        preferred |= {each.channel} if each.is_preferred else set()
        rows[_name(row)] = row
    if errors:
        raise unprocessable(errors)
    return list(rows.values()), [each for name, each in known.items() if name not in rows]


def _row(
    said: AddressIn, known: dict[tuple[str, str], Address], index: int
) -> tuple[Address, list[Wrong]]:
    """Return an address as it is to be saved, with what the form of the page refuses."""
    row = known.get((said.channel, said.value.strip().casefold())) or Address()
    told = {
        "channel": said.channel,
        "value": said.value,
        "consent": said.consent or row.consent,
        "health": said.health or row.health,
        "is_preferred": said.is_preferred,
    }
    form = AddressForm(told, instance=row)
    if form.is_valid():
        return form.save(commit=False), []
    refused = [
        wrong(str(message), "addresses", index, *([] if name == "__all__" else [name]))
        for name, messages in form.errors.items()
        for message in messages
    ]
    return row, refused


def _name(address: Address) -> tuple[str, str]:
    return address.channel, address.value.casefold()
