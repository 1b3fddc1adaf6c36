"""What was read of a mail: plain values, so that a child process can hand them over.

Written by `reading` and `classify` in a process of their own, read by `receive` and `match`.
Every text is free of NUL and surrogates; addresses are in lower case; instants are UTC.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

VerdictName = Literal[
    "reply", "auto_reply", "out_of_office", "bounce", "delay", "receipt", "calendar", "bulk",
    "report", "unreadable",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What kind of mail it is, and in one sentence what decided.

    `until` is the last day on which an out-of-office note says they are away; `recipients` are the
    dead addresses of a bounce; `about` are the Message-IDs of ours that it sends back or reports on.
    """

    name: VerdictName
    why: str
    until: date | None = None
    recipients: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a header: an address in lower case, and the name beside it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that came with a mail; `content` is there only where it was asked for."""

    name: str
    content_type: str
    size_bytes: int
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One mail as it was understood. What is missing is "", () or None.

    `references` ends with what it answers. `text` is all that it says, `reply` without quotes and
    signature, `html` cleaned. `headers` are all, decoded, in order, by lower-case name. `calendars`
    are the texts of its iCalendar parts. `body_digest` tells one body from another.
    """

    message_id: str
    references: tuple[str, ...]
    written_at: datetime | None
    senders: tuple[Party, ...]
    reply_to: tuple[Party, ...]
    recipients: tuple[Party, ...]  # To, Cc and Bcc
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    reply: str
    html: str
    attachments: tuple[AttachedFile, ...]
    calendars: tuple[str, ...]
    body_digest: str
    verdict: Verdict

    @property
    def sender(self) -> Party:
        """Whoever wrote it, an empty party where it names nobody."""
        return self.senders[0] if self.senders else Party("")

    def header(self, name: str) -> list[str]:
        """Return the values of a header, the one nearest to us first."""
        return [value for key, value in self.headers if key == name.lower()]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, for the way between two processes."""
        said = asdict(self)
        said["written_at"] = self.written_at.isoformat() if self.written_at else None
        until = self.verdict.until
        said["verdict"]["until"] = until.isoformat() if until else None
        for file in said["attachments"]:
            if file["content"] is not None:
                file["content"] = base64.b64encode(file["content"]).decode()
        return said

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> ParsedMail:
        """Return the mail that `to_json` laid out."""
        verdict, written_at = said["verdict"], said["written_at"]
        until = verdict["until"]
        return cls(
            message_id=said["message_id"],
            references=tuple(said["references"]),
            written_at=datetime.fromisoformat(written_at) if written_at else None,
            senders=_parties(said["senders"]),
            reply_to=_parties(said["reply_to"]),
            recipients=_parties(said["recipients"]),
            subject=said["subject"],
            headers=tuple((name, value) for name, value in said["headers"]),
            text=said["text"],
            reply=said["reply"],
            html=said["html"],
            attachments=tuple(_file(file) for file in said["attachments"]),
            calendars=tuple(said["calendars"]),
            body_digest=said["body_digest"],
            verdict=Verdict(
                name=verdict["name"],
                why=verdict["why"],
                until=date.fromisoformat(until) if until else None,
                recipients=tuple(verdict["recipients"]),
                about=tuple(verdict["about"]),
            ),
        )


def _parties(said: list[dict[str, str]]) -> tuple[Party, ...]:
    return tuple(Party(**party) for party in said)


def _file(said: dict[str, Any]) -> AttachedFile:
    content = said["content"]
    return AttachedFile(
        said["name"], said["content_type"], said["size_bytes"],
        base64.b64decode(content) if content is not None else None,
    )  # fmt: skip
