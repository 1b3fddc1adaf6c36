"""Names in the headers of mail that we send: whatever is in them, they name one address."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.headerregistry import AddressHeader
from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts import invitations
from accounts.models import User, Workspace
from outreach.digest import making, sending
from outreach.mail import send
from tests.cast import day, make_contact, make_deal
from tests.digesting import dark
from tests.mailing import order

MARA = "mara@example.org"


NAMES = [
    "Mara\r\nBcc: all@evil.example", "Mara\nSubject: Free", "Mara\r", "Mara\x0bLind\x85X",
    'Mara" <all@evil.example>, "', "Mara <all@evil.example>,", "Måra Łind\u2028Bcc: x@evil.example",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
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


@pytest.mark.parametrize("name", NAMES)
def test_a_digest_goes_to_its_reader_whatever_they_are_called(
    ines: User, workspace: Workspace, mailoutbox: list[EmailMessage], name: str
) -> None:
    Workspace.objects.update(time_zone="UTC", name=name, high_value_amount=1)
    User.objects.filter(pk=ines.pk).update(name=name)
    dark(ines, title=name)
    making.make(day(8, 7))  # quiet ends, and the morning digest is an hour away
    sending.send_due(day(8, 7), seconds=60)

    [mail] = mailoutbox
    read: Any = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    assert [party.addr_spec for party in read["to"].addresses] == ["ines@example.com"]
    assert read["bcc"] is None
    assert read["subject"].strip() == " ".join(f"Went dark: {name}, € 1,000".split())
    assert len(read.get_all("subject")) == 1


@pytest.mark.parametrize("name", NAMES)
def test_an_invitation_goes_out_whatever_the_workspace_is_called(
    ada: User, mailoutbox: list[EmailMessage], name: str
) -> None:
    Workspace.objects.update(name=name)
    guest = User.objects.create_user("guest@example.com", name="Guest")
    invitation = invitations.invite(guest, email="guest@example.com", by=ada, now=day(1))
    invitations.mail(invitation, now=day(1))
    [mail] = mailoutbox
    read: Any = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    assert (read["bcc"], len(read.get_all("subject"))) == (None, 1)
