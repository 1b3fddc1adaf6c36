"""Contacts, with their addresses."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query
from pydantic import Field

from accounts.api import keys
from accounts.api.answers import ApiRequest, Paged, demand, one, page
from accounts.api.keys import Keyed
from accounts.api.problems import unprocessable, wrong
from accounts.api.router import Routes
from accounts.api.scopes import DEALS, READ
from accounts.api.values import (
    Changes,
    Code,
    Country,
    Given,
    Id,
    Line,
    Named,
    Note,
    Page,
    PathId,
    QueryId,
    Sought,
    Word,
    changed,
    named_or_none,
)
from contacts.models import Address, Channel, Company, Contact
from deals import cards
from deals.api.addresses import Addresses, AddressOut, replaced
from deals.api.companies import KEY, owner_meant
from deals.api.finding import key_for, only
from deals.forms.choices import contacts_like
from deals.people import deals_around
from deals.replay import lock

router = Routes(tags=["Contacts"])


class ContactChanges(Changes):
    """What may be changed about a contact; addresses are replaced as a whole."""

    first_name: Line = ""
    last_name: Line = ""
    kind: Literal["prospect", "customer"] = "prospect"
    company: Id | None = None
    job_title: Line = ""
    language: Code = ""
    time_zone: Word = Field(default="", description="Such as Europe/Berlin.")
    city: Line = ""
    country: Country = ""
    note: Note = ""
    owner: Id | None = None
    addresses: Addresses = []


class ContactIn(ContactChanges, Keyed):
    """A new contact; a first or a last name will do."""


class ContactOut(Given):
    """A person whom we talk to."""

    id: int
    source: str
    external_id: str
    first_name: str
    last_name: str
    kind: str
    company: Named | None
    job_title: str
    language: str
    time_zone: str
    city: str
    country: str
    note: str
    owner: Named | None
    addresses: list[AddressOut]

    @classmethod
    def of(cls, row: Contact) -> ContactOut:
        """Describe a contact, read with company, owner and addresses."""
        return cls(
            id=row.pk, source=keys.shown(row.source), external_id=row.external_id,
            first_name=row.first_name, last_name=row.last_name, kind=row.kind,
            company=named_or_none(row.company), job_title=row.job_title, language=row.language,
            time_zone=row.time_zone, city=row.city, country=row.country, note=row.note,
            owner=named_or_none(row.owner),
            addresses=[AddressOut.of(each) for each in row.addresses.all()],
        )  # fmt: skip


class Contacts(Paged):
    """Which contacts."""

    q: Sought = Field(default="", max_length=200, description="Words of their name or company.")
    email: Sought = Field(default="", max_length=254, description="Exactly this address.")
    company: QueryId | None = None


@router.operation("GET", "/contacts", READ, gives=Page[ContactOut], summary="List contacts")
def contacts(request: ApiRequest, asked: Query[Contacts]) -> HttpResponse:
    rows = contacts_like(asked.q, request.user).select_related("owner")
    if asked.email:
        having = Address.objects.filter(channel=Channel.EMAIL, value__iexact=asked.email)
        rows = rows.filter(pk__in=having.order_by().values("contact"))
    if asked.company is not None:
        rows = rows.filter(company=asked.company)
    whole = rows.prefetch_related("addresses")
    return page(request, asked, whole, lambda found: map(ContactOut.of, found))


@router.operation("GET", "/contacts/{pk}", READ, gives=ContactOut, summary="Read a contact")
def contact(request: ApiRequest, pk: PathId) -> HttpResponse:
    return one(ContactOut.of(only(_living(request), pk, "contact")))


@router.operation(
    "POST", "/contacts", DEALS, gives=ContactOut, status=201, summary="Create a contact"
)
def new_contact(request: ApiRequest, said: ContactIn) -> HttpResponse:
    seen = Contact.objects.visible_to(request.user)
    key = key_for(request, Contact, seen, said.pair, "contact")
    made = _write(request, Contact(owner=request.user, **key), said)
    return one(ContactOut.of(_again(made)), 201, reverse("api:contact", args=[made.pk]))


@router.operation(
    "PATCH", "/contacts/{pk}", DEALS, gives=ContactOut, summary="Change a contact", guards=True
)
def change_contact(request: ApiRequest, pk: PathId, said: ContactChanges) -> HttpResponse:
    lock(deals_around([only(_living(request), pk, "contact")]))
    list(Contact.objects.filter(pk=pk).select_for_update(no_key=True).values_list("pk"))
    known = only(_living(request), pk, "contact")
    demand(request, ContactOut.of(known))
    return one(ContactOut.of(_again(_write(request, known, said))))


def _living(request: ApiRequest) -> Any:
    """Return the contacts that a token sees; of an erased one there is nothing left to read."""
    rows = Contact.objects.visible_to(request.user).filter(erased_at=None)
    return rows.select_related("company", "owner").prefetch_related("addresses")


def _write(request: ApiRequest, row: Contact, said: ContactChanges) -> Contact:
    sent = {name: value for name, value in said.sent().items() if name not in KEY}
    addresses = sent.pop("addresses", None)
    if "owner" in sent:
        sent["owner"] = owner_meant(request, row, sent["owner"])
    if "company" in sent:
        sent["company"] = company_meant(request, sent["company"])
    changed(row, sent)
    row.clean_fields(exclude=["source", "external_id", "owner", "company"])
    if not row.name:
        remedy = "Give them a name: the first or the last one will do."
        raise unprocessable([wrong(remedy, "last_name")])
    kept, gone = ([], []) if addresses is None else replaced(row, said.addresses)
    return cards.save_contact(row, kept, gone, now=request.now)


def company_meant(request: ApiRequest, pk: int | None) -> Company | None:
    """Return the company that a body means; raise Problem (422) where the token sees none."""
    if pk is None:
        return None
    found = Company.objects.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        remedy = "There is no such company, or it is not yours to see. Create it first."
        raise unprocessable([wrong(remedy, "company")])
    return found


def _again(row: Contact) -> Contact:
    rows = Contact.objects.select_related("company", "owner").prefetch_related("addresses")
    return rows.get(pk=row.pk)
