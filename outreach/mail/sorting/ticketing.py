"""What systems for tickets and customers say of a mail: somebody typed it, or a rule made it."""

from __future__ import annotations

import re

from outreach.mail.parsing import addresses
from outreach.mail.parsing.structure import Structure

# What each puts into a header of its own where no person wrote.
MADE_BY_RULE = {
    "x-intercom-source": re.compile(r"workflow", re.IGNORECASE),
    "x-sfdc-emailcategory": re.compile(r"workflow|.*autorespon", re.IGNORECASE),
    "x-post-messageclass": re.compile(r".*autorespon", re.IGNORECASE),  # FirstClass
    "x-uv-mailing": re.compile(r"auto_response", re.IGNORECASE),  # UserVoice
}


def by_rule(structure: Structure) -> str:
    """Return how a system says that a rule made a mail; "" where none does."""
    for name, made in MADE_BY_RULE.items():
        if made.match(value := structure.header(name).strip()):
            return f"The header {name.title()} says “{value[:40]}”."
    return ""


def is_typed(structure: Structure) -> bool:
    """Tell whether somebody typed an answer in Zendesk, which calls all of its mail automatic.

    It puts who did beside the name that its own mail carries: "Ann Lee (Support)".
    """
    if not structure.header("x-mailer").lower().startswith("zendesk"):
        return False
    name, house = _name(structure, "from"), _name(structure, "reply-to")
    return bool(house) and name.endswith(f" ({house})")


def is_of_rt(structure: Structure) -> bool:
    """Tell whether a mail came by RT, which sends on what people write as well."""
    return bool(structure.header("rt-ticket") or structure.header("x-rt-ticket"))


def _name(structure: Structure, header: str) -> str:
    found = addresses.parties(structure.header(header))
    return found[0].name if found else ""
