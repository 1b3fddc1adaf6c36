"""How far the reading of a mailbox is, for whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.models import Mailbox, MailFolder


@dataclass(frozen=True, slots=True)
class Progress:
    """Which folders of a mailbox are read, and how much of what was there has been taken in."""

    mailbox: Mailbox
    folders: Sequence[MailFolder]

    @classmethod
    def of(cls, mailbox: Mailbox) -> Progress:
        """Read how far it is, in one query."""
        return cls(mailbox, list(mailbox.folders.all()) if mailbox.pk else [])

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to read and nobody paused it."""
        return bool(self.mailbox.imap_host) and self.mailbox.is_read

    @property
    def is_working(self) -> bool:
        """Whether a reader had better look again soon."""
        if not self.is_wanted:
            return False
        has_begun = self.mailbox.read_at is not None
        return not has_begun or any(each.backfill_before is not None for each in self.folders)

    @property
    def total(self) -> int:
        return sum(each.backfill_total for each in self.folders)

    @property
    def done(self) -> int:
        return sum(each.backfill_done for each in self.folders)
