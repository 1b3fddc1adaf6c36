"""Mail that was forwarded by hand: who wrote it first, where that is sure.

A forward is sure where its subject says that it is one, it went to nobody but us, and it shows a
block of headers with one sender. Everything else is for a person to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from outreach.mail.parsing.parsed import ParsedMail, Party

# As mail programs write them, in the languages that reps work in.
PREFIX = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|wg|tr|rv|enc|doorst|pd|vb|vs|vl|fs|pārs|per|ynt|i|továbbítás|"
    r"πρθ|转发|轉寄|転送)\s*(?:\(\d+\))?\s*[:：]",
    re.IGNORECASE,
)
SENDER = ("from", "von", "de", "van", "od", "no", "da", "från", "fra", "lähettäjä", "nuo", "saatja",
          "от", "від", "发件人", "寄件者", "差出人")  # fmt: skip
RECIPIENT = ("to", "an", "à", "para", "a", "aan", "do", "kam", "till", "til", "vastaanottaja", "kam",
             "kellele", "кому", "收件人", "宛先")  # fmt: skip
OTHER = (
    "sent", "date", "gesendet", "datum", "envoyé", "envoyé le", "date d'envoi", "enviado", "enviado el",
    "enviada em", "fecha", "data", "inviato", "verzonden", "wysłano", "nosūtīts", "datums", "skickat",
    "sendt", "dato", "lähetetty", "päivämäärä", "išsiųsta", "saadetud", "отправлено", "дата",
    "发送时间", "送信日時", "subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp",
    "temat", "tēma", "ämne", "emne", "aihe", "tema", "teema", "тема", "主题", "件名", "cc", "kopie",
)  # fmt: skip
LINE = re.compile(r"^[\s>*_|]{0,8}([^\W\d_][^:：\n]{0,20}?)[\s*_]*[:：][\s*_]*(\S.{0,300}|)$")
ADDRESS = re.compile(r"[\w.!#$%&'+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
LONGEST_BLOCK = 10  # lines, folded ones and empty ones among them


@dataclass(frozen=True, slots=True)
class Block:
    """The headers of a mail as a forward shows them, and what that mail says."""

    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    name: str
    text: str


def as_meant(mail: ParsedMail, is_ours: Callable[[str], bool]) -> ParsedMail:
    """Return what a rep's forward passes on, as its first writer's; any other mail as it is.

    Where that is a mail of our own, it is ours to its recipients.
    """
    if not PREFIX.match(mail.subject) or not _is_for_us_alone(mail, is_ours):
        return mail
    block = block_of(mail.text)
    if block is None or len(block.senders) != 1:
        return mail
    [sender] = block.senders
    words: dict[str, Any] = {
        "text": block.text,
        "reply": block.text,
        "html": "",
        "references": (),
        "reply_to": (),
    }
    if is_ours(sender):
        return replace(mail, recipients=tuple(map(Party, block.recipients)), **words)
    return replace(mail, senders=(Party(sender, block.name),), **words)


def block_of(text: str) -> Block | None:
    """Return the first block of headers in a text, None where there is none."""
    lines = text.splitlines()
    for place, line in enumerate(lines):
        name, value = _header(line)
        if name not in SENDER or not value:
            continue
        below = lines[place + 1 : place + LONGEST_BLOCK]
        named = [_header(each) for each in below]
        if sum(each in OTHER or each in RECIPIENT for each, _ in named) < 2:
            continue
        to = " ".join(said for each, said in named if each in RECIPIENT)
        # some programs break the line between name and address
        whole = value if ADDRESS.search(value) else f"{value} {below[0]}"
        return Block(_addresses(whole), _addresses(to), _name(value), _after(lines[place + 1 :]))
    return None


def _is_for_us_alone(mail: ParsedMail, is_ours: Callable[[str], bool]) -> bool:
    return is_ours(mail.sender.address) and all(is_ours(each.address) for each in mail.recipients)


def _header(line: str) -> tuple[str, str]:
    found = LINE.match(line)
    return (found[1].strip().casefold(), found[2].strip()) if found else ("", "")


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.lower() for found in ADDRESS.findall(text)))


def _name(value: str) -> str:
    return re.split(r"[<\[(]", value, maxsplit=1)[0].strip(" \"'")[:200]


def _after(lines: list[str]) -> str:
    """Return what follows the headers, without the marks of a quotation."""
    place = next(
        (at for at, line in enumerate(lines) if not line.strip(" >") and _is_past(lines[:at])),
        len(lines),
    )
    return "\n".join(re.sub(r"^(?:> ?)+", "", line) for line in lines[place:]).strip()


def _is_past(above: list[str]) -> bool:
    return sum(_header(line)[0] in (*OTHER, *RECIPIENT) for line in above) >= 2
