"""Which rows a program means, among those its token may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Any

from django.db.models import QuerySet
from pydantic import Field

from accounts.api import keys
from accounts.api.answers import ApiRequest
from accounts.api.keys import Key, Pair
from accounts.api.problems import conflict, not_found, unprocessable, wrong
from accounts.api.values import Id, Taken
from contacts.models import Address, Channel, Contact
from deals.models import Deal
from deals.replay import lock


class Email(Taken):
    """Somebody by their address."""

    email: Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\x00@]+@[^\x00@]+$")]


DealRef = Id | Key
ContactRef = Id | Email | Key


def visible_deals(request: ApiRequest) -> QuerySet[Deal]:
    """Return the deals that a token may see, with all that the API says of one."""
    related = ("contact", "company", "owner", "stage__pipeline")
    return Deal.objects.visible_to(request.user).select_related(*related)


def deal(request: ApiRequest, pk: int) -> Deal:
    """Return a deal by our id; raise Problem (404) where the token sees none."""
    found: Deal = only(visible_deals(request), pk, "deal")
    return found


def locked_deal(request: ApiRequest, pk: int) -> Deal:
    """Return a deal that nobody else changes until the call is answered."""
    deal(request, pk)
    lock([pk])
    return deal(request, pk)


def only(rows: QuerySet[Any], pk: int, what: str) -> Any:
    """Return the row of an id; raise Problem (404) where there is none."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise not_found(what)
    return found


def deals_meant(request: ApiRequest, refs: Iterable[DealRef]) -> dict[int | Pair, Deal]:
    """Return the deals that are meant by our id or another system's, in a query for each kind."""
    refs = list(refs)
    ids = {ref for ref in refs if isinstance(ref, int)}
    rows = visible_deals(request)
    known: dict[int | Pair, Deal] = {row.pk: row for row in rows.filter(pk__in=ids)} if ids else {}
    pairs = {ref.pair for ref in refs if isinstance(ref, Key)}
    by_pair: dict[Any, Deal] = keys.found(rows, pairs, request.user)
    return known | by_pair


def name_of(ref: DealRef) -> int | Pair:
    """Return by what `deals_meant` knows a reference."""
    return ref.pair if isinstance(ref, Key) else ref


def deal_meant(request: ApiRequest, ref: DealRef, *at: str | int) -> Deal:
    """Return the deal that a body means; raise Problem (422) where the token sees none."""
    found = deals_meant(request, [ref]).get(name_of(ref))
    if found is None:
        raise unprocessable([wrong(NO_DEAL, *at)])
    return found


def contact_meant(request: ApiRequest, ref: ContactRef, *at: str | int) -> Contact:
    """Return the living contact that a body means; raise Problem (422) where the token sees none."""
    rows = Contact.objects.visible_to(request.user).filter(erased_at=None)
    rows = rows.select_related("company", "owner")
    found = list(_by_ref(rows, ref, request).order_by("pk")[:2])
    if not found:
        raise unprocessable([wrong(NO_CONTACT, *at)])
    if len(found) > 1 and isinstance(ref, Email):
        ids = " and ".join(str(each.pk) for each in found)
        said = f"Several contacts have that address: {ids}. Send the id of the one you mean."
        raise unprocessable([wrong(said, *at)])
    return found[-1] if isinstance(ref, Key) else found[0]


def _by_ref(rows: QuerySet[Contact], ref: ContactRef, request: ApiRequest) -> QuerySet[Contact]:
    if isinstance(ref, int):
        return rows.filter(pk=ref)
    if isinstance(ref, Key):
        found = keys.found(rows, [ref.pair], request.user).get(ref.pair)
        return rows.filter(pk=found.pk) if found else rows.none()
    return rows.filter(pk__in=_with_address(ref.email))


def _with_address(email: str) -> QuerySet[Address, Any]:
    having = Address.objects.filter(channel=Channel.EMAIL, value__iexact=email)
    return having.order_by().values("contact")


class People:
    """Who takes part, or took part, in some deals: whom a touch on them can be with."""

    def __init__(self, deals: Collection[Deal], refs: Iterable[ContactRef]) -> None:
        refs = list(refs)
        emails = {ref.email.lower() for ref in refs if isinstance(ref, Email)}
        self.of_deal: dict[int, dict[object, Contact]] = {each.pk: {} for each in deals}
        rows = Contact.objects.filter(participations__deal__in=deals)
        told = rows.values_list("participations__deal", "pk", "source", "external_id")
        people = {row.pk: row for row in rows} if refs else {}
        for deal_id, pk, source, external_id in told if refs else ():
            known = self.of_deal[deal_id]
            known[pk] = known[keys.shown(source), external_id] = people[pk]
        self._add_addresses(people, emails)

    def _add_addresses(self, people: dict[int, Contact], emails: set[str]) -> None:
        if not emails:
            return
        addresses = Address.objects.filter(channel=Channel.EMAIL, contact__in=people)
        for value, pk in addresses.order_by("-pk").values_list("value", "contact"):
            if value.lower() in emails:
                for known in self.of_deal.values():
                    if pk in known:
                        known[value.lower()] = people[pk]

    def meant(self, deal: Deal, ref: ContactRef | None) -> Contact | None:
        """Return who is meant on a deal: its primary contact where nobody is named."""
        if ref is None:
            return deal.contact
        name: object = ref
        if isinstance(ref, Email):
            name = ref.email.lower()
        elif isinstance(ref, Key):
            name = ref.pair
        return self.of_deal[deal.pk].get(name)


NO_DEAL = "There is no such deal, or it is not yours to see. Send the id of one that is."
NO_CONTACT = "There is no such contact, or they are not yours to see. Create them first."
NOT_ON_THE_DEAL = "They take no part in this deal. Add them to it first, or name nobody."


def key_for(
    request: ApiRequest, model: Any, visible: QuerySet[Any], pair: Pair | None, what: str
) -> dict[str, str]:
    """Return the source and id of a new row; raise Problem (409) where the token sees it already."""
    if pair is None:
        return {}
    known = keys.found(visible, [pair], request.user).get(pair)
    if known is not None:
        raise conflict(f"It is there already: {what} {known.pk}. Change that one instead.")
    source = keys.sources(model, visible, [pair], request.user)[pair]
    return {"source": source, "external_id": pair[1]}
