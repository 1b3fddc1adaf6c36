"""Read a mail, whole: take it apart, say what it is, and lay out what it says.

Runs in a process of its own (`sandbox`), where a mail that does harm does it to nobody else;
therefore nothing here imports Django.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from outreach.mail.classify import classify
from outreach.mail.parsing import addresses, cleaning, decoding, flowing, replying
from outreach.mail.parsing.parsed import AttachedFile, ParsedMail, Party, Verdict
from outreach.mail.parsing.scanning import Part, Toll, scan
from outreach.mail.parsing.structure import Piece, Structure
from outreach.mail.parsing.taking_apart import structure_of

LONGEST_ID = 500  # characters of a Message-ID; what is longer is none
LONGEST_CHAIN = 100  # Message-IDs that a mail refers to
LONGEST_SUBJECT = 300
LONGEST_NAME = 200  # of a file
MOST_TEXT = 1_000_000  # characters of all its pieces together
MOST_CALENDARS = 10
ID = re.compile(r"<[^<>\s]++>")
CALENDARS = ("text/calendar", "application/ics")


def read(raw: bytes, *, with_files: bool = False) -> ParsedMail:
    """Return a mail as it was understood; the bytes of its files only where asked for.

    Raises UnreadableMailError where it is over the limits of `scanning`.
    """
    toll = Toll()
    mail = scan(raw, toll)
    structure = structure_of(mail, toll, with_files=with_files)
    recipients = _people(mail, toll, "to", "cc", "bcc")
    verdict = classify(structure)
    pages = _bodies(structure, "text/html")
    text = _text(structure, pages)
    files = _files(structure)
    return ParsedMail(
        message_id=_message_id(structure),
        references=_references(structure),
        written_at=_written_at(structure.header("date")),
        senders=_people(mail, toll, "from") or _people(mail, toll, "sender"),
        reply_to=_people(mail, toll, "reply-to"),
        recipients=recipients,
        subject=structure.header("subject")[:LONGEST_SUBJECT],
        headers=structure.headers,
        text=text,
        reply=replying.reply_of(text),
        html="\n".join(filter(None, map(cleaning.clean, pages))),
        attachments=files,
        calendars=_calendars(structure),
        body_digest=_digest(text, files),
        verdict=_with_notes(verdict, toll.notes),
    )


def _people(mail: Part, toll: Toll, *names: str) -> tuple[Party, ...]:
    """Return who stands in some headers, nobody twice."""
    found: dict[str, Party] = {}
    for name, value in mail.fields:
        if name in names:
            for party in addresses.parties(decoding.text_of(value)):
                found.setdefault(party.address or party.name, party)
    if len(found) > addresses.MOST:
        toll.note(f"Of its recipients the first {addresses.MOST} were read.")
    return tuple(found.values())[: addresses.MOST]


def _message_id(structure: Structure) -> str:
    said = structure.header("message-id").strip()
    found = ID.search(said)
    identity = found[0] if found else f"<{said.split()[0].strip('<>')}>" if said else ""
    return identity if 2 < len(identity) <= LONGEST_ID else ""


def _references(structure: Structure) -> tuple[str, ...]:
    """Return the mails it refers to, the one that it answers last."""
    before = [found for said in structure.each("references") for found in ID.findall(said)]
    answered = [found for said in structure.each("in-reply-to") for found in ID.findall(said)][:1]
    chain = [known for known in dict.fromkeys(before) if known not in answered] + answered
    return tuple(known for known in chain if len(known) <= LONGEST_ID)[-LONGEST_CHAIN:]


def _written_at(said: str) -> datetime | None:
    """Return a mail's own date in UTC, None for one that cannot be."""
    try:
        at = parsedate_to_datetime(said[:100])
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if 1970 < at.year < 9999 else None


def _bodies(structure: Structure, content_type: str) -> list[str]:
    """Return the texts of a type that are the mail's own words and no file."""
    return [
        flowing.text_of(piece)
        for piece in structure.of_type(content_type)
        if piece.disposition != "attachment" and not piece.name and piece.text.strip()
    ]


def _text(structure: Structure, pages: Sequence[str]) -> str:
    """Return all that a mail says; of two versions the plain one, unless it only points away."""
    plain = "\n\n".join(_bodies(structure, "text/plain")).strip()[:MOST_TEXT]
    if not pages:
        return plain
    shown = "\n\n".join(map(cleaning.text, pages)).strip()[:MOST_TEXT]
    return shown if len(plain) * 5 < len(shown) else plain


def _files(structure: Structure) -> tuple[AttachedFile, ...]:
    return tuple(
        AttachedFile(
            decoding.UNSEEN.sub("", piece.name or _unnamed(piece))[:LONGEST_NAME],
            piece.content_type[:120],
            piece.size_bytes,
            piece.content,
        )
        for piece in structure.pieces
        if piece.depth == 0 and _is_file(piece)
    )


def _is_file(piece: Piece) -> bool:
    if piece.disposition == "attachment" or piece.name:
        return True
    return not piece.content_type.startswith(("text/", "message/delivery", "message/dispo"))


def _unnamed(piece: Piece) -> str:
    return "Mail" if piece.content_type == "message/rfc822" else "File without a name"


def _calendars(structure: Structure) -> tuple[str, ...]:
    found = (piece.text for piece in structure.of_type(*CALENDARS) if piece.text.strip())
    return tuple(dict.fromkeys(found))[:MOST_CALENDARS]


def _digest(text: str, files: Iterable[AttachedFile]) -> str:
    """Return a digest of what a mail says, whichever way it was wrapped, encoded or forwarded on."""
    said = ["".join(text.split()), *sorted(file.name for file in files)]
    return hashlib.sha256("\0".join(said).encode("utf_8", "replace")).hexdigest()


def _with_notes(verdict: Verdict, notes: Sequence[str]) -> Verdict:
    """Return a verdict that says what was left out before it was reached."""
    return replace(verdict, why=" ".join([verdict.why, *notes])[:300]) if notes else verdict
