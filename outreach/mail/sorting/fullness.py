"""Refusals that say nothing against an address: the mailbox is full, or the mail was too large.

Such a mail did not arrive, and the next one may. Source: RFC 3463, 3.3 and 3.4.
"""

from __future__ import annotations

import re

SAID = "It says that the mailbox is full."
PASSING = re.compile(
    r"(?<![\d.])[45]\.(?:2\.[23]|3\.[14])(?!\.?\d)"  # full; too long; the system full; too large
    r"|mailbox (?:is )?(?:full|over ?quota)|over ?quota\b|quota (?:is )?exceeded"
    r"|exceed\w*(?: \w+){0,3} quota",
    re.IGNORECASE,
)


def spares_address(why: str) -> bool:
    """Tell whether what a server said of a refusal leaves the address as good as it was."""
    return bool(PASSING.search(why))
