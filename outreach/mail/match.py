"""Whose mail it is: the contact, and the deal that it belongs to.

In order: the mail of ours that it answers, the address, the domain of a company. Of several deals
the thread's, else the one that was waiting longest when the mail came: assumed, until somebody
says so. Everything is asked as of the mail's own instant, so that an old archive files by the
deals of its time. Source: docs/decisions/095-whose-mail-it-is.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import Truncator

from accounts.models import User
from contacts.models import Address, Channel, Company, Contact
from deals.models import By, Deal, Direction, Outcome, Silence
from outreach.mail import asked
from outreach.models import Delivery, IgnoredSender, Mail, Mailbox

PUBLIC_DOMAINS = Path(__file__).parent.parent / "data" / "public_mail_domains.txt"
# Heard after letting go relights: a resting deal comes before one that was won.
AFTER_OPEN = (Outcome.RESTING, Outcome.LOST, Outcome.WON, Outcome.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Found:
    """Whose mail it is. `is_sure` is False where somebody should look; `is_answer` says that it
    names a mail of ours, `delivery` which one, if the app sent it.
    """

    deal: Deal | None = None
    contact: Contact | None = None
    is_sure: bool = False
    why: str = ""
    delivery: Delivery | None = None
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class _Thread:
    """The nearest mail that a mail refers to and that we know."""

    deal: Deal
    subject: str
    is_ours: bool
    delivery: Delivery | None = None


def find(mail: Mail, also: Collection[str] = ()) -> Found:
    """Return whose mail it is; `also` are further addresses of its writer (Reply-To)."""
    thread = _thread(mail)
    contacts = contacts_at(others(mail, also))
    if not contacts and (thread is None or mail.direction == Direction.OUTBOUND):
        return _by_domain(mail, thread)
    if thread is None:
        return _among(_deals_of(contacts), mail, contacts)
    contact = _on(thread.deal, contacts)
    known = "" if contact else ", from an address that we do not know"
    return Found(
        thread.deal, contact, is_sure=contact is not None,
        why=f"Answers {'our' if thread.is_ours else 'the'} mail “{_short(thread.subject)}”{known}",
        delivery=thread.delivery, is_answer=thread.is_ours,
    )  # fmt: skip


def others(mail: Mail, also: Collection[str] = ()) -> list[str]:
    """Return the addresses of the other side: who wrote to us, or to whom we wrote."""
    if mail.direction != Direction.OUTBOUND:
        return [address for address in dict.fromkeys([mail.sender, *also]) if address]
    ours = ours_among(mail.recipients)
    return [address for address in mail.recipients if address not in ours]


def ours_among(addresses: Iterable[str]) -> dict[str, User | None]:
    """Return which addresses are our own, with the user whose they are, if somebody's."""
    wanted = frozenset(addresses) - {""}  # a mail that names nobody is nobody's, not ours
    return asked.for_(("ours", wanted), lambda: _ours_among(wanted))


def _ours_among(wanted: Collection[str]) -> dict[str, User | None]:
    capture = asked.workspace().capture_address.lower()
    own = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), capture}
    ours: dict[str, User | None] = {
        address: None for address in wanted if address in own or _without_tag(address) in own
    }
    boxes = Mailbox.objects.annotate(lower=Lower("address")).filter(lower__in=wanted)
    for box in boxes.select_related("user").defer("password"):
        ours[box.address.lower()] = box.user
    for user in User.objects.annotate(lower=Lower("email")).filter(lower__in=wanted):
        ours[(user.email or "").lower()] = user
    return ours


def contacts_at(addresses: Sequence[str]) -> list[Contact]:
    """Return the contacts who have one of the addresses, in that order; a +tag is left out last."""
    wanted = tuple(dict.fromkeys([*addresses, *map(_without_tag, addresses)]))
    return list(asked.for_(("contacts", wanted), lambda: _contacts_at(wanted)))


def _contacts_at(wanted: Sequence[str]) -> list[Contact]:
    rows = Address.objects.filter(channel=Channel.EMAIL).annotate(lower=Lower("value"))
    found = rows.filter(lower__in=wanted, contact__erased_at=None).select_related("contact")
    ranked = sorted(found, key=lambda row: (wanted.index(row.value.lower()), row.pk))
    return list({row.contact_id: row.contact for row in ranked}.values())


def company_at(address: str) -> Company | None:
    """Return the company under whose domain an address is, unless anybody may be there."""
    labels = address.rpartition("@")[2].split(".")
    domains = [".".join(labels[place:]) for place in range(len(labels) - 1)]
    if not domains or is_public(domains[0]):
        return None
    own = [domain for domain in domains if not is_public(domain)]
    rows = Company.objects.annotate(lower=Lower("domain")).filter(lower__in=own)
    return min(rows, key=lambda row: (own.index(row.domain.lower()), row.pk), default=None)


def is_ignored(address: str) -> bool:
    """Whether nobody wants to be asked about mail of an address or its domain."""
    domain = address.rpartition("@")[2]
    rows = IgnoredSender.objects.filter(
        Q(value=address, is_domain=False) | Q(value=domain, is_domain=True)
    )
    return rows.exists()


