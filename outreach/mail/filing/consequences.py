"""What a mail does once it is known whose it is: a touch, an absence, a bounce, or nothing.

Everything here runs in the transaction of whoever files the mail or decides about it, and may run
again when more is known: the rows then follow. Source: SILENCE.md, "Whose turn" and "Holds".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from contacts.models import Address, Channel, Contact
from deals import conversation, people
from deals.models import Deal, Direction, Touch, Turn
from deals.models.history import TouchQuerySet
from deals.replay import lock
from outreach import fates, meetings, touches
from outreach.mail import match
from outreach.mail.filing import absences, returned
from outreach.mail.filing.doubts import ONLY_NAMED, doubt_about
from outreach.mail.match import Found
from outreach.mail.parsing.parsed import ParsedMail
from outreach.mail.parsing.trimming import trimmed
from outreach.models import Delivery, Door, Mail

SOURCE = absences.SOURCE
ALSO = ":"  # between a mail's identity and a further deal's number, in the name of a touch there
State = Mail.State
Verdict = Mail.Verdict
PLACED = (State.FILED, State.ASSUMED, State.AUTOMATIC)
WAITS = (State.UNMATCHED, State.UNVERIFIED)
UNCLEAR_FORWARD = "Forwarded, and it does not say clearly who wrote it first."
# These show in a conversation that somebody's machine answered; the others only fill it.
SHOWN = (Verdict.AUTO_REPLY, Verdict.OUT_OF_OFFICE)


def follow(mail: Mail, parsed: ParsedMail | None, *, now: datetime) -> None:
    """Bring a mail's rows in line with what is known of it; `parsed` where it was just read.

    The caller holds the mail's row. The deals that may be concerned are locked here, all at once.
    """
    found = match.find(mail, _also(mail, parsed))
    sent = _of_ours(mail)
    returning = returned.about(mail, parsed) if mail.verdict == Verdict.BOUNCE else None
    _lock_all(found, [sent, returning, found.delivery], returned.concerned(mail))
    texts = trimmed(parsed.calendars) if parsed else mail.calendars
    if mail.decided_at is not None:
        _keep_decided(mail, now)
    elif sent is not None:
        _is_our_own(mail, sent, now)
    elif mail.verdict != Verdict.REPLY:
        _is_automatic(mail, found, returning, texts, now)
    else:
        _was_written(mail, found, now)
    mail.calendars = texts if mail.state in WAITS else []
    mail.save()
    if texts and sent is None and (mail.decided_at is not None or not doubt_about(mail, found)):
        let_meet(mail, texts, now)


def _also(mail: Mail, parsed: ParsedMail | None) -> list[str]:
    """Return further addresses of a mail's writer: where it asks to answer to. Once it is read, that
    is known by the contact whose mail it was taken for.
    """
    if parsed is not None:
        return [party.address for party in parsed.reply_to]
    if mail.contact is None or mail.state_why != ONLY_NAMED:
        return []
    rows = mail.contact.addresses.filter(channel=Channel.EMAIL).order_by("pk")
    return [value.lower() for value in rows.values_list("value", flat=True)]


def put_on(mail: Mail, found: Found, *, now: datetime) -> None:
    """Make a mail that a person wrote a touch of a deal, or let its touch follow it there."""
    assert found.deal is not None
    mail.deal, mail.contact = found.deal, found.contact
    mail.delivery = found.delivery or mail.delivery
    if mail.verdict == Verdict.CALENDAR:
        return  # what a calendar says is never heard
    if mail.touch is not None:
        _bring_touch(mail, now)
        return
    _end_doubt(mail.delivery, now)
    mail.touch = _record(mail, now, is_heard=True)
    if mail.direction == Direction.OUTBOUND:
        returned.came_before(mail, now)


def put_on_too(mail: Mail, deal: Deal, *, now: datetime) -> bool:
    """Make a mail a touch of one more deal; return whether it was none there."""
    known = also_on(mail).standing().filter(deal=deal)
    if known.exists():
        return False
    _record(mail, now, is_heard=True, deal=deal, external_id=f"{mail.identity}{ALSO}{deal.pk}")
    return True


def also_on(mail: Mail) -> TouchQuerySet:
    """Return what a mail is on further deals than its own."""
    return Touch.objects.filter(source=SOURCE, external_id__startswith=f"{mail.identity}{ALSO}")


def take_off(mail: Mail, *, now: datetime) -> None:
    """Take a mail's touch out of the history again; one that a person took out stays theirs."""
    if mail.touch is not None and mail.touch.deleted_at is None:
        conversation.delete(mail.touch, now=now)
        mail.touch = None


