"""Take back what somebody said of a mail: it waits as before, and what the word made is gone.

Nothing is taken back beneath later work: a deal or contact that somebody has touched since stays,
and with it the word. What was left out or called forged has no undo, for its words are forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower

from contacts.models import Address, Channel, Company, Contact
from deals.importing.worked import worked_on
from deals.models import Deal
from deals.people import deals_around
from deals.replay import lock
from outreach import meeting_holds, touches
from outreach.mail import match
from outreach.mail.filing import consequences
from outreach.models import Mail

WAITS = (Mail.State.UNMATCHED, Mail.State.UNVERIFIED)
MOVED_ON = "It is too late: the deal has moved on since. Look at its thread."
IN_USE = "It is too late: somebody works with the contact by now."
SAID_SINCE = "It is too late: somebody has said something else of this mail since."


@dataclass(frozen=True, slots=True)
class Word:
    """How a mail stood before somebody's word, when it was said, and which rows it made (0: none)."""

    state: str
    why: str
    deal: int | None
    contact: int | None
    said_at: str = ""  # "" where the mail waits on: its writer is a contact without a deal
    made_address: int = 0
    made_contact: int = 0
    made_company: int = 0
    made_deal: int = 0

    def text(self) -> str:
        """Return it as a token carries it."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Word:
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Before:
    """How a mail stands before a word is said, and what is known of its other side."""

    word: Word
    addresses: frozenset[int]
    contacts: frozenset[int]

    @classmethod
    def of(cls, mail: Mail) -> Before:
        known = _addresses_of(mail)
        return cls(
            Word(mail.state, mail.state_why, mail.deal_id, mail.contact_id),
            frozenset(address.pk for address in known),
            frozenset(address.contact_id for address in known),
        )

    def said(
        self, mail: Mail, *, contact: Contact | None = None, company: Company | None = None,
        has_opened: bool = False,
    ) -> Word:  # fmt: skip
        """Return the word once it is said: of whom it made a `contact`, unless they were one before;
        which new `company` was named; whether a deal was opened.
        """
        mail.refresh_from_db(fields=["decided_at", "deal", "contact"])
        new = [row for row in _addresses_of(mail) if row.pk not in self.addresses]
        address = next((row for row in new if row.contact_id == mail.contact_id), None)
        is_new = contact is not None and contact.pk not in self.contacts
        return replace(
            self.word,
            said_at=mail.decided_at.isoformat() if mail.decided_at else "",
            made_address=address.pk if address else 0,
            made_contact=contact.pk if contact and is_new else 0,
            made_company=company.pk if company else 0,
            made_deal=(mail.deal_id or 0) if has_opened else 0,
        )


def take_back(mail: Mail, word: Word, *, now: datetime) -> list[int] | None:
    """Let a mail stand as before, in the caller's transaction; return the deals concerned.

    None where it was taken back already. Raises ValidationError where more was done since.
    """
    rows = Mail.objects.select_for_update(of=("self",)).select_related("touch", "hold")
    held = rows.get(pk=mail.pk)
    if _is_back(held, word):
        return None
    if held.decided_at != (datetime.fromisoformat(word.said_at) if word.said_at else None):
        raise ValidationError(SAID_SINCE, code="said")
    followers = _followers(held, word)
    _lock([held, *followers], word)
    _put_back(held, word, now)
    for each in followers:
        _let_go_of(each, word, now)
    Address.objects.filter(pk=word.made_address).delete()
    _remove_deal(word.made_deal)
    _remove_contact(word)
    for each in followers:
        consequences.follow(each, None, now=now)
    deals = {held.deal_id, mail.deal_id, *(each.deal_id for each in followers)}
    return sorted(pk for pk in deals if pk is not None and pk != word.made_deal)


def _addresses_of(mail: Mail) -> Sequence[Address]:
    """Return who has an address of the other side of a mail."""
    rows = Address.objects.filter(channel=Channel.EMAIL).annotate(lower=Lower("value"))
    return list(rows.filter(lower__in=[each.lower() for each in match.others(mail)]))


def _is_back(held: Mail, word: Word) -> bool:
    """Whether nothing is left of the word."""
    if word.said_at:
        return held.decided_at is None
    return not Contact.objects.filter(pk=word.made_contact).exists()


def _followers(held: Mail, word: Word) -> Sequence[Mail]:
    """Return the mails that may have filed themselves by the word: nobody said a word of them."""
    theirs = Q(pk__in=())
    if held.message_id:
        theirs |= Q(references__icontains=held.message_id)
    if word.made_address:
        address = Address.objects.filter(pk=word.made_address).first()
        value = address.value.lower() if address else ""
        theirs |= Q(sender=value) | Q(recipients__icontains=f'"{value}"')
    rows = Mail.objects.filter(theirs, decided_at=None).exclude(pk=held.pk).order_by("pk")
    return list(rows.select_for_update(of=("self",)).select_related("touch", "hold"))


def _lock(mails: Sequence[Mail], word: Word) -> None:
    """Lock all deals that may change, at once, so that nobody waits in a ring."""
    deals = {each.deal_id for each in mails} | {word.deal, word.made_deal}
    addresses = [address for each in mails for address in match.others(each)]
    deals |= deals_around(match.contacts_at(addresses))
    lock(pk for pk in deals if pk)


def _let_go_of(mail: Mail, word: Word, now: datetime) -> None:
    """Take a mail off what the word made, so that it can go: another company may be found then."""
    if mail.deal_id is not None and mail.deal_id == word.made_deal:
        _take_off(mail, now)
        mail.deal = None
    if word.made_address:  # by which alone it was known whose it is
        mail.contact, mail.state_why = None, ""
    mail.save()


def _take_off(mail: Mail, now: datetime) -> None:
    meeting_holds.take_off(mail, now=now)
    if mail.touch is not None:
        touches.take_back(mail.touch, now=now)
        mail.touch = None


def _put_back(held: Mail, word: Word, now: datetime) -> None:
    if word.state in WAITS:
        _take_off(held, now)
    held.state, held.state_why = Mail.State(word.state), word.why
    held.deal_id, held.contact_id = word.deal, word.contact
    held.decided_at = held.decided_by = None
    held.save()


def _remove_deal(pk: int) -> None:
    """Remove the deal that was opened for a mail. Raises ValidationError if more came to it."""
    deal = Deal.objects.filter(pk=pk).first()
    if deal is None:
        return
    has_history = (
        deal.touches.standing().exists()
        or deal.stage_entries.count() > 1
        or deal.outcome_entries.exists()
    )
    if has_history or worked_on(Deal, [deal]):
        raise ValidationError(MOVED_ON, code="worked-on")
    deal.delete()


def _remove_contact(word: Word) -> None:
    """Remove whom the word made a contact, and the company named with them if it is still empty."""
    contact = Contact.objects.filter(pk=word.made_contact).first()
    if contact is None:
        return
    if worked_on(Contact, [contact]):
        raise ValidationError(IN_USE, code="worked-on")
    contact.delete()
    company = Company.objects.filter(pk=word.made_company).first()
    if company is not None and not worked_on(Company, [company]):
        company.delete()
