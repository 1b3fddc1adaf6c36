"""Tell what kind of mail it is, and in one sentence what decided.

From what is surest: the types of its parts, sender and envelope, headers, subject, words. Where
all that leaves a doubt, a person wrote it: a robot taken for a person is seen by its reader, a
person taken for a robot is not. Sources: RFC 3834, 3464, 8098, 5965, 5546, 6047; docs/mail.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from outreach.mail.parsing.parsed import Verdict
from outreach.mail.parsing.structure import Piece, Structure
from outreach.mail.sorting import automatic, bounces, certified, notes, refusals
from outreach.mail.sorting.looking import Look

METHOD = re.compile(r"^METHOD[^:\n]{0,60}:\s*([A-Za-z]{3,20})", re.MULTILINE)
ANSWERED = frozenset({"REPLY", "REQUEST", "COUNTER", "CANCEL", "DECLINECOUNTER", "REFRESH", "ADD"})


def classify(structure: Structure, today: date | None = None) -> Verdict:
    """Return the verdict on a mail. `today` stands in for a date that the mail does not name."""
    rules: tuple[Callable[[Look], Verdict | None], ...] = (
        _calendar,
        _report,
        refusals.complaint,
        refusals.failed_recipients,
        refusals.by_daemon,
        _by_headers,
        notes.by_list,
        notes.by_appended,
        notes.by_subject,
        refusals.by_words,
        _by_bulk,
        notes.by_words,
        notes.newsletter,
    )
    look = Look(structure)
    for rule in rules:
        verdict = rule(look)
        if verdict is not None:
            return notes.with_absence(verdict, look, today)
    return Verdict("reply", "Nothing says that a machine wrote it.")


def _calendar(look: Look) -> Verdict | None:
    """A calendar's own mail names a method; an appointment that a person attached does not."""
    for piece in look.structure.of_type("text/calendar"):
        method = _method(piece)
        if method in ANSWERED:
            return Verdict("calendar", f"It carries a calendar’s {method}.")
    if _content_class(look) == "calendarmessage":
        return Verdict("calendar", "The header Content-Class names a calendar’s mail.")
    return None


def _content_class(look: Look) -> str:
    """Return what Exchange calls a mail: "message", "calendarmessage", "mdn", "dsn" or nothing."""
    return look.structure.header("content-class").strip().lower().rpartition(":")[2]


def _method(piece: Piece) -> str:
    """Return what a calendar asks for. Source: RFC 6047, 2.4: the type of the part names it."""
    said = piece.parameters.get("method", "").strip().upper()
    if said or piece.disposition == "attachment":
        return said
    found = METHOD.search(piece.text)
    return found[1].upper() if found else ""


def _report(look: Look) -> Verdict | None:
    """Reports that machines read; a person who passes one on puts it under a “Fwd:”."""
    if look.structure.content_type != "multipart/report" and look.is_titled_as_answer:
        return None
    structure = look.structure
    found = certified.receipt(structure) or bounces.report(structure) or bounces.receipt(structure)
    found = found or bounces.status(structure)
    if found is None and _content_class(look) == "mdn":
        why = "The header Content-Class names a receipt."
        return Verdict("receipt", why, about=bounces.ids(structure))
    if found is None and (bounces.is_status(structure) or _content_class(look) == "dsn"):
        return refusals.of_server(look, "It is a delivery report.")
    return found


def _by_headers(look: Look) -> Verdict | None:
    """A program says of itself that it answers."""
    why = automatic.by_headers(look.structure)
    if not why:
        return None
    is_refusal = look.names_in_subject("refused") and not look.is_titled_as_answer
    if is_refusal and refusals.proves_refusal(look):
        return refusals.of_server(look, why)
    if look.titled("receipts"):
        return Verdict("receipt", why, about=bounces.ids(look.structure))
    return Verdict("bulk" if automatic.is_campaign(look.structure) else "auto_reply", why)


def _by_bulk(look: Look) -> Verdict | None:
    """One mail to very many, or from where nobody reads what is answered."""
    silent = automatic.by_silence(look.structure)
    why = automatic.by_bulk(look.structure) or silent
    if not why and (answering := automatic.by_answering(look.structure)):
        return None if look.is_by_hand else Verdict("auto_reply", answering)
    if not why:
        robot = automatic.by_robot(look.structure)
        is_person = look.answers and look.is_titled_as_answer
        return Verdict("bulk", robot) if robot and not is_person else None
    if not silent and look.is_titled_as_answer and (look.is_by_hand or look.is_personal):
        return None
    is_note = look.answers or look.is_titled_as_answer or notes.tells_absence(look)
    is_campaign = automatic.is_campaign(look.structure) or bool(silent)
    return Verdict("auto_reply" if is_note and not is_campaign else "bulk", why)
