"""Make one of two contacts or companies that are the same: all that hangs on either stays.

The row that is kept takes what the other one knows, and answers to the id that the other one's
source knew it by, so that no import brings it back; every foreign key to the other one is turned
to the kept one, whichever app it belongs to; the deals concerned are replayed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from contacts.models import (
    Address,
    Channel,
    Company,
    CompanyAlias,
    Contact,
    ContactAlias,
    OptOut,
)
from deals import calendars, particulars
from deals.models import CalendarUse, Deal, Participation
from deals.people import deals_around
from deals.replay import lock, replay

Thing = TypeVar("Thing", Contact, Company)

CONTACT_FIELDS = (
    "first_name", "last_name", "company", "job_title", "kind", "language",
    "city", "country", "time_zone", "owner", "note",
)  # fmt: skip
COMPANY_FIELDS = ("name", "domain", "sector", "country", "owner", "note")
STRICTEST_CONSENT = (Address.Consent.REFUSED, Address.Consent.UNKNOWN, Address.Consent.GIVEN)
STRICTEST_HEALTH = (Address.Health.DEAD, Address.Health.ALIVE)
BY_DIGITS = (Channel.PHONE, Channel.SMS)


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of both; `is_taken` says that the other one's stays."""

    name: str
    label: str
    kept: str
    other: str
    is_taken: bool

    @property
    def is_choice(self) -> bool:
        """Whether both say something, and not the same; of two notes both stay."""
        return bool(self.kept and self.other) and self.kept != self.other and self.name != "note"


def differences(kept: Contact | Company, other: Contact | Company) -> list[Difference]:
    """Return what both say, value by value; what is empty is filled from the other one."""
    found = []
    for name in _fields(kept):
        field: Any = type(kept)._meta.get_field(name)  # noqa: SLF001
        ours, theirs = _said(kept, name), _said(other, name)
        if ours or theirs:
            found.append(
                Difference(name, str(field.verbose_name).capitalize(), ours, theirs, not ours)
            )
    return found


def _fields(thing: Contact | Company) -> Sequence[str]:
    return CONTACT_FIELDS if isinstance(thing, Contact) else COMPANY_FIELDS


def _said(thing: Contact | Company, name: str) -> str:
    said = getattr(thing, f"get_{name}_display", lambda: getattr(thing, name))()
    return "" if said is None else str(said)


def moved(other: Contact | Company) -> list[tuple[str, int]]:
    """Return what would move from the other one: its kind, in the plural, and how many there are."""
    counts: dict[str, int] = {}
    for field in _pointing_to(type(other)):
        count = _rows(field, other).count()
        name = str(field.model._meta.verbose_name_plural)  # noqa: SLF001
        counts[name] = max(counts.get(name, 0), count)
    return [(name, count) for name, count in counts.items() if count]


def opt_outs_of(kept: Contact | Company, other: Contact | Company) -> list[OptOut]:
    """Return the opt-outs that will stand for the one contact: those of either."""
    if isinstance(kept, Company):
        return []
    standing = OptOut.objects.filter(contact__in=[kept.pk, other.pk], lifted_at=None)
    return list(standing.select_related("contact"))


@transaction.atomic
def merge_contacts(
    kept: Contact, other: Contact, *, now: datetime, take: Collection[str] = ()
) -> Contact:
    """Make one contact of two; `take` names the fields whose value is the other one's.

    Of two consents for an address, and of opt-outs, the strictest wins; a dead address stays dead.
    Raises ValidationError for a contact and themselves, and for one who was erased.
    """
    if kept.erased_at or other.erased_at:
        raise ValidationError("An erased contact cannot be merged: nothing is known of them.")
    lock(deals_around([kept, other]))
    _hold_both(kept, other)
    lock(deals_around([kept, other]))  # again, now that nobody can join one with either
    deals = _deals_of(kept, other)
    _merge_participations(kept, other)
    _merge_addresses(kept, other)
    _merge_calendars(
        CalendarUse.objects.filter(contact=kept), CalendarUse.objects.filter(contact=other)
    )
    kind = max(kept.kind, other.kind, key=Contact.Kind.values.index)
    _fill(kept, other, take)
    kept.kind = kind  # who is a customer with one of the cards is one
    kept.save()
    if other.source != Contact.HAND:
        ContactAlias(contact=kept, source=other.source, external_id=other.external_id).save()
    _absorb(kept, other)
    calendars.follow_company(kept, now=now)
    particulars.note(deals, now)
    replay(deals, now)
    return kept


