"""Contacts and companies of files held against what is known, and written in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from contacts.models import Address, Channel, Company, Contact
from deals import particulars, people
from deals.importing.card_rows import ALL_CHANNELS, COMPANY_TEXTS, CONTACT_TEXTS, ContactRow
from deals.importing.counts import Counts
from deals.importing.known import found
from deals.importing.parties import SOURCE, Owners, by_address, by_id, find_companies
from deals.importing.record import Record
from deals.importing.rows import identity
from deals.replay import lock


@dataclass
class CardArrival:
    """One batch of contacts or companies on its way in."""

    kind: str
    batch: Sequence[Any]  # of one of the two kinds of row
    source: str
    owners: Owners
    now: datetime
    skips_known: bool = False
    record: Record = field(default_factory=Record)
    counts: Counts = field(default_factory=Counts)

    def foresee(self) -> None:
        """Count what writing it would do, writing nothing."""
        companies = {} if self.kind == "companies" else find_companies(self.batch)
        for row, known in self._met():
            if known is None:
                self.counts.count("created")
            else:
                is_new = bool(self._changed(known, row, companies))
                self.counts.count("updated" if is_new else "unchanged")

    @transaction.atomic
    def write(self) -> None:
        """Write it, or nothing of it."""
        for row in self.batch:
            self.owners.have(row.owner)
        companies = self._companies()
        met = list(self._met())
        known_ones = [known.pk for _, known in met if known] if self.kind == "contacts" else []
        lock(people.deals_around(known_ones))
        new = []
        for row, known in met:
            if known is None:
                new.append((row, self._new(row, companies)))
            else:
                self._correct(known, row, companies)
        self._save_new(new)
        particulars.note_led_by(known_ones, self.now)
        self.owners.tell(self.record)
        self.record.save()

    def _companies(self) -> dict[str, int]:
        if self.kind == "companies":
            return {}
        named = {row.company for row in self.batch if row.company}
        known = find_companies(self.batch)
        new = Company.objects.bulk_create(
            Company(source=SOURCE, external_id=name, name=name)
            for name in sorted(named - set(known))
        )
        self.record.made("company", new)
        return known | {company.name: company.pk for company in new}

    def _met(self) -> list[tuple[Any, Any]]:
        """Return each row with whom or what it means among those that are here."""
        keys = {row.key for row in self.batch}
        if self.kind == "companies":
            by_key: dict[str, Any] = found(Company, keys, SOURCE)
            by_name = find_companies([_Named(row.name) for row in self.batch])
            ids = Company.objects.in_bulk(by_name.values())
            return [
                (row, by_key.get(row.key) or ids.get(by_name.get(row.name, 0)))
                for row in self.batch
            ]
        by_key = found(Contact, keys, self.source) | by_id(self.source, {_stored(k) for k in keys})
        by_mail = by_address(email for row in self.batch for email in row.emails)
        met = [(row, _person(row, by_key, by_mail)) for row in self.batch]
        prefetch_related_objects([known for _, known in met if known], "addresses", "opt_outs")
        return met

    def _said(self, row: Any, companies: Mapping[str, int]) -> dict[str, Any]:
        """Return what a row says of the columns; what it leaves empty is left out."""
        names = COMPANY_TEXTS if self.kind == "companies" else CONTACT_TEXTS
        plain = {name: getattr(row, name) for name in names if name not in ("company", "owner")}
        plain["owner_id"] = self.owners.find(row.owner) if row.owner else None
        if self.kind == "companies":
            plain["name"] = row.name
        else:
            plain["kind"] = row.kind
            plain["company_id"] = companies.get(row.company)
        return {name: value for name, value in plain.items() if value not in (None, "")}

    def _new(self, row: Any, companies: Mapping[str, int]) -> Any:
        said = self._said(row, companies)
        if self.kind == "companies":
            return Company(source=SOURCE, external_id=row.key, **said)
        if not (row.first_name or row.last_name):
            said["last_name"] = row.emails[0][:120]
        return Contact(source=self.source, external_id=_stored(row.key), **said)

    def _changed(self, known: Any, row: Any, companies: Mapping[str, int]) -> dict[str, Any]:
        """Return what a row says otherwise than the card; an erased contact gets nothing back."""
        if self.skips_known or getattr(known, "erased_at", None):
            return {}
        said = self._said(row, companies)
        changed = {name: value for name, value in said.items() if getattr(known, name) != value}
        if self.kind == "contacts" and (new := _new_addresses(known, row)):
            changed["addresses"] = new
        return changed

    def _correct(self, known: Any, row: Any, companies: Mapping[str, int]) -> None:
        changed = self._changed(known, row, companies)
        addresses = changed.pop("addresses", [])
        if changed:
            before = {name: getattr(known, name) for name in changed}
            for name, value in changed.items():
                setattr(known, name, value)
            known.save(update_fields=list(changed))
            self.record.changed(self.kind_of_row, known, before)
        self.record.made("address", Address.objects.bulk_create(addresses))
        if self.kind == "contacts" and not self.skips_known and not known.erased_at:
            self._opt_out(known, row)
        self.counts.count("updated" if changed or addresses else "unchanged")

    def _save_new(self, new: Sequence[tuple[Any, Any]]) -> None:
        model: Any = Company if self.kind == "companies" else Contact
        rows = model.objects.bulk_create(card for _, card in new)
        self.record.made(self.kind_of_row, rows)
        self.counts.count("created", len(new))
        if self.kind == "companies":
            return
        Address.objects.bulk_create(
            address for row, card in new for address in _new_addresses(card, row)
        )
        for row, card in new:
            self._opt_out(card, row)

    def _opt_out(self, contact: Contact, row: ContactRow) -> None:
        """Note what a contact asked of us, with all that follows from it; an import lifts nothing."""
        for said in row.opted_out:
            channel = "" if said == ALL_CHANNELS else said
            stands = (out.channel for out in contact.opt_outs.all() if out.lifted_at is None)
            if channel not in stands:
                out = people.opt_out(contact, channel=channel, now=self.now)
                self.record.made("opt_out", [out])

    @property
    def kind_of_row(self) -> str:
        return "company" if self.kind == "companies" else "contact"


def _person(row: ContactRow, by_key: Mapping[str, Contact], by_mail: Mapping[str, Contact]) -> Any:
    known = by_key.get(row.key) or by_key.get(_stored(row.key))
    return known or next(filter(None, (by_mail.get(mail.casefold()) for mail in row.emails)), None)


@dataclass(frozen=True, slots=True)
class _Named:
    company: str


def _stored(key: str) -> str:
    """Name a contact as deals do that give an id: `parties.contact_id`."""
    return key if key.startswith(("email/", "name/")) else identity("contact", key)


def _new_addresses(contact: Contact, row: ContactRow) -> list[Address]:
    """Return the addresses that a row tells and nobody knows yet."""
    known = (
        {(each.channel, each.value) for each in contact.addresses.all()} if contact.pk else set()
    )
    told = [(Channel.EMAIL.value, value) for value in row.emails]
    told += [(Channel.PHONE.value, value) for value in row.phones]
    return [
        Address(contact=contact, channel=channel, value=value)
        for channel, value in told
        if (channel, value) not in known
    ]
