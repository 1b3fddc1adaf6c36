"""The people and companies that files name: found where they are known, made where not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from django.db.models import Q

from accounts.models import Team, User
from contacts.models import Address, Channel, Company, CompanyAlias, Contact, ContactAlias
from deals.importing.known import found
from deals.importing.record import Record
from deals.importing.rows import DealRow, identity, person, split_name

SOURCE = "import"


class Owners:
    """Our own people by the name, e-mail address or id that files give them."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._new: list[User | Team] = []

    def find(self, key: str) -> int | None:
        """Return the user of a key: one imported before, of that address, or of that very name."""
        if key and key not in self._known:
            user = _user(key)
            if user is None:
                return None
            self._known[key] = user.pk
        return self._known.get(key)

    def have(self, key: str, *, team: str = "", manager: str = "") -> int | None:
        """Return the user of a key, made if nobody is: they cannot sign in until invited.

        Team and manager count only for somebody new, for an import never changes what those
        see who are here already. An empty key is nobody.
        """
        found = self.find(key)
        if found is not None or not key:
            return found
        user = User.objects.create_user(
            None, name=person(key)[0], source=SOURCE, external_id=key,
            team=self._team(team, manager) if team else None,
        )  # fmt: skip
        self._known[key] = user.pk
        self._new.append(user)
        return user.pk

    def tell(self, record: Record) -> None:
        """Say whom and which teams the batch made."""
        record.made("user", [new for new in self._new if isinstance(new, User)])
        record.made("team", [new for new in self._new if isinstance(new, Team)])
        self._new = []

    def _team(self, name: str, manager: str) -> Team:
        team, is_new = Team.objects.get_or_create(name=name)
        if is_new:
            self._new.append(team)
        if is_new and manager:
            lead = self.have(manager)
            User.objects.filter(
                pk=lead, source=SOURCE, external_id=manager, role=User.Role.REP
            ).update(role=User.Role.MANAGER)
            team.managers.add(*User.objects.filter(pk=lead))
        return team


def _user(key: str) -> User | None:
    imported = User.objects.filter(source=SOURCE, external_id=key).first()
    if imported is not None:
        return imported
    name, address = person(key)
    address = address or (name if "@" in name else "")
    if address and (user := User.objects.filter(email__iexact=address).first()):
        return user
    named = User.objects.filter(name__iexact=name)[:2]
    return named[0] if len(named) == 1 else None


class NamesCompany(Protocol):
    """A row that names a company, or none."""

    @property
    def company(self) -> str: ...


def find_companies(rows: Iterable[NamesCompany]) -> dict[str, int]:
    """Return the ids of the known companies of deals by name."""
    names = {row.company for row in rows if row.company}
    imported = Q(source=SOURCE, external_id__in=names)
    companies = Company.objects.filter(imported | Q(name__in=names)).order_by("-pk")
    by_name = {company.name: company.pk for company in companies}
    merged = CompanyAlias.objects.filter(source=SOURCE, external_id__in=names)
    by_name |= dict(merged.values_list("external_id", "company"))
    return by_name | {
        company.external_id: company.pk for company in companies if company.source == SOURCE
    }


def have_companies(rows: Sequence[DealRow], record: Record) -> dict[str, int]:
    """Return the ids of the companies of deals by name, those made that nobody knew."""
    known = find_companies(rows)
    missing = {row.company: row for row in rows if row.company and row.company not in known}
    new = Company.objects.bulk_create(
        Company(
            source=SOURCE, external_id=name, name=name, sector=row.sector, country=row.country
        )
        for name, row in missing.items()
    )  # fmt: skip
    record.made("company", new)
    return known | {company.name: company.pk for company in new}


def have_contacts(
    rows: Sequence[DealRow], source: str, companies: dict[str, int], record: Record
) -> dict[str, Contact]:
    """Return the contact of each new deal by the deal's key, made where nobody is known.

    Somebody is known by their id in the files, their e-mail address, or their name at a company.
    A deal that names nobody gets a contact made from its own id. One who is known stays as they
    are: an import brings no erased name back.
    """
    ids = {row.key: contact_id(row) for row in rows}
    known_ids = by_id(source, set(ids.values()))
    ours = found(Contact, {row.contact for row in rows if row.contact}, SOURCE)
    mails = by_address(row.email for row in rows if row.email)
    people: dict[str, Contact] = {}
    for row in rows:
        key = ids[row.key]
        known = known_ids.get(key) or ours.get(row.contact) or mails.get(row.email.casefold())
        contact = known or _contact(row, source, key, companies.get(row.company))
        known_ids[key] = people[row.key] = contact
        if row.email:
            mails.setdefault(row.email.casefold(), contact)
    _save_new(rows, people, record)
    return people


def by_id(source: str, ids: set[str]) -> dict[str, Contact]:
    """Return the contacts whom a source knows by these ids, also those who were merged since.

    An import of contacts alone has no pipeline to know them by: its source is `SOURCE`.
    """
    sources = (source, SOURCE)
    merged = ContactAlias.objects.filter(source__in=sources, external_id__in=ids)
    people = {alias.external_id: alias.contact for alias in merged.select_related("contact")}
    known = Contact.objects.filter(source__in=sources, external_id__in=ids)
    rows = sorted(known, key=lambda contact: contact.source == source)
    return people | {contact.external_id: contact for contact in rows}


def contact_id(row: DealRow) -> str:
    """Return what tells a deal's contact from others of the same files."""
    if row.contact:
        return identity("contact", row.contact)
    if row.email:
        return identity("email", row.email.casefold())
    if row.contact_name and row.company:
        return identity("name", row.company, row.contact_name)
    return identity("deal", row.key)


def by_address(emails: Iterable[str]) -> dict[str, Contact]:
    """Return the contacts who have these e-mail addresses, by the address in small letters."""
    values = {spelt for email in emails for spelt in (email, email.casefold())}
    rows = Address.objects.filter(channel=Channel.EMAIL, value__in=values)
    living = rows.filter(contact__erased_at=None).select_related("contact").order_by("-pk")
    return {address.value.casefold(): address.contact for address in living}


def _contact(row: DealRow, source: str, key: str, company: int | None) -> Contact:
    own = row.title if row.title and row.key.startswith(row.title) else row.key  # without an id
    name = row.contact_name or row.email or f"Contact of {row.contact or own}"
    first, last = split_name(name) if row.contact_name else ("", name)
    return Contact(
        source=source, external_id=key, first_name=first, last_name=last[:120],
        company_id=company, country="" if company else row.country,
    )  # fmt: skip


def _save_new(rows: Sequence[DealRow], people: dict[str, Contact], record: Record) -> None:
    """Save the new contacts among them, with the addresses that the files give them."""
    new = {id(people[row.key]): people[row.key] for row in rows if people[row.key].pk is None}
    addresses = {
        (id(contact), channel, value): Address(contact=contact, channel=channel, value=value)
        for row in rows
        if id(contact := people[row.key]) in new
        for channel, value in ((Channel.EMAIL, row.email), (Channel.PHONE, row.phone))
        if value
    }
    record.made("contact", Contact.objects.bulk_create(new.values()))
    for address in addresses.values():
        address.contact_id = address.contact.pk
    Address.objects.bulk_create(addresses.values())
