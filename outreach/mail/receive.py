"""Take in mail from every door, and have it filed, each mail once, beside any number of workers.

A door stores the mail as it came (`take`) in the transaction in which it moves on; a worker claims
it, reads it in a process of its own and files it (`file`), so that whoever dies on the way loses
nothing and doubles nothing. What cannot be read is set aside, and the next mail goes on.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.text import Truncator

from accounts.models import User
from outreach.mail import asked
from outreach.mail.filing import again
from outreach.mail.filing.entering import file, file_copy
from outreach.mail.parsing.parsed import ParsedMail
from outreach.mail.parsing.sandbox import Reader, ReaderMissingError
from outreach.mail.parsing.scanning import UnreadableMailError, beginning_of
from outreach.models import Door, Intake, Mail, Mailbox

__all__ = ["file", "take"]

log = structlog.get_logger(__name__)

# Nobody files a mail later than the beat that comes after it: a hint that waited longer is stale.
HINT_LASTS = timedelta(minutes=1)
# Longer than a reading may take (`sandbox`) and a filing waits for locks: whoever claimed a mail
# that long ago does not come back.
LEASE = timedelta(minutes=2)
MOST_TRIES = 3
PAUSE = timedelta(seconds=10)  # after the first try that failed; after the second twice as long
AHEAD = 20  # mails looked at for one that nobody else has claimed meanwhile
RETRY = "Try it again once that is mended."
ONLY_BEGINNING = (
    "It has over 10 MB: its beginning was read, and its files are listed as far as that."
)
KILLED = f"Its reader was stopped {MOST_TRIES} times. Open it in your mail program, or try again."


def take(  # noqa: PLR0913  # what a door knows of a mail besides the mail
    door: Door, raw: bytes, *, now: datetime, received_at: datetime | None = None,
    mailbox: Mailbox | None = None, user: User | None = None, is_from_us: bool = False,
    envelope_sender: str = "", envelope_recipient: str = "", origin: str = "",
    is_claimed: bool = False, size_bytes: int | None = None,
) -> Intake:  # fmt: skip
    """Store a mail as it came, in the caller's transaction; a worker files it once that commits.

    `received_at` is when our server had it, in UTC; an archive leaves it out. `is_from_us` says
    that it lay in a folder of sent mail. The same mail may be taken in any number of times. Of one
    over 10 MB the beginning is kept, through whatever door it comes; `size_bytes` is what it has
    where a door hands over no more.
    With `is_claimed` the caller files it at once, and workers leave it alone meanwhile.
    """
    size_bytes = max(len(raw), size_bytes or 0)
    raw = beginning_of(raw, size_bytes)
    made = Intake.objects.create(
        door=door, mailbox=mailbox, user=user, is_from_us=is_from_us, raw=raw, size_bytes=size_bytes,
        digest=hashlib.sha256(raw).hexdigest(), envelope_sender=envelope_sender[:320].lower(),
        envelope_recipient=envelope_recipient[:320].lower(), origin=origin[:200],
        received_at=received_at, arrived_at=now, tries=int(is_claimed),
        claimed_until=now + LEASE if is_claimed else None,
    )  # fmt: skip
    if not is_claimed and _wake not in [
        asked for _, asked, *_ in connection.run_on_commit
    ]:  # once for a batch
        transaction.on_commit(_wake, robust=True)
    return made


def file_waiting(now: datetime, until: float) -> int:
    """File the mail that waits, until `time.monotonic()` says `until`; return how many it was.

    Any number of workers may do so side by side. Source: docs/decisions/094-one-mail-many-copies.md.
    """
    began, done = monotonic(), 0
    with Reader() as reader:
        while monotonic() < until:
            at = now + timedelta(seconds=monotonic() - began)
            intake = claim(at)
            if intake is None:
                break
            file_claimed(intake, reader, at)
            done += 1
    again.look_at(again.of_known_senders(), now)
    return done


def is_waiting(now: datetime) -> bool:
    """Whether there is mail that a worker could file now."""
    return _free(now).exists()


def claim(now: datetime) -> Intake | None:
    """Claim the next mail that waits, None where there is none; its try is counted before it is read.

    One that was claimed so often and never came to an end is set aside with what is known.
    """
    while ids := _free(now).order_by("pk").values_list("pk", flat=True)[:AHEAD]:
        for pk in ids:
            free = _free(now).filter(pk=pk)
            if free.filter(tries__gte=MOST_TRIES).update(set_aside_at=now, problem=KILLED):
                continue
            if free.update(tries=F("tries") + 1, claimed_until=now + LEASE):
                return Intake.objects.select_related("mailbox__user", "user").get(pk=pk)
    return None


def file_claimed(intake: Intake, reader: Reader, now: datetime) -> tuple[Mail, bool] | None:
    """Read and file a mail that was claimed; None where it was set aside or waits for another try.

    Returns its row, and whether it is the first copy of it.
    """
    try:
        with asked.once():
            return file_copy(_understood(intake, reader), intake, now)
    except ReaderMissingError:  # the mail has nothing to do with it
        Intake.objects.filter(pk=intake.pk).update(tries=F("tries") - 1, claimed_until=None)
        raise
    except UnreadableMailError as error:
        set_aside(intake, str(error), now)
    except Exception as error:  # the next mail goes on, whatever is wrong with this one
        log.exception("mail_not_filed", intake=intake.pk)
        _try_later(intake, error, now)
    return None


def set_aside(intake: Intake, why: str, now: datetime) -> None:
    """Set a mail aside for the admin, with what is wrong with it; the same mail twice is one."""
    same = Intake.objects.filter(set_aside_at__isnull=False, digest=intake.digest)
    if same.exclude(pk=intake.pk).exists():
        Intake.objects.filter(pk=intake.pk).delete()
        return
    Intake.objects.filter(pk=intake.pk).update(
        set_aside_at=now, claimed_until=None, problem=Truncator(why).chars(300)
    )


def retry(intake: Intake) -> bool:
    """Let a mail that was set aside be read again; return whether it was."""
    rows = Intake.objects.filter(pk=intake.pk, set_aside_at__isnull=False)
    is_ours = bool(rows.update(set_aside_at=None, claimed_until=None, tries=0, problem=""))
    if is_ours:
        transaction.on_commit(_wake, robust=True)
    return is_ours


def delete(intake: Intake) -> bool:
    """Delete a mail that was set aside; return whether it was."""
    return bool(Intake.objects.filter(pk=intake.pk, set_aside_at__isnull=False).delete()[0])


def _understood(intake: Intake, reader: Reader) -> ParsedMail:
    """Return a mail as it was read. Raises UnreadableMailError where nothing can be made of it."""
    raw = bytes(intake.raw)
    is_cut = intake.size_bytes > len(raw)  # half a file is none
    with_files = asked.workspace().keeps_attachments and not is_cut
    parsed = reader.read(raw, with_files=with_files)
    if is_cut:
        why = f"{parsed.verdict.why} {ONLY_BEGINNING}"
        parsed = replace(parsed, verdict=replace(parsed.verdict, why=why))
    if parsed.verdict.name == "unreadable":
        raise UnreadableMailError(parsed.verdict.why)
    return parsed


def _free(now: datetime) -> QuerySet[Intake]:
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return Intake.objects.filter(free, set_aside_at=None)


def _try_later(intake: Intake, error: Exception, now: datetime) -> None:
    """Put a mail off that could not be filed; after so many tries it is set aside."""
    if intake.tries >= MOST_TRIES:
        set_aside(intake, f"It could not be filed: {error} {RETRY}", now)
        return
    later = now + intake.tries * PAUSE
    Intake.objects.filter(pk=intake.pk).update(claimed_until=later)


def _wake() -> None:
    """Ask for it to be filed; a hint that gets lost is made up for by the next beat."""
    from outreach import tasks  # the tasks know this module

    tasks.file_mail.apply_async(expires=HINT_LASTS.total_seconds())
