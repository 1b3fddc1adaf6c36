"""Read whom a refusal is about: the recipients of a delivery status, or addresses in prose.

Source: RFC 3464, 2.3. Of prose, what servers that know none of it write beside an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from outreach.mail.parsing.structure import Structure
from outreach.mail.sorting.words import words

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
FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})\s*:[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
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


def blocks_of(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each recipient; the first block is about the mail."""
    for block in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.replace("\r\n", "\n").strip("\n")):
        fields = fields_of(block)
        if "final-recipient" in fields or "original-recipient" in fields or "action" in fields:
            yield fields


def fields_of(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in FIELD.findall(text.replace("\r\n", "\n")):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found


def recipient_of(block: dict[str, str]) -> str:
    """Return whom it is about: as we wrote it, not as their server rewrote it."""
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    return next(addresses_in(block.get(name, "") for name in names), "")


def addresses_in(texts: Iterable[str]) -> Iterator[str]:
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


def failed_recipients(structure: Structure) -> tuple[str, ...]:
    """Return what the header of Exim and Gmail names: X-Failed-Recipients."""
    said = [part for value in structure.each("x-failed-recipients") for part in value.split(",")]
    return tuple(dict.fromkeys(addresses_in(said)))[:MOST_RECIPIENTS]


def in_prose(structure: Structure, text: str) -> list[str]:
    """Return the addresses that a refusal in plain words names as refused.

    `text` is its prose. Addresses on a line of their own or beside a reason come first; ours and
    its sender's never count.
    """
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
        or [person for block in _carried_blocks(structure) if (person := recipient_of(block))]
    )
    return list(dict.fromkeys(found))[:MOST_RECIPIENTS]


def _carried_blocks(structure: Structure) -> Iterator[dict[str, str]]:
    """Yield the recipients of a delivery status that a gateway wrapped into a mail of its own."""
    for piece in structure.of_type("message/delivery-status", depth=1):
        yield from blocks_of(piece.text[:LONGEST_STATUS])


def _is_machine(address: str) -> bool:
    name = address.split("@", maxsplit=1)[0]
    return bool(words("sender", "daemon").fullmatch(name)) or name in (
        "abuse",
        "helpdesk",
        "support",
    )
