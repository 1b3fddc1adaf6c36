"""File one mail: one row for all its copies, whose it is, and what follows from that.

Source: SILENCE.md, "Whose turn", rules 5 and 8; docs/decisions/094-one-mail-many-copies.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User
from deals.models import Direction
from outreach.mail import asked, match
from outreach.mail.filing import again, consequences
from outreach.mail.filing.authenticity import judge
from outreach.mail.filing.identity import (
    Copy,
    bracketed,
    identity_of,
    is_same_with_footer,
    received,
)
from outreach.mail.parsing import forwards
from outreach.mail.parsing.parsed import ParsedMail
from outreach.models import Attachment, Door, Intake, Mail

LONGEST_TEXT = 100_000  # letters kept of what a mail says; people write less
MOST_REFERENCES = 50  # the last ones: a thread that is longer repeats itself
MOST_RECIPIENTS = 100


def file(parsed: ParsedMail, intake: Intake, now: datetime) -> Mail:
    """File one mail: who wrote it, on which deal it is, what follows from that; return its row.

    What waits for a person and belongs to its thread is looked at again, each in a transaction of
    its own; whoever dies in between leaves the mail to be filed again, which doubles nothing.
    """
    mail, _ = file_copy(parsed, intake, now)
    return mail


def file_copy(parsed: ParsedMail, intake: Intake, now: datetime) -> tuple[Mail, bool]:
    """File one mail as `file` does; return its row, and whether it is the first copy of it."""
    with asked.once(), transaction.atomic():
        mail, is_first = _file(parsed, intake, now)
        waiting = again.waiting_for(mail)
        if not waiting:
            Intake.objects.filter(pk=intake.pk).delete()
    if waiting:
        again.look_at(waiting, now)
        Intake.objects.filter(pk=intake.pk).delete()
    return mail, is_first


def _file(parsed: ParsedMail, intake: Intake, now: datetime) -> tuple[Mail, bool]:
    outer, parsed = parsed, _as_meant(parsed, intake)
    copy, user = _copy(parsed, intake, outer)
    mail, is_first = _enter(_row(parsed, intake, copy, user, now))
    told = {} if is_first else copy.adds_to(mail)
    for name, value in told.items():
        setattr(mail, name, value)
    if is_first:
        _list_files(mail, parsed)
    if is_first or told:
        consequences.follow(mail, parsed, now=now)
    return mail, is_first


def _enter(made: Mail) -> tuple[Mail, bool]:
    """Insert a mail's row, or lock the one that stands for it; return it and whether it is new.

    The identity is unique: of two workers one inserts, the other waits for it and finds its row.
    """
    rows = Mail.objects.select_for_update(of=("self",)).select_related("touch", "hold")
    for known in rows.filter(Q(identity=made.identity) | _alike(made)).order_by("pk"):
        if known.identity == made.identity or is_same_with_footer(known.text, made.text):
            return known, False
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        return rows.get(identity=made.identity), False
    return made, True


def _alike(made: Mail) -> Q:
    """Find what calls itself the same mail, whatever it says."""
    if not (made.message_id and made.written_at):
        return Q(pk=None)
    return Q(message_id=made.message_id, sender=made.sender, written_at=made.written_at)


def _as_meant(parsed: ParsedMail, intake: Intake) -> ParsedMail:
    """Return a forward to a rep's own capture address as the mail that it passes on.

    It is the rep's word only where it comes from an address of theirs.
    """
    sender = parsed.sender.address
    if not _is_by_token(intake) or match.ours_among([sender]).get(sender) != intake.user:
        return parsed
    return forwards.as_meant(parsed, is_ours=lambda address: bool(match.ours_among([address])))


def _copy(parsed: ParsedMail, intake: Intake, outer: ParsedMail) -> tuple[Copy, User | None]:
    """Return what this copy says of the mail, and which of us it concerns.

    `outer` is the mail as it came: of a forward, the server vouches for whoever forwarded it.
    """
    sender = parsed.sender.address
    recipients = [party.address for party in parsed.recipients]
    ours = match.ours_among(
        [sender, *recipients, *([intake.mailbox.address.lower()] if intake.mailbox else [])]
    )
    is_to_them = intake.user is not None and intake.user in map(ours.get, recipients)
    is_ours = intake.is_from_us or sender in ours
    is_ours = is_ours or (not is_to_them and _is_copied_by_us(intake, sender, recipients))
    known = [ours.get(sender)] if is_ours else []
    known += [intake.user, intake.mailbox.user if intake.mailbox else None]
    known += [ours.get(address) for address in recipients]
    copy = Copy(
        door=intake.door,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        occurred_at=received(parsed, intake),
        authenticity=_authenticity(outer, intake, is_ours=is_ours),
    )
    return copy, next((user for user in known if user is not None), None)


def _authenticity(outer: ParsedMail, intake: Intake, *, is_ours: bool) -> str:
    """Return who vouches: the server; for mail of ours the folder of sent mail, the token, or who
    brings an archive.
    """
    if intake.is_from_us or (is_ours and intake.door == Door.ARCHIVE):
        return Mail.Authenticity.PASSED
    judged = judge(outer, authorities(intake))
    is_by_token = is_ours and _is_by_token(intake) and judged != Mail.Authenticity.FAILED
    return Mail.Authenticity.PASSED if is_by_token else judged


def authorities(intake: Intake) -> Collection[str]:
    """Return under which names (authserv-ids) our server reports on the mail of a door."""
    if intake.door == Door.ARCHIVE:
        return ()
    return [intake.mailbox.authority] if intake.mailbox else settings.MAIL_AUTHORITIES


def _is_by_token(intake: Intake) -> bool:
    """Whether it came to a rep's own capture address, which nobody else knows."""
    return intake.door == Door.CAPTURE and intake.user is not None


