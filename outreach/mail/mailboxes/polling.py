"""Read what is new in the mailboxes, each by one worker at a time, and bring in what was there.

A mailbox is claimed for a short turn. A piece of mail and the mark up to which it was read are one
transaction, so that whoever dies on the way, or reads the same beside us, loses and doubles
nothing. New mail comes first; old mail comes newest first and waits while much is to be filed.
Sources: RFC 9051, 2.3.1.1; docs/decisions/098-reading-mailboxes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.text import Truncator

from outreach.mail.doors import capture
from outreach.mail.imap import (
    Account,
    Listed,
    NoFolderError,
    NotReadError,
    NotSignedInError,
    Opened,
)
from outreach.mail.mailboxes import folders
from outreach.mail.mailboxes.opening import looking_into
from outreach.mail.parsing.scanning import BEGINNING, LARGEST_MAIL
from outreach.models import Door, Intake, Mailbox, MailFolder
from outreach.models.encrypted import UnreadableSecretError

TURN_SECONDS = 20  # of reading, then it is another mailbox's turn
LEASE = timedelta(minutes=3)  # longer than a turn and every time limit of its last command
PIECE_MAILS = 100
PIECE_BYTES = 16 * 2**20
BACKLOG_MAILS = 500  # while so much waits to be filed, old mail may wait
BACKLOG_PAUSE_SECONDS = 5
# A server that fails is left alone for as long again as it has failed, within these bounds;
# one that refuses us for longer from the start: a few wrong passwords lock an account.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
REFUSED_PAUSE = timedelta(minutes=15)


class OvertakenError(Exception):
    """Another worker has read the same meanwhile."""


@dataclass
class Turn:
    """One worker's turn at one mailbox: from `now` on, until it has lasted TURN_SECONDS."""

    mailbox: Mailbox
    began_at: datetime
    began: float
    again_in: int | None = None  # seconds; None where nothing more waits

    @property
    def now(self) -> datetime:
        """Return the present, by how long it took from the instant that the door gave."""
        return self.began_at + timedelta(seconds=monotonic() - self.began)

    def is_over(self) -> bool:
        """Whether another mailbox's turn has come; then this one asks for another of its own."""
        if monotonic() - self.began < TURN_SECONDS:
            return False
        self.again_in = 0
        return True


def due(now: datetime) -> list[int]:
    """Return the ids of the mailboxes to read now."""
    return list(_due(now).order_by("read_at", "pk").values_list("pk", flat=True))


def read(pk: int, now: datetime) -> int | None:
    """Read a mailbox unless somebody else does; return in how many seconds it wants to go on.

    None means that nothing more waits. What goes wrong is kept in its `read_problem`.
    """
    mailbox = _claim(pk, now)
    if mailbox is None:
        return None
    turn = Turn(mailbox, now, monotonic())
    try:
        with looking_into(mailbox, now=now) as account:
            _read_folders(account, turn)
    except OvertakenError:
        return None
    except (NotReadError, UnreadableSecretError) as error:
        _release(turn, str(error), _pause(mailbox, error, turn.now))
        return None
    _release(turn, "", None)
    return turn.again_in


def _due(now: datetime) -> Any:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    works_here = Q(user=None) | Q(user__is_active=True)
    return Mailbox.objects.filter(free, works_here, is_read=True).exclude(imap_host="")


def _claim(pk: int, now: datetime) -> Mailbox | None:
    until = now + LEASE
    if not _due(now).filter(pk=pk).update(claimed_until=until):
        return None
    return Mailbox.objects.defer(*Mailbox.SECRETS).select_related("user").get(pk=pk)


def _release(turn: Turn, problem: str, pause: timedelta | None) -> None:
    """Give a mailbox back, unless the lease ran out and it is somebody else's by now."""
    now, ours = turn.now, Mailbox.objects.filter(
        pk=turn.mailbox.pk, claimed_until=turn.mailbox.claimed_until
    )  # fmt: skip
    fields: dict[str, Any] = {"read_problem": Truncator(problem).chars(300)}
    fields |= {"read_at": now} if not problem else {}
    ours.update(claimed_until=now + pause if pause else None, **fields)


def _pause(mailbox: Mailbox, error: Exception, now: datetime) -> timedelta:
    least = REFUSED_PAUSE if isinstance(error, NotSignedInError) else SHORTEST_PAUSE
    failing = now - mailbox.read_at if mailbox.read_at else least
    return max(least, min(failing, LONGEST_PAUSE))


def _read_folders(account: Account, turn: Turn) -> None:
    """Read what is new everywhere, and then what was there before."""
    rows = _folders(account, turn)
    for read_some in (_read_new, _read_old):
        for row in rows:
            try:
                read_some(account, row, turn)
            except NoFolderError:
                if row.role == MailFolder.Role.INBOX:
                    raise  # whoever loses the folder of sent mail still gets their replies