@cache
def _public_domains() -> frozenset[str]:
    lines = PUBLIC_DOMAINS.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def is_public(domain: str) -> bool:
    """Whether anybody may have an address under a domain, so that it names no company."""
    return domain.lower() in _public_domains()


def _thread(mail: Mail) -> _Thread | None:
    """Return the nearest mail that this one refers to; the one it answers comes first."""
    ids = mail.references
    if not ids:
        return None
    found = {
        sent.message_id: _Thread(sent.deal, sent.subject, is_ours=True, delivery=sent)
        for sent in Delivery.objects.filter(message_id__in=ids).select_related("deal", "contact")
    }
    filed = Mail.objects.filter(message_id__in=ids, deal__isnull=False, touch__isnull=False)
    for row in filed.exclude(pk=mail.pk).select_related("deal").order_by("pk"):
        if row.deal is not None:
            is_ours = row.direction == Direction.OUTBOUND
            found.setdefault(row.message_id, _Thread(row.deal, row.subject, is_ours))
    nearest = next((found[one] for one in reversed(ids) if one in found), None)
    of_ours = next(
        (found[one] for one in reversed(ids) if one in found and found[one].is_ours), None
    )
    if nearest is None or of_ours is None:
        return nearest
    return replace(nearest, is_ours=True, delivery=nearest.delivery or of_ours.delivery)


def _by_domain(mail: Mail, thread: _Thread | None) -> Found:
    """Return the deal of the company under whose domain the other side is: assumed at best."""
    for address in others(mail):
        company = company_at(address)
        if company is None:
            continue
        deals = Deal.objects.filter(company=company)
        if thread is not None and thread.deal.company_id == company.pk:
            deals = deals.filter(pk=thread.deal.pk)
        found = _among(list(deals.select_related("owner")), mail, [])
        return replace(found, is_sure=False, why=f"Somebody new at {company}")
    return Found(why="Nobody that we know")


def _deals_of(contacts: Sequence[Contact]) -> list[Deal]:
    deals = Deal.objects.filter(participations__contact__in=contacts)
    return list(deals.select_related("owner").distinct())


def _among(deals: Sequence[Deal], mail: Mail, contacts: Sequence[Contact]) -> Found:
    """Return the one deal of several that a mail belongs to, and whether that is sure."""
    alive = _alive(deals, mail)
    if not alive:
        contact = contacts[0] if len(contacts) == 1 else None
        return Found(None, contact, why=f"{contact} has no deal" if contact else "")
    deal = _waiting_longest(alive, mail)
    contact = _on(deal, contacts)
    if len(alive) == 1:
        return Found(
            deal, contact, is_sure=True, why=f"{contact}, on their deal" if contact else ""
        )
    return Found(deal, contact, why=f"One of {len(alive)} deals: the one that waits longest")


def _alive(deals: Sequence[Deal], mail: Mail) -> list[Deal]:
    """Keep the deals that were open when a mail came, else those that opened later, else the last
    one that was closed before.
    """
    at = mail.occurred_at
    open_then = [deal for deal in deals if deal.closed_at is None or deal.closed_at >= at]
    begun = [deal for deal in open_then if deal.opened_at <= at]
    if begun or open_then:
        return begun or open_then
    closed = sorted(deals, key=lambda deal: (deal.closed_at, deal.pk), reverse=True)
    return sorted(closed, key=lambda deal: AFTER_OPEN.index(Outcome(deal.outcome)))[:1]


def _waiting_longest(deals: Sequence[Deal], mail: Mail) -> Deal:
    """Return the deal on which the other side was awaited longest (in mail of ours: ourselves);
    the deals of whoever wrote or received it come first.
    """
    if len(deals) == 1:
        return deals[0]
    at = mail.occurred_at
    rows = Silence.objects.filter(deal__in=deals, started_at__lte=at)
    lasting = rows.filter(Q(ended_at=None) | Q(ended_at__gte=at)).order_by("-started_at")
    since = {row.deal_id: row for row in lasting}
    courts = (By.US, By.THEM) if mail.direction == Direction.OUTBOUND else (By.THEM, By.US)
    parties = {mail.sender, *mail.recipients}

    def place(deal: Deal) -> tuple[object, ...]:
        silence = since.get(deal.pk)
        is_theirs = (deal.owner.email or "").lower() in parties
        if silence is None or silence.by not in courts:
            return not is_theirs, len(courts), -deal.opened_at.timestamp(), deal.pk
        waits = courts.index(By(silence.by))
        return not is_theirs, waits, silence.clock_from.timestamp(), deal.pk

    return min(deals, key=place)


def _on(deal: Deal, contacts: Sequence[Contact]) -> Contact | None:
    """Return which of several contacts takes part in a deal, else the first."""
    if not contacts:
        return None
    parts = deal.participations.filter(contact__in=contacts).values_list("contact_id", flat=True)
    here = set(parts)
    return next((contact for contact in contacts if contact.pk in here), contacts[0])


def _without_tag(address: str) -> str:
    """Return an address without what comes after a "+" in its local part. Source: RFC 5233."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _short(subject: str) -> str:
    return Truncator(subject).chars(60)
