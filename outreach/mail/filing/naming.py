"""What a sender is probably called, and where they probably work: a form's first guess."""

from __future__ import annotations

import re

from outreach.mail.match import is_public

BETWEEN = re.compile(r"[._\-+\d\s]+")
TITLES = re.compile(r"^(?:(?:dr|prof|mr|mrs|ms|herr|frau|dipl|ing)\.?\s+)+", re.IGNORECASE)
AFTER = re.compile(r"\s*[(|/].*$")  # "Mara Lind (Nordhavn)", "Mara Lind | Nordhavn"


def name_of(said: str, address: str) -> tuple[str, str]:
    """Return first and last name by what a sender calls themselves, else by their address."""
    name = AFTER.sub("", said.strip().strip("'\"")).strip()
    if not name or "@" in name:
        return _by_address(address)
    last, comma, first = name.partition(",")
    if comma and first.strip():
        return TITLES.sub("", first.strip()), last.strip()
    first, _, last = TITLES.sub("", name).rpartition(" ")
    return (first, last) if first else (last, "")


def company_of(address: str) -> str:
    """Return what a company may be called by the domain of an address, "" where anybody is."""
    labels = domain_of(address).split(".")
    if len(labels) < 2:
        return ""
    # "yard.co.uk" is called Yard
    place = -3 if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2 else -2
    return _titled(labels[place])


def domain_of(address: str) -> str:
    """Return the domain of an address, "" where anybody may have one under it."""
    domain = address.rpartition("@")[2]
    return "" if is_public(domain) else domain


def _by_address(address: str) -> tuple[str, str]:
    words = _titled(address.partition("@")[0].partition("+")[0]).split()
    return (" ".join(words[:-1]), words[-1]) if len(words) > 1 else ("".join(words), "")


def _titled(text: str) -> str:
    return " ".join(word.capitalize() for word in BETWEEN.split(text) if word)
