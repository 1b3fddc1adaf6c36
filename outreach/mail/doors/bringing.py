"""Bring the mails of an archive in, one after the other, and count what became of them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from time import monotonic

from accounts.models import User
from deals.models import Direction
from outreach.mail import receive
from outreach.mail.doors.archives import Archived
from outreach.mail.parsing.sandbox import Reader
from outreach.models import Door, Intake, Mail

State = Mail.State
MOST_PROBLEMS = 100  # told one by one; the rest is in the list of what was set aside
KEYS = ("touches", "replies", "automatic", "unmatched", "rejected")


class Bringing:
    """One import: each mail is taken in claimed, so that no worker files it meanwhile, and filed
    at once. Killed, it leaves at most one mail, which a worker files later.
    """

    def __init__(self, user: User | None, now: datetime) -> None:
        self.user, self.problems = user, list[str]()
        self._began_at, self._began = now, monotonic()
        self._reader = Reader()
        self._counted: Counter[str] = Counter()
        self._waiting: list[int] = []

    def bring(self, archived: Archived) -> None:
        """File one mail, or set it aside with the reason."""
        now = self._began_at + timedelta(seconds=monotonic() - self._began)
        intake = receive.take(
            Door.ARCHIVE, archived.raw, now=now, user=self.user, origin=archived.origin,
            is_claimed=True,
        )  # fmt: skip
        filed = receive.file_claimed(intake, self._reader, now)
        if filed is None:
            self._rejected(archived, intake)
        elif filed[1]:
            self._count(filed[0])

    def counts(self) -> dict[str, int]:
        """Return what came in new: mail that waited for its thread counts as what it became."""
        became = Mail.objects.filter(pk__in=self._waiting).exclude(state=State.UNMATCHED)
        for mail in became:
            self._counted["unmatched"] -= 1
            self._count(mail)
        return {key: self._counted[key] for key in KEYS}

    def close(self) -> None:
        """End the reader of mail."""
        self._reader.close()

    def _count(self, mail: Mail) -> None:
        if mail.state == State.UNMATCHED:
            self._counted["unmatched"] += 1
            self._waiting.append(mail.pk)
        elif mail.state == State.AUTOMATIC or mail.verdict == Mail.Verdict.CALENDAR:
            self._counted["automatic"] += 1
        elif mail.touch_id is not None:
            self._counted["touches"] += 1
            self._counted["replies"] += mail.direction == Direction.INBOUND

    def _rejected(self, archived: Archived, intake: Intake) -> None:
        self._counted["rejected"] += 1
        if len(self.problems) < MOST_PROBLEMS:
            known = Intake.objects.filter(digest=intake.digest).exclude(problem="").first()
            why = known.problem if known else "It will be tried again."
            self.problems.append(f"{archived.origin}: {why}")
