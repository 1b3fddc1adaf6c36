"""Who takes part in a deal, who owns it, and who wants to hear no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Max, Q

from accounts.models import User, UserQuerySet
from contacts.models import Address, Company, Contact, OptOut
from deals import particulars
from deals.conversation import not_in_the_future
from deals.models import Deal, Direction, Participation, Touch
from deals.replay import lock, replay


@transaction.atomic
def join(deal: Deal, contact: Contact, *, now: datetime) -> Participation:
    """Let a contact take part in a deal from now on; one who does already stays as they are."""
    lock([deal.pk])
    known = deal.participations.filter(contact=contact, left_at=None).first()
    part = known or Participation.objects.create(deal=deal, contact=contact, joined_at=now)
    replay([deal.pk], now)
    return part


@transaction.atomic
def leave(part: Participation, *, now: datetime) -> None:
    """Let somebody leave a deal. Raises ValidationError for the primary contact."""
    if part.is_primary:
        raise ValidationError("Make someone else the primary contact first.", code="primary")
    lock([part.deal_id])
    part.left_at = now
    part.save(update_fields=["left_at"])
    replay([part.deal_id], now)


@transaction.atomic
def make_primary(deal: Deal, contact: Contact, *, now: datetime) -> None:
    """Make a contact the primary one from now on; the one before goes on taking part."""
    lock([deal.pk])
    if deal.contact_id == contact.pk:
        return
    current = deal.participations.filter(left_at=None)
    former = current.filter(is_primary=True).first()
    current.filter(Q(is_primary=True) | Q(contact=contact)).update(left_at=now)
    if former is not None:
        Participation.objects.create(deal=deal, contact=former.contact, joined_at=now)
    Participation.objects.create(deal=deal, contact=contact, is_primary=True, joined_at=now)
    deal.contact = contact
    deal.company = contact.company or deal.company
    deal.save(update_fields=["contact", "company"])
    particulars.note([deal.pk], now)
    replay([deal.pk], now)


@transaction.atomic
def hand_over(deals: list[int], owner: User, *, now: datetime) -> None:
    """Give deals to another owner from now on; spells of the past keep theirs."""
    lock(deals)
    Deal.objects.filter(pk__in=deals).update(owner=owner)
    particulars.note(deals, now)


def next_owners(deal: Deal, user: User) -> UserQuerySet:
    """Return to whom a user may hand a deal over; nobody where it is theirs to see for a time only."""
    is_overseen = User.objects.overseen_by(user).filter(pk=deal.owner_id)
    others = User.objects.assignable_by(user).exclude(pk=deal.owner_id)
    return others.filter(Exists(is_overseen))


@transaction.atomic
def opt_out(
    contact: Contact,
    *,
    now: datetime,
    at: datetime | None = None,
    channel: str = "",
    note: str = "",
) -> OptOut:
    """Note that a contact wants to hear nothing more, on one channel or on none at all.

    Raises ValidationError for a date in the future.
    """
    since = not_in_the_future(at or now, now)
    lock(deals_around([contact]))
    deals = deals_with(contact)
    out = OptOut.objects.create(contact=contact, channel=channel, occurred_at=since, note=note)
    replay(deals, now)
    return out


@transaction.atomic
def opt_in(out: OptOut, *, now: datetime) -> None:
    """Note that a contact took an opt-out back; the silences it ended stay ended."""
    lock(deals_around([out.contact]))
    deals = deals_with(out.contact)
    out.lifted_at = now
    out.save(update_fields=["lifted_at"])
    replay(deals, now)


@transaction.atomic
def change_address(address: Address) -> None:
    """Save an address, its consent and its health; the suggestions that rest on it see it."""
    lock(deals_around([address.contact]))
    address.save()


@transaction.atomic
def erase(contact: Contact, *, now: datetime) -> None:
    """Forget a person: name, addresses, facts and notes go, what happened stays, nameless."""
    lock(deals_around([contact]))
    list(Contact.objects.filter(pk=contact.pk).select_for_update(no_key=True).values_list("pk"))
    deals = deals_with(contact)
    contact.addresses.all().delete()
    contact.facts.all().delete()
    contact.touches.update(note="", subject="")
    contact.opt_outs.update(note="")
    contact.holds.update(note="")
    _erase_what_goes_along(contact)
    contact.first_name, contact.last_name = "", f"Erased {contact.pk}"
    for name in ("job_title", "city", "note", "language", "time_zone"):
        setattr(contact, name, "")
    contact.erased_at = now
    contact.save()
    replay(deals, now)


def _erase_what_goes_along(contact: Contact) -> None:
    """Delete the rows of other apps that say of their model that they are nobody's without a name."""
    for relation in Contact._meta.related_objects:  # noqa: SLF001  # Django’s public way in
        model: Any = relation.related_model
        if getattr(model, "goes_with_contact", False):
            model.objects.filter(**{relation.field.name: contact}).delete()


def last_heard(contacts: Iterable[int], reader: User) -> dict[int, datetime]:
    """Return when each contact was last heard themselves, on the deals that a reader may see."""
    touches = Touch.objects.visible_to(reader).standing().filter(contact__in=list(contacts))
    heard = touches.filter(is_heard=True).exclude(direction=Direction.OUTBOUND).order_by()
    return dict(heard.values_list("contact").annotate(at=Max("occurred_at")))


def may_decide(user: User, thing: Contact | Company) -> bool:
    """Whether a user may merge or erase a contact or company that they see.

    Managers and admins may; a rep may where it is theirs, or nobody's and all its deals are theirs.
    """
    if user.is_manager or thing.owner_id is not None:
        return user.is_manager or thing.owner_id == user.pk
    concerned = {"participations__contact" if isinstance(thing, Contact) else "company": thing}
    deals = Deal.objects.filter(**concerned)
    return deals.exists() and not deals.exclude(owner=user).exists()


def deals_with(contact: Contact) -> list[int]:
    """Return the ids of all deals in which a contact took part."""
    return list(contact.participations.values_list("deal_id", flat=True).distinct())


def deals_around(contacts: Iterable[Contact | int]) -> set[int]:
    """Return the deals whose suggestion may rest on contacts: theirs, and their company's open ones.

    Somebody of the company may be suggested who never took part. Whoever changes how contacts are
    reached, or what they allow, locks these.
    """
    known = Contact.objects.filter(pk__in=[getattr(each, "pk", each) for each in contacts])
    theirs = Deal.objects.filter(participations__contact__in=known)
    companies = known.exclude(company=None).values("company")
    beside = Deal.objects.filter(company__in=companies, silences__ended_at=None)
    both = theirs.order_by().values_list("pk").union(beside.order_by().values_list("pk"))
    return {pk for (pk,) in both}
