"""Read what mail servers say of our mail: not delivered, late, delivered, read, complained about.

Sources: RFC 3464 (delivery status), RFC 8098 (disposition), RFC 5965 (abuse reports), and for
refusals in prose what servers that know none of these write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from outreach.mail.parsing.parsed import Verdict, VerdictName
from outreach.mail.parsing.structure import Piece, Structure
from outreach.mail.sorting.words import fold, text_of, words

LONGEST_STATUS = 50_000  # letters of a delivery status that are read
MOST_RECIPIENTS = 100
ADDRESS = re.compile(
    r"[A-Za-z0-9_.+=/&%$!#?*{}|~'-]{1,64}@[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){1,9}"
)
GATEWAY = re.compile(
    r".*\b(?:smtp|rfc822)=", re.IGNORECASE
)  # X.400 names: "c=US;dda:SMTP=ann@example.com"
# Where a refusal that repeats our mail's own recipients comes to those that it did not reach.
LIST_OF_REFUSED = re.compile(
    r"did not reach|following recipient|failed recipient|following address|these recipients"
    r"|folgende[nr]? (?:empfanger|adressat)|destinataires? suivant|siguientes? destinatario",
    re.IGNORECASE,
)
MESSAGE_ID = re.compile(r"<[^<>\s@]{1,250}@[^<>\s@]{1,250}>")
ID_LINE = re.compile(
    r"^[ >\t]*(?:Original-)?Message-ID:\s*(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE
)
FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})\s*:[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
CODE = re.compile(
    r"(?<![\d.])[45]\.\d\.\d{1,3}(?![\d.])"  # 5.1.1
    r"|(?:^|said|error|smtp|repl\w+|code|respon\w+|[:;(<\[])[\s:(<\[#]{0,3}[45][0-5]\d[ \->)\]]",  # said: 550
    re.IGNORECASE | re.MULTILINE,
)
# What stands right before or after an address that was refused; none of it names somebody else.
HELPERS = re.compile(
    r"\b(?:contact|help|assistance|postmaster|support|report|forward|reply[- ]to|mailto"
    r"|(?<!generated )from|send mail to|abuse|sender)\b[^\w\n]*$"
    r"|\b(?:if|try|finger|e-?mail(?:ing)?(?: to)?)\b\W*$",
    re.IGNORECASE,
)
REFUSED_LINE = re.compile(
    r"unknown|fail|not |reject|refus|unavail|undeliver|invalid|inactive|disabled|quota|full|error"
    r"|no such|permanent|exceed|couldn|unable|fehler|unzustell|inconnu|desconocid|onbekend|nieznan"
    r"|rcpt to|recipient|5\d\d|5\.\d+\.\d+|original(?:ly)? address|addressee|adressat|destinat",
    re.IGNORECASE,
)


def report(structure: Structure) -> Verdict | None:
    """Return the verdict on a complaint about our mail. Source: RFC 5965."""
    pieces = structure.of_type("message/feedback-report")
    if not pieces and _report_type(structure) != "feedback-report":
        return None
    kind = next((_fields(piece.text).get("feedback-type") for piece in pieces), None) or "abuse"
    return Verdict("report", f"It is a feedback report: {kind.strip()[:40]}.", about=ids(structure))


def receipt(structure: Structure) -> Verdict | None:
    """Return the verdict on a receipt: our mail was shown, or deleted. Source: RFC 8098."""
    pieces = structure.of_type("message/disposition-notification")
    if not pieces and _report_type(structure) != "disposition-notification":
        return None
    said = _fields("\n".join(piece.text for piece in pieces))
    fate = said.get("disposition", "").split(";")[-1].strip().lower() or "seen"
    if (
        fate.split("/")[0] in ("denied", "failed")
        or "error" in fate
        or "reject" in fold(structure.header("subject"))
    ):
        dead = tuple(
            _addresses([said.get("original-recipient", ""), said.get("final-recipient", "")])
        )
        why = f"A disposition notification says “{fate[:60]}”."
        return Verdict("bounce", why, recipients=dead[:1], about=ids(structure))
    return Verdict(
        "receipt", f"A disposition notification says “{fate[:60]}”.", about=ids(structure)
    )


def status(structure: Structure) -> Verdict | None:
    """Return the verdict on a delivery status: failed, delayed, or delivered. Source: RFC 3464."""
    pieces = structure.of_type("message/delivery-status", "message/global-delivery-status")
    if not pieces:
        return None
    blocks = [block for piece in pieces for block in _blocks(piece.text[:LONGEST_STATUS])]
    fates = [(_action(block), block) for block in blocks]
    for wanted, name in (("failed", "bounce"), ("delayed", "delay"), ("delivered", "receipt")):
        about = [block for action, block in fates if action == wanted]
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
    people = tuple(dict.fromkeys(person for block in blocks if (person := _recipient(block))))
    code = next((block["status"] for block in blocks if block.get("status")), "")
    code = f" ({code.split()[0][:12]})" if code.strip() else ""
    why = f"A delivery status says “{action}”{code}."
    if name == "bounce":
        people = people or tuple(in_prose(structure))
        return Verdict("bounce", why, recipients=people[:MOST_RECIPIENTS], about=ids(structure))
    return Verdict("delay" if name == "delay" else "receipt", why, about=ids(structure))


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each recipient; the first block is about the mail."""
    for block in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.replace("\r\n", "\n").strip("\n")):
        fields = _fields(block)
        if "final-recipient" in fields or "original-recipient" in fields or "action" in fields:
            yield fields


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in FIELD.findall(text.replace("\r\n", "\n")):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found


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


