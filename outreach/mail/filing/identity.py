"""What tells one mail from all others, and what one copy of it says of when, whence and by whom.

The same mail comes through several doors: into two mailboxes, into a folder of sent mail, as a
copy to the capture address, in an archive. Its copies make one row, and what that row says does
not depend on which of them came first. Source: docs/decisions/094-one-mail-many-copies.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from deals.models import Direction
from outreach.mail.parsing.parsed import ParsedMail
from outreach.models import Door, Intake, Mail

# No mail is older: what says so has a clock that was never set.
EARLIEST = datetime(1985, 1, 1, tzinfo=UTC)
LONGEST_FOOTER = 3000  # letters: a disclaimer in two languages
SURENESS = (Mail.Authenticity.UNKNOWN, Mail.Authenticity.FAILED, Mail.Authenticity.PASSED)


def identity_of(parsed: ParsedMail) -> str:
    """Return a digest of Message-ID, sender and body; without an id of date, sender and body."""
    written = parsed.written_at.isoformat() if parsed.written_at else ""
    named = bracketed(parsed.message_id) or written
    told = f"{named}\0{parsed.sender.address}\0{parsed.body_digest}"
    return hashlib.sha256(told.encode()).hexdigest()


def is_same_with_footer(one: str, other: str) -> bool:
    """Whether of two texts one is the other with a footer below it, as gateways append them.

    For mail with the same Message-ID, sender and Date only. White space says nothing.
    """
    shorter, longer = sorted(("".join(one.split()), "".join(other.split())), key=len)
    footer = len(longer) - len(shorter)
    return bool(shorter) and footer <= LONGEST_FOOTER and longer.startswith(shorter)


def bracketed(message_id: str) -> str:
    """Return a Message-ID in its brackets, "" for none, however its mail wrote it."""
    bare = message_id.strip().strip("<>").strip()
    return f"<{bare}>" if bare else ""


def received(parsed: ParsedMail, intake: Intake) -> datetime:
    """Return when a copy counts: at our server's receipt; in archives by its own date.

    Never later than it came to us. Source: SILENCE.md, "Whose turn", rule 8.
    """
    if intake.door == Door.ARCHIVE:
        at = _plausible(parsed.written_at) or _noted(parsed) or intake.arrived_at
    else:
        at = intake.received_at or _noted(parsed) or intake.arrived_at
    return min(at, intake.arrived_at)


def _noted(parsed: ParsedMail) -> datetime | None:
    """Return when the server nearest to us says that it received it."""
    for line in parsed.header("received"):
        try:
            at = parsedate_to_datetime(line.rpartition(";")[2].strip()[:100])
            return _plausible(at if at.tzinfo else at.replace(tzinfo=UTC))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return None


def _plausible(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None and at >= EARLIEST else None


@dataclass(frozen=True, slots=True)
class Copy:
    """What one copy of a mail says: its door, which way it went, when it counts, who vouches."""

    door: str
    direction: str
    occurred_at: datetime
    authenticity: str

    def adds_to(self, mail: Mail) -> dict[str, object]:
        """Return what the row says otherwise once this copy counts too, in any order of copies.

        A server's receipt comes before an archive's date, the earlier before the later; who finds
        it among sent mail is right that we wrote it; one server that vouches for it is enough.
        """
        told: dict[str, object] = {}
        if self._counts_before(mail):
            told = {"door": self.door, "occurred_at": self.occurred_at}
        if self.direction == Direction.OUTBOUND:
            told["direction"] = self.direction
        told["authenticity"] = max(mail.authenticity, self.authenticity, key=_sureness)
        return {name: value for name, value in told.items() if getattr(mail, name) != value}

    def _counts_before(self, mail: Mail) -> bool:
        mine = (self.door == Door.ARCHIVE, self.occurred_at)
        return mine < (mail.door == Door.ARCHIVE, mail.occurred_at)


def _sureness(authenticity: str) -> int:
    return SURENESS.index(Mail.Authenticity(authenticity))
