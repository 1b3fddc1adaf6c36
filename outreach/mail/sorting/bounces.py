"""Read what mail servers say of our mail: not delivered, late, delivered, read, complained about.

Sources: RFC 3464 (delivery status), RFC 8098 (disposition), RFC 5965 (abuse reports), and for
refusals in prose what servers that know none of these write.
"""

from __future__ import annotations

import re

from outreach.mail.parsing.parsed import Verdict, VerdictName
from outreach.mail.parsing.structure import Piece, Structure
from outreach.mail.sorting import fullness
from outreach.mail.sorting.recipients import (
    LONGEST_STATUS,
    MOST_RECIPIENTS,
    addresses_in,
    as_we_wrote,
    blocks_of,
    fields_of,
    in_prose,
    recipient_of,
)
from outreach.mail.sorting.words import flat, fold, text_of, words

MESSAGE_ID = re.compile(r"<[^<>\s@]{1,250}@[^<>\s@]{1,250}>")
ID_LINE = re.compile(
    r"^[ >\t]*(?:Original-)?Message-ID:\s*(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE
)
CODE = re.compile(
    r"(?<![\d.])[45]\.\d\.\d{1,3}(?![\d.])"  # 5.1.1
    r"|(?:^|said|error|smtp|repl\w+|code|respon\w+|[:;(<\[])[\s:(<\[#]{0,3}[45][0-5]\d[ \->)\]]",  # said: 550
    re.IGNORECASE | re.MULTILINE,
)


def report(structure: Structure) -> Verdict | None:
    """Return the verdict on a complaint about our mail. Source: RFC 5965."""
    pieces = structure.of_type("message/feedback-report")
    if not pieces and _report_type(structure) != "feedback-report":
        return None
    kind = next((fields_of(piece.text).get("feedback-type") for piece in pieces), None) or "abuse"
    return Verdict("report", f"It is a feedback report: {kind.strip()[:40]}.", about=ids(structure))


def receipt(structure: Structure) -> Verdict | None:
    """Return the verdict on a receipt: our mail was shown, or deleted. Source: RFC 8098."""
    pieces = structure.of_type("message/disposition-notification")
    if not pieces and _report_type(structure) != "disposition-notification":
        return None
    said = fields_of("\n".join(piece.text for piece in pieces))
    fate = said.get("disposition", "").split(";")[-1].strip().lower() or "seen"
    if (
        fate.split("/")[0] in ("denied", "failed")
        or "error" in fate
        or "reject" in fold(structure.header("subject"))
    ):
        dead = tuple(
            addresses_in([said.get("original-recipient", ""), said.get("final-recipient", "")])
        )
        why = fullness.told(f"A disposition notification says “{fate[:60]}”.", _prose(structure))
        return Verdict("bounce", why, recipients=dead[:1], about=ids(structure))
    return Verdict(
        "receipt", f"A disposition notification says “{fate[:60]}”.", about=ids(structure)
    )


def status(structure: Structure) -> Verdict | None:
    """Return the verdict on a delivery status: failed, delayed, or delivered. Source: RFC 3464."""
    pieces = structure.of_type("message/delivery-status", "message/global-delivery-status")
    if not pieces:
        return None
    blocks = [block for piece in pieces for block in blocks_of(piece.text[:LONGEST_STATUS])]
    fates = [(_action(block), block) for block in blocks]
    for wanted, name in (("failed", "bounce"), ("delayed", "delay"), ("delivered", "receipt")):
        about = [block for action, block in fates if action == wanted]
        if name == "bounce" and about and _is_challenge(about, structure):
            why = "A delivery status says “failed”, and its words ask us to prove who we are."
            return Verdict("auto_reply", why, about=ids(structure))
        if about:
            return _of_blocks(name, wanted, about, structure)
    return None


def is_status(structure: Structure) -> bool:
    """Tell whether a mail calls itself a delivery status, whatever is left of it."""
    exchange = any(True for _ in structure.each("x-ms-exchange-message-is-ndr"))
    return exchange or _report_type(structure) == "delivery-status"


def _of_blocks(
    name: VerdictName | str, action: str, blocks: list[dict[str, str]], structure: Structure
) -> Verdict:
    people = tuple(dict.fromkeys(person for block in blocks if (person := recipient_of(block))))
    code = next((block["status"] for block in blocks if block.get("status")), "")
    code = f" ({code.split()[0][:12]})" if code.strip() else ""
    why = f"A delivery status says “{action}”{code}."
    if name == "bounce":
        prose = _prose(structure)
        people = tuple(as_we_wrote(people or in_prose(structure, prose), prose))
        said = [f"{one.get('status')} {one.get('diagnostic-code')}" for one in blocks]
        if all(fullness.spares_address(one) for one in said):
            why = fullness.told(why, said[0])
        return Verdict("bounce", why, recipients=people[:MOST_RECIPIENTS], about=ids(structure))
    return Verdict("delay" if name == "delay" else "receipt", why, about=ids(structure))


def _action(block: dict[str, str]) -> str:
    """Return what happened: `delivered` counts for what was relayed or expanded too."""
    said = re.sub(r"\W.*", "", block.get("action", "").strip().lower())
    if said in ("failed", "failure", "fail", "error"):
        return "failed"
    if said in ("delayed", "delay"):
        return "delayed"
    if said in ("delivered", "relayed", "expanded"):
        return "delivered"
    return {"5": "failed", "4": "delayed", "2": "delivered"}.get(
        block.get("status", " ").strip()[:1], "failed"
    )


def _prose(structure: Structure) -> str:
    return prose_of(text_of(structure))


def _is_challenge(blocks: list[dict[str, str]], structure: Structure) -> bool:
    """Tell whether a mail waits, for now, until we prove to a guard of mailboxes who we are."""
    is_lasting = any(block.get("status", "").strip().startswith("5") for block in blocks)
    words_of_it = words("body", "challenge").search(flat(fold(_prose(structure))))
    return not is_lasting and bool(words_of_it)


def _report_type(structure: Structure) -> str:
    if structure.content_type != "multipart/report":
        return ""
    return structure.parameters.get("report-type", "").strip().lower()


def returned_mail(structure: Structure) -> bool:
    """Tell whether a mail carries another one, or the headers of one."""
    return bool(
        structure.of_type(
            "message/rfc822",
            "text/rfc822-headers",
            "message/global",
            "message/global-headers",
            "message/partial",
        )
    )


def has_code(text: str) -> bool:
    """Tell whether a text holds a server's reply code: 550, or 5.1.1."""
    return bool(CODE.search(text))


def prose_of(text: str) -> str:
    """Return what a refusal says itself: above the mail that it returns."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        folded = fold(line) if at else ""
        if words("body", "returned").match(folded) and "recip" not in folded:
            return "\n".join(lines[:at])
    return text


def ids(structure: Structure) -> tuple[str, ...]:
    """Return the Message-IDs of the mail that a report sends back, or that it answers."""
    found = [
        value
        for piece in _carriers(structure)
        for key, value in piece.headers
        if key == "message-id"
    ]
    found += [
        text
        for piece in structure.pieces
        if piece.text
        for text in ID_LINE.findall(piece.text[:LONGEST_STATUS])
    ]
    clean = [match[0] for value in found if (match := MESSAGE_ID.search(value))]
    if not clean:
        said = [*structure.each("in-reply-to"), *structure.each("references")]
        clean = [text for value in said for text in MESSAGE_ID.findall(value)]
    return tuple(dict.fromkeys(clean))[:10]


def _carriers(structure: Structure) -> list[Piece]:
    return structure.of_type(
        "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", depth=0
    )
