"""Find out under which name a mail server reports what it checked of senders, for a form's hint.

Anybody can write such a header into a mail, so one mail proves nothing: the name must stand
topmost in most of the latest mails. A person confirms it. Source: RFC 8601, 5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from outreach.mail import imap
from outreach.mail.filing.authenticity import NAMELESS
from outreach.mail.mailboxes.opening import looking_into
from outreach.models import Mailbox

LOOKED_AT = 20  # mails
FEWEST = 3  # fewer say nothing
HEADERS_BYTES = 16 * 2**10
REPORT = re.compile(
    rb"^authentication-results:((?:.*\r?\n[ \t]+)*.*)", re.IGNORECASE | re.MULTILINE
)
COMMENT = re.compile(r"\([^()]*\)")
NAME = re.compile(r"[a-z0-9.:_-]{1,200}")


def probable(mailbox: Mailbox, *, now: datetime) -> str:
    """Return the name that stands topmost in most of the latest mails, "" where none does.

    Nothing is changed there. Raises NotReadError, in plain words, where nothing can be read.
    """
    with looking_into(mailbox, now=now, timeout_seconds=imap.IMPATIENT_SECONDS) as account:
        opened = account.open("INBOX")
        first = max(opened.uid_next - 1 - 10 * LOOKED_AT, 0)  # numbers have gaps
        latest = account.after(first)[-LOOKED_AT:]
        heads = account.fetch(latest, limit_bytes=HEADERS_BYTES)
    return most_common(map(topmost, heads.values()))


def topmost(head: bytes) -> str:
    """Return the name of the topmost report of a mail's headers, "" where there is none."""
    headers = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    found = REPORT.search(headers)
    if found is None:
        return ""
    said = COMMENT.sub(" ", found[1].decode("ascii", "replace")).partition(";")[0]
    if "=" in said:  # Microsoft 365 leaves its name out
        return NAMELESS
    words = said.strip().strip('"').lower().split()
    return words[0] if words and NAME.fullmatch(words[0]) else ""


def most_common(names: Iterable[str]) -> str:
    """Return the name that more than half of the mails bear."""
    counted = Counter(names)
    name, count = max(counted.items(), key=lambda item: item[1], default=("", 0))
    return name if name and count >= FEWEST and count * 2 > counted.total() else ""