def let_meet(mail: Mail, calendars: Sequence[str], now: datetime) -> None:
    """Let the calendars in a mail on a deal say which meetings there are."""
    if calendars and mail.verdict in (Verdict.CALENDAR, Verdict.REPLY) and mail.state in PLACED:
        mail.meetings.add(*meetings.by_mail(mail, calendars, now=now))


def _of_ours(mail: Mail) -> Delivery | None:
    """Return the mail that the app sent and of which this is a copy."""
    if mail.direction != Direction.OUTBOUND or not mail.message_id:
        return None
    return Delivery.objects.filter(message_id=mail.message_id).select_related("deal").first()


def _lock_all(
    found: Found, deliveries: Iterable[Delivery | None], contacts: Iterable[Contact]
) -> None:
    """Lock whatever the doors of the engine will lock, at once, so that nobody waits in a ring."""
    sent = [delivery for delivery in deliveries if delivery is not None]
    known = {found.contact, *contacts, *(delivery.contact for delivery in sent)}
    deals = people.deals_around(contact for contact in known if contact)
    deals |= {delivery.deal_id for delivery in sent}
    lock(deals | ({found.deal.pk} if found.deal else set()))


def _keep_decided(mail: Mail, now: datetime) -> None:
    """Leave a person's word alone: only when it came may still be learned better."""
    if mail.touch is not None:
        _bring_touch(mail, now)


def _is_our_own(mail: Mail, sent: Delivery, now: datetime) -> None:
    """Note that a mail of the app came back as a copy: its touch is the delivery's."""
    take_off(mail, now=now)
    mail.state, mail.state_why = State.FILED, "Sent from here"
    mail.deal, mail.contact, mail.delivery = sent.deal, sent.contact, sent
    mail.user = mail.user or sent.user
    if mail.authenticity == Mail.Authenticity.PASSED:
        _end_doubt(sent, now)


def _end_doubt(sent: Delivery | None, now: datetime) -> None:
    """Count a mail as sent of which nobody could tell: it was answered, or lies among sent mail."""
    if sent is not None and sent.state == Delivery.State.UNKNOWN:
        fates.sent(sent, now=now)


def _was_written(mail: Mail, found: Found, now: datetime) -> None:
    """File what a person wrote, or say what it waits for."""
    mail.deal, mail.contact, mail.state_why = found.deal, found.contact, found.why
    doubt = doubt_about(mail, found)
    if mail.direction == Direction.OUTBOUND and not match.others(mail):
        mail.state, mail.state_why = State.IGNORED, "Between colleagues"
        if mail.door == Door.CAPTURE:
            mail.state, mail.state_why = State.UNMATCHED, UNCLEAR_FORWARD
    elif not _is_known(found) and _is_ignored(mail):
        mail.state, mail.state_why, mail.deal = State.IGNORED, "Mail of theirs is ignored", None
    elif found.deal is None:
        mail.state = State.UNMATCHED
    elif doubt:
        mail.state, mail.state_why = State.UNVERIFIED, doubt
    else:
        mail.state = State.FILED if found.is_sure else State.ASSUMED
        put_on(mail, found, now=now)
        return
    take_off(mail, now=now)
    if mail.state == State.IGNORED:
        mail.text = mail.html = ""  # nobody's business


