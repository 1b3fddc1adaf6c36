"""Who stands in a header: names and addresses, in one pass, whatever is nested. RFC 5322, 3.4."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from outreach.mail.parsing import decoding
from outreach.mail.parsing.parsed import Party

MOST = 100  # of one header; the rest of a crowd is left out
LONGEST = 320  # characters of an address
LONGEST_NAME = 200
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|<[^<>]*+>?|[(),;:>]|[^\s"<>(),;:]++')


@dataclass(slots=True)
class _Entry:
    """What has been read of one entry of a list of addresses."""

    words: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    address: str = ""

    def party(self) -> list[Party]:
        """Return who it names, or nobody where nothing stands."""
        if not self.address:
            bare = [word for word in self.words if "@" in word and not word.startswith('"')]
            self.address = bare[-1] if bare else ""
            self.words = [word for word in self.words if word != self.address]
        said = " ".join(map(_unquoted, self.words)) or " ".join(self.comment)
        name, address = decoding.header_text(said)[:LONGEST_NAME], _address(self.address)
        return [Party(address, name.strip())] if address or name else []


def parties(header: str) -> list[Party]:
    """Return who is named in a header that is not decoded yet, at most one more than `MOST`.

    Encoded words are decoded after it has been taken apart, so that none can pose as an address.
    """
    found: list[Party] = []
    entry, nested = _Entry(), 0
    for match in TOKEN.finditer(header):
        mark = match[0]
        if mark in "()":
            nested = max(0, nested + (1 if mark == "(" else -1))
        elif nested:
            entry.comment.append(mark)
        elif mark in ",;":
            found += entry.party()
            entry = _Entry()
            if len(found) > MOST:
                return found
        elif mark == ":":  # what stood before it names a group
            entry.words = []
        elif mark.startswith("<") and not entry.address:
            entry.address = mark.strip("<>")
        else:
            entry.words.append(mark)
    return found + entry.party()


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word.strip('"')) if word.startswith('"') else word


def _address(said: str) -> str:
    """Return an address in lower case, "" for what cannot be one."""
    address = decoding.clean(said.rpartition(":")[2].strip().lower())
    before, at, domain = address.rpartition("@")
    is_one = at and before and domain and len(address) <= LONGEST and not re.search(r"\s", address)
    return address if is_one else ""
