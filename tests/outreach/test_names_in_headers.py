"""Names in the headers of mail that we send: whatever is in them, they name one address."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.headerregistry import AddressHeader
from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts.models import User
from outreach.mail import send
from tests.cast import day, make_contact, make_deal
from tests.mailing import order

MARA = "mara@example.org"


@pytest.mark.parametrize(
    "name",
    ["Mara\r\nBcc: all@evil.example", "Mara\nSubject: Free", "Mara\r", "Mara\x0bLind\x85X",
     'Mara" <all@evil.example>, "', "Mara <all@evil.example>,", "Måra Łind\u2028Bcc: x@evil.example"],
)  # fmt: skip
def test_a_name_begins_no_header_and_names_nobody_else(
    ines: User, mailoutbox: list[EmailMessage], name: str
) -> None:
    contact = make_contact(addresses={"email": MARA})
    sent = order(make_deal(ines, "Demo", contact=contact), ines, now=day(1))
    type(contact).objects.update(first_name=name, last_name="")
    User.objects.filter(pk=ines.pk).update(name=name)
    send.deliver(sent.pk, day(2))

    sent.refresh_from_db()
    assert sent.state == "sent"
    [mail] = mailoutbox
    read: Any = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    for header, address in (("to", MARA), ("from", sent.sender)):
        parties: AddressHeader = read[header]
        assert [party.addr_spec for party in parties.addresses] == [address]
    assert (read["bcc"], read["subject"]) == (None, sent.subject)