def _is_known(found: Found) -> bool:
    """Whether somebody has made the writer a contact, or it answers a mail that we know."""
    return found.contact is not None or found.is_answer


def _is_ignored(mail: Mail) -> bool:
    addresses = match.others(mail)
    return bool(addresses) and all(match.is_ignored(address) for address in addresses)


def _record(
    mail: Mail, now: datetime, *, is_heard: bool, deal: Deal | None = None, external_id: str = ""
) -> Touch:  # fmt: skip
    """Record the touch that a mail is; whose address nobody knows is not taken for the contact's."""
    deal = deal or mail.deal
    assert deal is not None
    touch = Touch(
        channel=Channel.EMAIL, direction=mail.direction, occurred_at=mail.occurred_at,
        contact=mail.contact, user_id=mail.user_id, address=_address_of(mail), is_heard=is_heard,
        turn="" if is_heard else Turn.UNCHANGED, subject=mail.subject, note=mail.text,
        source=SOURCE, external_id=external_id or mail.identity,
    )  # fmt: skip
    told = touches.log(deal, touch, user=mail.user, now=now)
    if told.deleted_at is not None:
        conversation.restore(told, now=now)  # taken off once, and now more is known
    if mail.contact is None:
        conversation.correct(told, now=now, contact=None)
    return told


def _bring_touch(mail: Mail, now: datetime) -> None:
    """Let the touch say what its mail says: its deal, contact, direction and instant."""
    touch = mail.touch
    assert touch is not None
    told = {
        "deal": mail.deal, "contact": mail.contact, "direction": mail.direction,
        "occurred_at": mail.occurred_at,
    }  # fmt: skip
    changes = {name: value for name, value in told.items() if getattr(touch, name) != value}
    if changes:
        conversation.correct(touch, now=now, **changes)
        for other in also_on(mail).exclude(occurred_at=mail.occurred_at):
            conversation.correct(other, now=now, occurred_at=mail.occurred_at)


def _address_of(mail: Mail) -> Address | None:
    """Return the contact's address that a mail came from or went to."""
    if mail.contact is None:
        return None
    rows = mail.contact.addresses.filter(channel=Channel.EMAIL)
    parties = {mail.sender, *mail.recipients}
    return next((row for row in rows if row.value.lower() in parties), None)


def _is_automatic(
    mail: Mail, found: Found, returning: Delivery | None, calendars: Sequence[str], now: datetime
) -> None:  # fmt: skip
    """Let what a machine wrote do what it does: never is anybody heard."""
    mail.state, mail.state_why = State.AUTOMATIC, found.why if _is_known(found) else ""
    mail.contact = found.contact
    mail.deal = found.deal if _is_known(found) else None
    mail.delivery = found.delivery
    if mail.verdict == Verdict.BOUNCE:
        returned.came(mail, returning, now=now)
    elif mail.verdict == Verdict.REPORT:
        returned.complained(mail, found, now=now)
    elif mail.verdict == Verdict.CALENDAR and mail.deal is not None and calendars:
        _is_of_a_calendar(mail, found)
    elif mail.direction != Direction.INBOUND or (doubt := doubt_about(mail, found)):
        mail.state_why = doubt if mail.direction == Direction.INBOUND else mail.state_why
        take_off(mail, now=now)
    elif mail.verdict in SHOWN:
        _show(mail, now)
        absences.note(mail, now=now)


def _is_of_a_calendar(mail: Mail, found: Found) -> None:
    """Let a calendar's message do what it says at once, or say why a person is asked about it."""
    if doubt := doubt_about(mail, found):
        mail.state, mail.state_why = State.UNVERIFIED, doubt
    elif not found.is_sure:
        mail.state = State.ASSUMED


def _show(mail: Mail, now: datetime) -> None:
    """Let an automatic answer show in the conversation, where it changes nothing."""
    if mail.touch is not None:
        _bring_touch(mail, now)
    elif mail.deal is not None:
        mail.touch = _record(mail, now, is_heard=False)
