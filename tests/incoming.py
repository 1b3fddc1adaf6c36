"""Mail that comes in, for tests: raw mails as their senders wrote them, and mails read already."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from outreach.mail import receive
from outreach.mail.parsing.parsed import ParsedMail, Party, Verdict
from outreach.mail.parsing.scanning import Toll, scan
from outreach.mail.parsing.structure import Structure
from outreach.mail.parsing.taking_apart import structure_of
from outreach.models import Door, Intake, Mail

US = "ines@example.com"


def raw_mail(  # a mail has that many parts
    *, sender: str = "Mara Lind <mara@example.org>", to: str = US, subject: str = "Re: The fleet",
    text: str = "Yes, June is right.", message_id: str = "<one@example.org>",
    at: datetime | None = datetime(2026, 3, 4, 9, tzinfo=UTC), answers: str = "",
    headers: dict[str, str] | None = None, html: str = "", cc: str = "",
) -> bytes:  # fmt: skip
    """Return a mail as bytes; "" leaves a header out, `headers` come first, nearest to us."""
    mail = EmailMessage()
    told = {
        **(headers or {}), "From": sender, "To": to, "Cc": cc, "Subject": subject,
        "Message-ID": message_id, "Date": format_datetime(at) if at else "",
        "In-Reply-To": answers, "References": answers,
    }  # fmt: skip
    for name, value in told.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def take_apart(raw: bytes, *, with_files: bool = False) -> Structure:
    """Return the headers and pieces of a mail, before anything is made of them."""
    toll = Toll()
    return structure_of(scan(raw, toll), toll, with_files=with_files)


def read_mail(  # a mail has that many parts
    *, sender: str = "mara@example.org", name: str = "Mara Lind", to: tuple[str, ...] = (US,),
    subject: str = "Re: The fleet", text: str = "Yes, June is right.",
    message_id: str = "<one@example.org>", at: datetime | None = datetime(2026, 3, 4, 9, tzinfo=UTC),
    answers: tuple[str, ...] = (), headers: tuple[tuple[str, str], ...] = (),
    verdict: str = "reply", **told: Any,
) -> ParsedMail:  # fmt: skip
    """Return a mail as `reading` hands it over; `told` are further fields of it or its verdict."""
    names = {"until": "until", "about": "about", "dead": "recipients"}
    of_verdict = {names[key]: told.pop(key) for key in names if key in told}
    said = {
        "message_id": message_id, "references": answers, "written_at": at,
        "senders": (Party(sender, name),) if sender else (), "reply_to": (),
        "recipients": tuple(Party(address) for address in to), "subject": subject,
        "headers": headers, "text": text, "reply": text, "html": "", "attachments": (),
        "calendars": (), "body_digest": hashlib.sha256(text.encode()).hexdigest(),
        "verdict": Verdict(verdict, "It says so.", **of_verdict),  # type: ignore[arg-type]
    }  # fmt: skip
    return ParsedMail(**{**said, **told})


def came(  # how it came, apart from what it says
    parsed: ParsedMail, now: datetime, *, door: Door = Door.IMAP,
    received_at: datetime | None = None, **fields: Any,
) -> Mail:  # fmt: skip
    """File a mail that was read, as it came through a door at an instant."""
    intake = taken_in(now, door=door, received_at=received_at, **fields)
    return receive.file(parsed, intake, now)


def taken_in(
    now: datetime, *, door: Door = Door.IMAP, received_at: datetime | None = None, **fields: Any
) -> Intake:
    """Take a mail in without waking anybody; by default our server had it now."""
    received_at = received_at or (None if door == Door.ARCHIVE else now)
    raw = fields.pop("raw", b"")
    return receive.take(door, raw, now=now, received_at=received_at, **fields)
