"""Invented people and companies: who they are, where they live, how they answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random

from accounts.models import User
from contacts.models import Address, Channel, Company, Contact, Fact
from deals.models import WorkCalendar
from outreach.demo.countries import Country
from outreach.demo.offers import Offer
from outreach.demo.rhythms import Rhythm
from outreach.demo.words import words

SOURCE = "demo"
PACE = (1.5, 4.0, 4.0, 7.0, 7.0, 14.0, 30.0)  # hours at work until they answer, by temperament
PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "ß": "ss", "æ": "ae", "'": "", "’": ""})
MAIL_HOSTS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True)
class Rep:
    """Somebody who sells, and when they are at it."""

    user: User
    rhythm: Rhythm
    home: tuple[Country, ...]


@dataclass
class Person:
    """A contact with their ways to be reached and their temperament."""

    contact: Contact
    rhythm: Rhythm
    addresses: dict[str, Address]
    likes: Channel
    facts: list[Fact] = field(default_factory=list)


@dataclass
class Account:
    """Whom a rep sells to: a company with some people, or one person at home."""

    owner: Rep
    country: Country
    calendar: WorkCalendar
    company: Company | None
    people: list[Person]
    site: str
    sold: list[Offer] = field(default_factory=list)


@dataclass
class Folk:
    """Makes people and companies that are not there yet, always the same ones for one `random`."""

    random: Random
    calendars: Mapping[str, WorkCalendar]
    rhythms: Mapping[str, tuple[Rhythm, Rhythm]]
    accounts: list[Account] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def account(self, owner: Rep, offer: Offer) -> Account:
        """Return a new account of a rep who would want an offer."""
        country = self.random.choice(owner.home)
        site = self.random.choice(country.towns)
        company = None if offer.is_for_homes else self._company(country, offer, owner)
        account = Account(owner, country, self.calendars[country.code], company, [], site)
        for _ in range(1 if company is None else self.random.choice((1, 1, 2, 2, 2, 3))):
            self.person(account, offer)
        self.accounts.append(account)
        return account

    def person(self, account: Account, offer: Offer) -> Person:
        """Return somebody new at an account."""
        country, random = account.country, self.random
        first, last = self._name(country)
        contact = Contact(
            first_name=first, last_name=last, company=account.company, owner=account.owner.user,
            job_title=random.choice(offer.jobs), language=country.language, city=account.site,
            time_zone=country.time_zone, country=country.name, source=SOURCE,
            external_id=f"contact-{len(self.names)}",
            note=random.choice(words().notes_on_people) if random.random() < 0.2 else "",
        )  # fmt: skip
        at_work, at_home = self.rhythms[country.code]
        clock = (at_home if account.company is None else at_work).clock
        person = Person(
            contact, Rhythm(clock, random.choice(PACE)), {},
            random.choice((Channel.EMAIL, Channel.EMAIL, Channel.PHONE)),
        )  # fmt: skip
        self._addresses(person, account)
        account.people.append(person)
        return person

    def facts(self, person: Person, learned_on: date) -> None:
        """Note something about a person, as learned on a day."""
        known = words().facts_in(person.contact.language)
        for text in self.random.sample(list(known), self.random.choice((1, 1, 2))):
            fact = Fact(contact=person.contact, text=text, learned_on=learned_on, source=SOURCE)
            fact.learned_from = self.random.choice(words().learned_from)
            fact.external_id = f"{person.contact.external_id}-fact-{len(person.facts)}"
            person.facts.append(fact)

    def _company(self, country: Country, offer: Offer, owner: Rep) -> Company:
        bare = self._company_name(country, offer)
        self.names.add(bare)
        return Company(
            name=f"{bare} {self.random.choice(country.forms)}", domain=f"{slug(bare)}.example",
            sector=offer.sector, country=country.name, owner=owner.user, source=SOURCE,
            external_id=f"company-{len(self.names)}",
        )  # fmt: skip

    def _company_name(self, country: Country, offer: Offer) -> str:
        """Return a name that no company has; only with many of a country do two begin alike."""
        fresh = [root for root in country.roots if root not in self.names]
        root = self.random.choice(fresh or country.roots)
        self.names.add(root)
        name = f"{root} {offer.branch}"
        while name in self.names:
            name = f"{self.random.choice(country.roots)} {self.random.choice(country.last_names)}"
        return name

    def _name(self, country: Country) -> tuple[str, str]:
        while True:
            first = self.random.choice(country.first_names)
            last = self.random.choice(country.last_names)
            if f"{first} {last}" not in self.names:
                self.names.add(f"{first} {last}")
                return first, last

    def _addresses(self, person: Person, account: Account) -> None:
        """Give a person an e-mail address and, mostly, numbers; some are reached in other ways."""
        random, contact = self.random, person.contact
        name = f"{slug(contact.first_name)}.{slug(contact.last_name)}"
        host = account.company.domain if account.company else random.choice(MAIL_HOSTS)
        values = {Channel.EMAIL: f"{name}@{host}"}
        if random.random() < 0.88:
            values[Channel.PHONE] = _number(random, account.country.phone)
        if random.random() < 0.45:
            values[Channel.SMS] = _number(random, account.country.mobile)
        if random.random() < 0.15:
            values[Channel.SOCIAL] = f"@{name}"
        if account.company is None and random.random() < 0.4:
            values[Channel.LETTER] = f"{random.randrange(2, 90)} {account.site}"
        consents = (Address.Consent.GIVEN, Address.Consent.UNKNOWN)
        for channel, value in values.items():
            person.addresses[channel] = Address(
                contact=contact, channel=channel, value=value, consent=random.choice(consents),
                is_preferred=channel == person.likes and random.random() < 0.5,
            )  # fmt: skip


def slug(text: str) -> str:
    """Return a text as it can stand in an address."""
    bare = unicodedata.normalize("NFKD", text.translate(PLAIN)).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in bare).lower().split())


def _number(random: Random, pattern: str) -> str:
    return "".join(str(random.randrange(10)) if mark == "#" else mark for mark in pattern)