def _folders(account: Account, turn: Turn) -> list[MailFolder]:
    """Return the folders that are there to be read, what was sent first."""
    rows = []
    for name, role in folders.to_read(account.folders()).items():
        row, _ = MailFolder.objects.get_or_create(
            mailbox=turn.mailbox, name=name[:250], defaults={"role": role}
        )
        rows.append(row)
    return rows


def _read_new(account: Account, row: MailFolder, turn: Turn) -> None:
    opened = account.open(row.name)
    if row.uid_validity != opened.uid_validity:
        _begin(account, row, opened, turn)
        return
    if opened.uid_next <= row.after_uid + 1:
        return
    uids = account.after(row.after_uid)
    while uids and not turn.is_over():
        piece, mails = _fetch(account, uids)
        _keep(row, mails, turn, after_uid=piece[-1])
        uids = uids[len(piece) :]


def _begin(account: Account, row: MailFolder, opened: Opened, turn: Turn) -> None:
    """Note where a folder stands that is read for the first time, or was numbered anew."""
    is_first = row.uid_validity is None
    days = turn.mailbox.backfill_days
    since = row.since or turn.now.date() - timedelta(days=days)
    old = [] if is_first and not days else account.since(since, before=opened.uid_next)
    marks = {
        "uid_validity": opened.uid_validity, "after_uid": opened.uid_next - 1, "since": since,
        "backfill_before": opened.uid_next if old else None, "backfill_total": len(old),
        "backfill_done": 0,
    }  # fmt: skip
    _keep(row, [], turn, **marks)


def _read_old(account: Account, row: MailFolder, turn: Turn) -> None:
    """Read what was there on the first reading, the newest first."""
    if row.backfill_before is None or turn.is_over() or _waits_for_filing(turn):
        return
    account.open(row.name)
    uids = account.since(row.since or date.min, before=row.backfill_before)
    while uids and not turn.is_over() and not _waits_for_filing(turn):
        piece, mails = _fetch(account, uids)
        uids = uids[len(piece) :]
        done = min(row.backfill_done + len(piece), row.backfill_total)
        _keep(row, mails, turn, backfill_before=piece[-1], backfill_done=done)
    if not uids:
        _keep(row, [], turn, backfill_before=None, backfill_done=row.backfill_total)


def _waits_for_filing(turn: Turn) -> bool:
    """Whether so much waits to be filed that old mail would keep new mail waiting."""
    waiting = Intake.objects.filter(set_aside_at=None).order_by("pk")
    if waiting[BACKLOG_MAILS : BACKLOG_MAILS + 1].exists():
        turn.again_in = BACKLOG_PAUSE_SECONDS
        return True
    return False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail with what the server knows of it."""

    listed: Listed
    raw: bytes


def _fetch(account: Account, uids: Sequence[int]) -> tuple[Sequence[int], list[Fetched]]:
    """Fetch the first of some mails; return which that were, and those that are still there."""
    listed = account.listed(uids[:PIECE_MAILS])
    piece: list[int] = []
    size = 0
    for uid in uids[:PIECE_MAILS]:
        size += min(listed[uid].size_bytes, LARGEST_MAIL) if uid in listed else 0
        if piece and size > PIECE_BYTES:
            break
        piece.append(uid)
    there = [listed[uid] for uid in piece if uid in listed]
    long = [mail.uid for mail in there if mail.size_bytes > LARGEST_MAIL]
    content = account.fetch(mail.uid for mail in there if mail.uid not in long)
    content |= account.fetch(long, limit_bytes=BEGINNING)
    return piece, [Fetched(mail, content[mail.uid]) for mail in there if mail.uid in content]


@transaction.atomic
def _keep(row: MailFolder, mails: Sequence[Fetched], turn: Turn, **marks: Any) -> None:
    """Take mails in and move a folder's marks, both or neither. Raises OvertakenError."""
    read = ("uid_validity", "after_uid", "backfill_before")
    unchanged = MailFolder.objects.filter(pk=row.pk, **{name: getattr(row, name) for name in read})
    if not unchanged.update(**marks):
        raise OvertakenError
    for mail in mails:
        _take(row, mail, turn)
    for name, value in marks.items():
        setattr(row, name, value)


def _take(row: MailFolder, mail: Fetched, turn: Turn) -> None:
    now = turn.now
    capture.take_in(
        Door.IMAP, mail.raw, now=now, received_at=min(mail.listed.received_at, now),
        mailbox=turn.mailbox, user=turn.mailbox.user, is_from_us=row.role == MailFolder.Role.SENT,
        origin=f"{row.name[:150]} {mail.listed.uid}", size_bytes=_whole_size(mail),
    )  # fmt: skip


def _whole_size(mail: Fetched) -> int:
    """Return how many bytes a mail has; a server may count others where it hands over all."""
    return mail.listed.size_bytes if len(mail.raw) >= BEGINNING else len(mail.raw)
