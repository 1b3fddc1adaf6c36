"""Mail of ours that came back, or that somebody complained about.

A bounce strikes a mail out only where it proves that it knows it: it names one of our Message-IDs,
or comes from one end of its way and names whom it went to lately. Anybody can write a bounce.
Source: SILENCE.md, "Whose turn", rule 5; docs/decisions/096-what-a-bounce-must-prove.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.text import Truncator

from contacts.models import Address, Channel, Contact
from deals import conversation, people
from deals.models import Direction
from outreach import fates, sweeping
from outreach.mail import match
from outreach.mail.match import Found
from outreach.mail.parsing.parsed import ParsedMail
from outreach.mail.sending import unsubscribe
from outreach.mail.sorting.fullness import spares_address
from outreach.models import Delivery, Mail, Notice

# Servers try for up to five days (RFC 5321, 4.5.4.1); with a week-end and a slow relay besides.
LATELY = timedelta(days=10)
DELIVERED = (Delivery.State.SENT, Delivery.State.UNKNOWN, Delivery.State.SENDING)


def about(mail: Mail, parsed: ParsedMail | None) -> Delivery | None:
    """Return the mail of the app that a bounce sends back.

    By its Message-ID; else by its recipient, where one went there lately, the bounce is not forged
    as far as our server can tell, and it comes from where the mail went to or came from.
    """
    named = Delivery.objects.filter(message_id__in=mail.references)
    known = named.select_related("deal", "contact", "address", "touch").order_by("-pk").first()
    if known is not None or mail.authenticity == Mail.Authenticity.FAILED:
        return known
    if Mail.objects.filter(message_id__in=mail.references, touch__isnull=False).exists():
        return None  # it says which mail came back, and that was none of the app's
    dead = _dead(mail, parsed)
    lately = Delivery.objects.filter(
        recipient__in=dead, state__in=DELIVERED, claimed_at__lte=mail.occurred_at,
        claimed_at__gte=mail.occurred_at - LATELY,
    )  # fmt: skip
    rows = lately.select_related("deal", "contact", "address", "touch")
    last = rows.order_by("-claimed_at").first()
    return last if last is not None and _was_on_its_way(mail.sender, last) else None


def _was_on_its_way(sender: str, sent: Delivery) -> bool:
    """Whether a bounce is from a host of the domain that a mail went to, or that it came from.

    A server that names no domain of its own (“MAILER-DAEMON”) may be either.
    """
    host = sender.rpartition("@")[2]
    ends = {address.lower().rpartition("@")[2] for address in (sent.recipient, sent.sender)}
    return not host or any(_is_within(host, end) or _is_within(end, host) for end in ends)


def _is_within(host: str, domain: str) -> bool:
    return "." in domain and f".{host}".endswith(f".{domain}")


def concerned(mail: Mail) -> list[Contact]:
    """Return whose deals a mail may change besides its own: who came back, whom we wrote to."""
    if mail.verdict == Mail.Verdict.BOUNCE:
        return match.contacts_at(_dead(mail, None))
    return match.contacts_at(match.others(mail)) if mail.direction == Direction.OUTBOUND else []


def came(mail: Mail, sent: Delivery | None, *, now: datetime) -> None:
    """Strike out the mail that a bounce sends back: it gives no turn, and its address is dead.

    An address whose mailbox is full is as good as before: what it says stands in the mail's `why`.
    """
    if sent is not None:
        mail.deal, mail.contact, mail.delivery = sent.deal, sent.contact, sent
        mail.state_why = f"Our mail to {sent.recipient} did not arrive"
        fates.bounced(sent, mail.why, now=now)
        return
    dead = _dead(mail, None)
    contacts = match.contacts_at(dead)
    mail.contact = mail.contact or (contacts[0] if contacts else None)
    ours = Mail.objects.filter(message_id__in=mail.references, direction=Direction.OUTBOUND)
    for written in ours.filter(touch__isnull=False).select_related("touch", "deal", "contact"):
        mail.deal = written.deal
        _strike_out(written, mail, dead, now)


def came_before(mail: Mail, now: datetime) -> None:
    """Strike out a mail of ours that is filed after the bounce that sends it back."""
    contacts = match.contacts_at(match.others(mail))
    bounces = Mail.objects.filter(contact__in=contacts, verdict=Mail.Verdict.BOUNCE)
    for bounce in bounces:
        if mail.message_id in bounce.references:
            _strike_out(mail, bounce, _dead(bounce, None), now)


def complained(mail: Mail, found: Found, *, now: datetime) -> None:
    """Take a complaint about a mail of ours at its word: they get no more by e-mail, and the rep
    is told. One that names no mail of ours does nothing. Source: RFC 5965.
    """
    sent = found.delivery
    if sent is None or sent.message_id not in mail.references:
        return
    unsubscribe.unsubscribe(sent.contact, now)
    text = f"{sent.deal.title}: {sent.contact} called our mail unwanted, and gets no more of them."
    _tell(
        sent.deal_id, sent.user_id or sent.deal.owner_id, Notice.Kind.COMPLAINED, sent.pk, text, now
    )


def _strike_out(written: Mail, bounce: Mail, dead: Sequence[str], now: datetime) -> None:
    """Strike out a mail of ours that nobody got; whoever else got it may still answer."""
    assert written.deal is not None
    is_lasting = not spares_address(bounce.why)
    for address in _addresses(match.contacts_at(match.others(written)), dead):
        if is_lasting and address.health != Address.Health.DEAD:
            address.health = Address.Health.DEAD
            people.change_address(address)
    arrived = [row for row in match.others(written) if row not in dead and not _is_dead(row)]
    touch = written.touch
    if touch is not None and touch.is_delivered and not arrived:
        conversation.correct(touch, now=now, is_delivered=False)
        sweeping.look_at([written.deal.pk], now)
    names = ", ".join(dead)
    what = f"your mail to {names} did not arrive" + ("." if arrived else ": our move.")
    reader = written.user_id or written.deal.owner_id
    text = f"{written.deal.title}: {what}"
    _tell(written.deal.pk, reader, Notice.Kind.NOT_ARRIVED, f"mail:{written.pk}", text, now)


def _addresses(contacts: Sequence[Contact], values: Sequence[str]) -> list[Address]:
    rows = Address.objects.filter(channel=Channel.EMAIL, contact__in=contacts).order_by("pk")
    return [row for row in rows if row.value.lower() in values]


def _is_dead(address: str) -> bool:
    rows = Address.objects.filter(channel=Channel.EMAIL, health=Address.Health.DEAD)
    return rows.filter(Q(value=address) | Q(value__iexact=address)).exists()


def _dead(mail: Mail, parsed: ParsedMail | None) -> list[str]:
    """Return the addresses that a bounce calls dead: it keeps them beside its own recipients."""
    if parsed is not None:
        return list(parsed.verdict.recipients)
    ours = match.ours_among(mail.recipients)
    return [address for address in mail.recipients if address not in ours]


def _tell(  # noqa: PLR0917  # a notice, column by column
    deal: int, user: int, kind: Notice.Kind, key: object, text: str, now: datetime
) -> None:
    told = {"user_id": user, "deal_id": deal, "text": Truncator(text).chars(300)}
    Notice.objects.get_or_create(kind=kind, key=str(key), defaults={**told, "created_at": now})