@transaction.atomic
def merge_companies(
    kept: Company, other: Company, *, now: datetime, take: Collection[str] = ()
) -> Company:
    """Make one company of two; `take` names the fields whose value is the other one's.

    Contacts who inherited the other one's calendar live by the kept one's from now on.
    Raises ValidationError for a company and itself.
    """
    joining = list(Contact.objects.filter(company=other).order_by("pk"))
    led = Q(participations__is_primary=True, participations__contact__in=joining)
    lock(Deal.objects.filter(led | Q(company=other)).values_list("pk", flat=True))
    _hold_both(kept, other)
    _merge_calendars(
        CalendarUse.objects.filter(company=kept), CalendarUse.objects.filter(company=other)
    )
    _fill(kept, other, take)
    kept.save()
    if other.source != Company.HAND:
        CompanyAlias(company=kept, source=other.source, external_id=other.external_id).save()
    _absorb(kept, other)
    for contact in joining:
        contact.company = kept
        calendars.follow_company(contact, now=now)
    return kept


def _hold_both(kept: Thing, other: Thing) -> None:
    """Lock both rows in order of id; raise ValidationError unless they are two and still there."""
    if kept.pk == other.pk:
        raise ValidationError("These are one and the same already. Choose another one.")
    both = type(kept).objects.filter(pk__in=[kept.pk, other.pk]).order_by("pk")
    if len(both.select_for_update()) < len([kept, other]):
        raise ValidationError("One of them was merged or removed meanwhile. Look again.")


def _deals_of(kept: Contact, other: Contact) -> list[int]:
    both = [kept.pk, other.pk]
    found = Deal.objects.filter(Q(participations__contact__in=both) | Q(contact__in=both))
    return list(found.values_list("pk", flat=True).distinct())


def _fill(kept: Thing, other: Thing, take: Collection[str]) -> None:
    note = "\n\n".join(dict.fromkeys(filter(None, [kept.note, other.note])))
    for name in _fields(kept):
        if name in take or getattr(kept, name) in ("", None):
            setattr(kept, name, getattr(other, name))
    kept.note = note  # no one has to choose between two notes


def _absorb(kept: models.Model, other: models.Model) -> None:
    """Turn every foreign key to the other one to the kept one, then delete the other one."""
    for field in _pointing_to(type(other)):
        _rows(field, other).update(**{field.name: kept})
    other.delete()


def _pointing_to(model: type[models.Model]) -> Iterator[models.ForeignKey[Any, Any]]:
    """Yield the foreign keys to a model, of all apps: outreach's too, without knowing it."""
    for relation in model._meta.related_objects:  # noqa: SLF001  # Django's public way in
        if isinstance(relation.field, models.ForeignKey):
            yield relation.field


def _rows(field: models.ForeignKey[Any, Any], thing: models.Model) -> models.QuerySet[Any]:
    """Return the rows that point to a thing by a field."""
    return field.model._base_manager.filter(**{field.name: thing})  # noqa: SLF001


def _merge_participations(kept: Contact, other: Contact) -> None:
    """Where both take part in a deal now, one of them goes on, the primary one if either is."""
    current = Participation.objects.filter(left_at=None)
    mine = {part.deal_id: part for part in current.filter(contact=kept)}
    for part in current.filter(contact=other, deal__in=mine):
        former, lasting = sorted([mine[part.deal_id], part], key=lambda each: each.is_primary)
        if former.joined_at < lasting.joined_at and lasting.is_primary:
            former.left_at = lasting.joined_at
            former.save(update_fields=["left_at"])
        else:
            lasting.joined_at = min(lasting.joined_at, former.joined_at)
            former.delete()
            lasting.save(update_fields=["joined_at"])


def _merge_addresses(kept: Contact, other: Contact) -> None:
    """Where both have an address, one stays, with the strictest consent and health."""
    mine = {_alike(address): address for address in kept.addresses.all()}
    preferred = {address.channel for address in mine.values() if address.is_preferred}
    for address in other.addresses.all():
        same = mine.get(_alike(address))
        if same is not None:
            _be_strict(same, address)
            _absorb(same, address)
        elif address.is_preferred and address.channel in preferred:
            address.is_preferred = False
            address.save(update_fields=["is_preferred"])


def _be_strict(kept: Address, other: Address) -> None:
    kept.consent = min(kept.consent, other.consent, key=STRICTEST_CONSENT.index)
    kept.health = min(kept.health, other.health, key=STRICTEST_HEALTH.index)
    kept.save(update_fields=["consent", "health"])


def _alike(address: Address) -> tuple[str, str]:
    """Return by what two addresses are the same: phone numbers by their digits, others by letters."""
    if address.channel in BY_DIGITS:
        return address.channel, re.sub(r"\D", "", address.value).lstrip("0")
    return address.channel, address.value.casefold()


def _merge_calendars(
    kept: models.QuerySet[CalendarUse], other: models.QuerySet[CalendarUse]
) -> None:
    """Keep one history of calendars: the other one's only if it alone says one of its own."""
    own = Q(is_inherited=False)
    if other.filter(own).exists() and not kept.filter(own).exists():
        kept.delete()
    else:
        other.delete()
