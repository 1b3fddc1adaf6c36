"""Mail in tests: ordering one, and a real mail server that keeps what it accepts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from accounts.models import User
from contacts.models import Address, Contact
from deals.models import Deal
from outreach import deliveries
from outreach.models import Delivery


def email_of(contact: Contact) -> Address:
    return contact.addresses.get(channel="email")


def order(deal: Deal, user: User, **fields: Any) -> Delivery:
    """Order a mail to a deal's contact, with words of its own unless `fields` has others."""
    contact = fields.pop("contact", deal.contact)
    address = fields.pop("address", None) or email_of(contact)
    subject = fields.pop("subject", "The whole fleet")
    body = fields.pop("body", "Hello Mara,\n\nis June still right?")
    return deliveries.order(deal, contact, address, subject, body, user=user, **fields)


@dataclass
class Postbox:
    """A mail server's wishes and what it has accepted, by envelope.

    `refuses` is said to a recipient, `puts_off` is how often it says 451 to the text before it
    accepts one, `hangs_up` ends the connection after the text was accepted, `is_slow` keeps its
    answer to itself until somebody says otherwise.
    """

    refuses: str = ""
    puts_off: int = 0
    hangs_up: bool = False
    is_slow: bool = False
    sign_ins: list[tuple[bytes, bytes]] = field(default_factory=list)
    accepted: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    has_accepted: Event = field(default_factory=Event)
    port: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for _, _, raw in self.accepted]

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.puts_off:
            self.puts_off -= 1
            return "451 4.7.1 Try again later"
        self.accepted.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        self.has_accepted.set()
        while self.is_slow:
            await asyncio.sleep(0.05)
        if self.hangs_up:
            server.transport.abort()
        return "250 OK"

    def knows(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        """Let in whoever gives the password "open sesame"."""
        assert isinstance(data, LoginPassword)
        self.sign_ins.append((data.login, data.password))
        return AuthResult(success=data.password == b"open sesame", handled=False)


@contextmanager
def mail_server(postbox: Postbox, **options: Any) -> Iterator[Postbox]:
    """Run a mail server on a free port of this machine."""
    asks = {"authenticator": postbox.knows, "auth_require_tls": False, **options}
    with socket.create_server(("127.0.0.1", 0)) as probe:
        postbox.port = int(probe.getsockname()[1])
    controller = Controller(postbox, hostname="127.0.0.1", port=postbox.port, **asks)
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()
