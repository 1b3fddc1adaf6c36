"""Read whom a refusal is about: the recipients of a delivery status, or addresses in prose.

Source: RFC 3464, 2.3. Of prose, what servers that know none of it write beside an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from outreach.mail.parsing.structure import Structure
from outreach.mail.sorting.words import text_of, words

LONGEST_STATUS = 50_000  # letters of a delivery status that are read
MOST_RECIPIENTS = 100
ADDRESS = re.compile(
    r"[A-Za-z0-9_.+=/&%$!#?*{}|~'-]{1,64}@[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){1,9}", re.ASCII
)
GATEWAY = re.compile(
    r".*\b(?:smtp|rfc822)=", re.IGNORECASE
)  # X.400 names: "c=US;dda:SMTP=ann@example.com"
# Names that a relay was told to take apart: "ann%client.example@relay.example".
BY_A_RELAY = re.compile(r"([^%@]+)%([a-z0-9-]+(?:\.[a-z0-9-]+)+)@.+")
# What Exim puts below an address that it made of the one that we wrote to.
GENERATED = re.compile(r"generated (?:from|by)\s+<?([^\s<>()]{3,320})")
# Where a refusal that repeats our mail's own recipients comes to those that it did not reach.
LIST_OF_REFUSED = re.compile(
    r"did\s+not\s+reach|following\s+recipient|failed\s+recipient|following\s+address|these\s+recipients"
    r"|folgende[nr]?\s+(?:empf[aä]nger|adress)|destinataires?\s+suivant|siguientes?\s+destinatario",
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
# Lines of headers that name no recipient, but a mail, or its sender.
OTHER_LINE = re.compile(
    r"\W*(?:original-)?(?:message-id|in-reply-to|references|return-path|errors-to)\s*:",
    re.IGNORECASE,
)
OF_A_LIST = re.compile(
    r"^[ >|\t]*(?:list-(?:id|post)|x-beenthere|mailing-list|precedence)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
TO_LINE = re.compile(r"^[ >|\t]*(?:to|cc)\s*:[ \t]*(.{1,500})", re.IGNORECASE | re.MULTILINE)
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
    address = BY_A_RELAY.sub(r"\1@\2", GATEWAY.sub("", found).strip(".'=").lower())
    return "" if ".." in address or address.startswith("@") else address


def failed_recipients(structure: Structure) -> tuple[str, ...]:
    """Return what the header of Exim and Gmail names: X-Failed-Recipients."""
    said = [part for value in structure.each("x-failed-recipients") for part in value.split(",")]
    return tuple(as_we_wrote(addresses_in(said), text_of(structure)))[:MOST_RECIPIENTS]


def as_we_wrote(people: Iterable[str], prose: str) -> list[str]:
    """Return addresses as we wrote them, where a refusal says what it made others of."""
    first = {}
    for match in GENERATED.finditer(prose):
        above = prose[: match.start()].rstrip(" \t(").removesuffix("ultimately").rstrip(" \t(\n")
        for made in addresses_in([above.rpartition("\n")[2]]):
            first[made] = next(addresses_in([match[1]]), made)
    return list(dict.fromkeys(first.get(person, person) for person in people))


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
            or OTHER_LINE.match(line)
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
        or [person for person in sent_to(structure, text) if person not in ours]
    )
    return as_we_wrote(found, text)[:MOST_RECIPIENTS]


def sent_to(structure: Structure, prose: str) -> list[str]:
    """Return whom a mail that came back was for; nobody where it was for several, or to a list."""
    carried = structure.of_type(
        "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"
    )
    headers = "\n".join(f"{name}: {value}" for one in carried for name, value in one.headers)
    if not headers:
        text = text_of(structure)
        headers = text[text.find(prose) + len(prose) :]
    if OF_A_LIST.search(headers):
        return []
    named = [part for line in TO_LINE.findall(headers) for part in line.split(",")]
    people = list(dict.fromkeys(addresses_in(named)))
    return people if len(people) == 1 else []


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