def _is_copied_by_us(intake: Intake, sender: str, recipients: Collection[str]) -> bool:
    """Whether a copy to a rep's capture address is of their own mail, from an address that we do
    not know: somebody we know is among its recipients, and did not write it.
    """
    if not _is_by_token(intake) or match.contacts_at([sender]):
        return False
    return bool(match.contacts_at(list(recipients)))


def _row(
    parsed: ParsedMail, intake: Intake, copy: Copy, user: User | None, now: datetime
) -> Mail:  # fmt: skip
    """Return the row of a mail as this copy tells it; whose it is comes later."""
    keeps = asked.workspace().keeps_bodies
    verdict = parsed.verdict
    about = [*parsed.references, *verdict.about] if verdict.about else parsed.references
    recipients = [party.address for party in parsed.recipients] + list(verdict.recipients)
    return Mail(
        identity=identity_of(parsed), message_id=bracketed(parsed.message_id)[:500],
        door=copy.door, mailbox=intake.mailbox, user=user, direction=copy.direction,
        sender=parsed.sender.address[:320], sender_name=parsed.sender.name[:200],
        recipients=list(dict.fromkeys(recipients))[:MOST_RECIPIENTS],
        references=list(dict.fromkeys(map(bracketed, about)))[-MOST_REFERENCES:],
        subject=parsed.subject[:300], written_at=parsed.written_at,
        occurred_at=copy.occurred_at, recorded_at=now, verdict=verdict.name,
        why=verdict.why[:300], until=verdict.until, authenticity=copy.authenticity,
        state=Mail.State.UNMATCHED, html=parsed.html if keeps else "",
        text=(parsed.reply or parsed.text)[:LONGEST_TEXT] if keeps else "",
    )  # fmt: skip


def _list_files(mail: Mail, parsed: ParsedMail) -> None:
    keeps = asked.workspace().keeps_attachments
    Attachment.objects.bulk_create(
        Attachment(
            mail=mail, name=file.name[:200], content_type=file.content_type[:120],
            size_bytes=file.size_bytes, content=file.content if keeps else None,
        )
        for file in parsed.attachments
    )  # fmt: skip
