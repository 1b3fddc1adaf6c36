"""Refusals that say nothing against an address: the mailbox is full, or the mail was too large.

Such a mail did not arrive, and the next one may. Source: RFC 3463, 3.3 and 3.4.
"""

from __future__ import annotations

import re

from outreach.mail.sorting.words import flat, fold

SAID = "It says that the mailbox is full."
PASSING = re.compile(
    r"(?<![\d.])[45]\.(?:2\.[23]|3\.[14])(?!\.?\d)"  # full; too long; the system full; too large
    r"|(?:mail ?(?:box|folder|file)|inbox|storage)(?: (?:is|for|user|full:))* (?:full|over ?quota)\b"
    r"|over ?quota\b|over (?:the|its|their) (?:\w+ )?quota|quota (?:\w+ )?(?:is )?exceeded"
    r"|exceed\w*(?: \w+){0,3} (?:quota|storage)|out of storage|(?:not enough|insufficient) "
    r"(?:\w+ )?(?:storage|space)|size limit exceeded|message (?:is )?too (?:large|big)"
    r"|postfach (?:ist )?voll|boite (?:\w+ )*pleine|quota depasse|buzon (?:esta )?lleno"
    r"|casella (?:\w+ )*piena|skrzynka (?:\w+ )*(?:pelna|przepelniona)|mailbox (?:is )?vol\b"
)


def spares_address(why: str) -> bool:
    """Tell whether what a server said of a refusal leaves the address as good as it was."""
    return bool(PASSING.search(flat(fold(why))))


def told(why: str, said: str) -> str:
    """Return what decided, with what a server said of it where that spares the address."""
    return f"{why} {SAID}" if spares_address(said) and not spares_address(why) else why