def _recipient(block: dict[str, str]) -> str:
    """Return whom it is about: as we wrote it, not as their server rewrote it."""
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    return next(_addresses(block.get(name, "") for name in names), "")


def _addresses(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        found = ADDRESS.search(
            re.sub(r"^\s*(?:rfc822|utf-8|smtp|x400|unknown)\s*;", "", text, flags=re.IGNORECASE)
        )
        if found and (address := _clean(found[0])):
            yield address


def _clean(found: str) -> str:
    """Return an address in lower case; "" for what is none, such as one that was shortened."""
    address = GATEWAY.sub("", found).strip(".'=").lower()
    return "" if ".." in address or address.startswith("@") else address


def _report_type(structure: Structure) -> str:
    if structure.content_type != "multipart/report":
        return ""
    return structure.parameters.get("report-type", "").strip().lower()


def failed_recipients(structure: Structure) -> tuple[str, ...]:
    """Return what the header of Exim and Gmail names: X-Failed-Recipients."""
    said = [part for value in structure.each("x-failed-recipients") for part in value.split(",")]
    return tuple(dict.fromkeys(_addresses(said)))[:MOST_RECIPIENTS]


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


def in_prose(structure: Structure, text: str | None = None) -> list[str]:
    """Return the addresses that a refusal in plain words names as refused.

    `text` is its prose, where that is known. Addresses on a line of their own or beside a reason
    come first; ours and its sender's never count.
    """
    text = prose_of(text_of(structure)) if text is None else text
    introduced = LIST_OF_REFUSED.search(text)
    text = text[introduced.end() :] if introduced else text
    ours = {
        found.lower()
        for name in ("from", "to", "sender", "reply-to")
        for found in ADDRESS.findall(structure.header(name))
    }
    sure: list[str] = []
    others: list[str] = []
    for match in ADDRESS.finditer(text):
        address = _clean(match[0])
        line = text[text.rfind("\n", 0, match.start()) + 1 : (text + "\n").find("\n", match.end())]
        if (
            not address
            or address in ours
            or _is_machine(address)
            or HELPERS.search(text[max(0, match.start() - 40) : match.start()])
        ):
            continue
        alone = line.strip(" \t<>:;*-.'\"()[]").lower() == address
        (
            sure
            if alone or line.lstrip().startswith(("<", "To:", "  ")) or REFUSED_LINE.search(line)
            else others
        ).append(address)
    found = (
        sure
        or others
        or [person for block in _carried_blocks(structure) if (person := _recipient(block))]
    )
    return list(dict.fromkeys(found))[:MOST_RECIPIENTS]


def _carried_blocks(structure: Structure) -> Iterator[dict[str, str]]:
    """Yield the recipients of a delivery status that a gateway wrapped into a mail of its own."""
    for piece in structure.of_type("message/delivery-status", depth=1):
        yield from _blocks(piece.text[:LONGEST_STATUS])


def _is_machine(address: str) -> bool:
    name = address.split("@", maxsplit=1)[0]
    return bool(words("sender", "daemon").fullmatch(name)) or name in (
        "abuse",
        "helpdesk",
        "support",
    )


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
