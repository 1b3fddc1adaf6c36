"""Companies."""

from __future__ import annotations

from typing import Any

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
    Country,
    Given,
    Id,
    Line,
    Name,
    Named,
    Note,
    Page,
    PathId,
    Sought,
    Title,
    changed,
    named_or_none,
)
from accounts.models import User
from contacts.models import Company
from deals.api.finding import key_for, only
from deals.forms.choices import companies_like

router = Routes(tags=["Companies"])


class CompanyChanges(Changes):
    """What may be changed about a company."""

    name: Name = "-"
    domain: Title = ""
    sector: Line = ""
    country: Country = ""
    note: Note = ""
    owner: Id | None = None


class CompanyIn(CompanyChanges, Keyed):
    """A new company; its owner is whoever the token belongs to unless another one is named."""

    name: Name


class CompanyOut(Given):
    """An organisation."""

    id: int
    source: str
    external_id: str
    name: str
    domain: str
    sector: str
    country: str
    note: str
    owner: Named | None

    @classmethod
    def of(cls, row: Company) -> CompanyOut:
        """Describe a company, read with its owner."""
        return cls(
            id=row.pk, source=keys.shown(row.source), external_id=row.external_id, name=row.name,
            domain=row.domain, sector=row.sector, country=row.country, note=row.note,
            owner=named_or_none(row.owner),
        )  # fmt: skip


class Companies(Paged):
    """Which companies."""

    q: Sought = Field(default="", max_length=200, description="Words of the name.")


@router.operation("GET", "/companies", READ, gives=Page[CompanyOut], summary="List companies")
def companies(request: ApiRequest, asked: Query[Companies]) -> HttpResponse:
    rows = companies_like(asked.q, request.user).select_related("owner")
    return page(request, asked, rows, lambda found: map(CompanyOut.of, found))


@router.operation("GET", "/companies/{pk}", READ, gives=CompanyOut, summary="Read a company")
def company(request: ApiRequest, pk: PathId) -> HttpResponse:
    return one(CompanyOut.of(only(_visible(request), pk, "company")))


@router.operation(
    "POST", "/companies", DEALS, gives=CompanyOut, status=201, summary="Create a company"
)
def new_company(request: ApiRequest, said: CompanyIn) -> HttpResponse:
    key = key_for(request, Company, _visible(request), said.pair, "company")
    made = Company(owner=request.user, **key)
    _write(request, made, said)
    url = reverse("api:company", args=[made.pk])
    return one(CompanyOut.of(made), 201, url)


@router.operation(
    "PATCH", "/companies/{pk}", DEALS, gives=CompanyOut, summary="Change a company", guards=True
)
def change_company(request: ApiRequest, pk: PathId, said: CompanyChanges) -> HttpResponse:
    only(_visible(request), pk, "company")
    list(Company.objects.filter(pk=pk).select_for_update(no_key=True).values_list("pk"))
    known = only(_visible(request), pk, "company")
    demand(request, CompanyOut.of(known))
    _write(request, known, said)
    return one(CompanyOut.of(known))


def _visible(request: ApiRequest) -> Any:
    return Company.objects.visible_to(request.user).select_related("owner")


def _write(request: ApiRequest, row: Company, said: CompanyChanges) -> None:
    told = {name: value for name, value in said.sent().items() if name not in KEY}
    if "owner" in told:
        told["owner"] = owner_meant(request, row, told["owner"])
    changed(row, told)
    row.clean_fields(exclude=["source", "external_id", "owner"])
    row.save()


KEY = ("source", "external_id")


def owner_meant(request: ApiRequest, row: Any, pk: int | None) -> User | None:
    """Return whose a contact or company shall be; as on its page, somebody else's stays so."""
    mine = User.objects.assignable_by(request.user)
    if row.owner_id is not None and row.pk and not mine.filter(pk=row.owner_id).exists():
        if pk == row.owner_id:
            return row.owner  # type: ignore[no-any-return]
        raise unprocessable([wrong("It is somebody else’s, and not yours to give away.", "owner")])
    found = mine.filter(pk=pk).first() if pk is not None else None
    if pk is not None and found is None:
        remedy = "There is no such user, or none that you may give it to. See GET /users."
        raise unprocessable([wrong(remedy, "owner")])
    return found
