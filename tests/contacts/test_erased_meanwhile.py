"""A card that was opened before somebody was erased, or changed, by somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from accounts.models import User
from contacts.models import Address, Contact, Fact
from deals import cards, people
from tests.cast import day, make_contact, make_deal

CARD = {
    "first_name": "Mara", "last_name": "Lind", "kind": "prospect", "note": "Prefers letters.",
    "addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0,
}  # fmt: skip
FACT = {"text": "Sails at weekends", "learned_from": "Call", "learned_on": "2026-03-01"}
REFUSAL = "This person was erased, or merged with another"


@pytest.fixture
def mara(ines: User) -> Contact:
    return make_contact("Mara", "Lind", owner=ines)


@contextmanager
def erased_before(sql: str, contact: Contact) -> Iterator[None]:
    """Let somebody else's erasure be done just before the first query with these words."""
    others = [Contact.objects.get(pk=contact.pk)]

    def query(execute: Any, text: str, *rest: Any) -> Any:
        if sql in text and others:
            people.erase(others.pop(), now=day(2))
        return execute(text, *rest)

    with connection.execute_wrapper(query):
        yield
    assert not others


def is_forgotten(contact: Contact) -> bool:
    contact.refresh_from_db()
    kept = Address.objects.filter(contact=contact).exists() or contact.facts.exists()
    return (contact.name, contact.erased_at) == (f"Erased {contact.pk}", day(2)) and not kept


def test_a_card_that_waited_for_an_erasure_brings_nobody_back(
    client: Client, ines: User, mara: Contact
) -> None:
    make_deal(ines, contact=mara)
    client.force_login(ines)
    with erased_before('WHERE "deals_deal"."id" IN (%s) ORDER BY', mara):  # the lock
        answer = client.post(f"/contacts/{mara.pk}/edit/", {**CARD, "owner": ines.pk})
    assert answer.status_code == 422
    assert REFUSAL in answer.content.decode()
    mara.refresh_from_db()
    assert mara.note == ""


def test_an_address_of_somebody_erased_is_not_written(mara: Contact) -> None:
    known = Contact.objects.get(pk=mara.pk)
    addresses = list(known.addresses.all())
    people.erase(mara, now=day(2))
    with pytest.raises(ValidationError, match=REFUSAL):
        cards.save_contact(known, addresses, [], now=day(2))
    assert is_forgotten(mara)


def test_a_card_leaves_what_others_changed_meanwhile(mara: Contact) -> None:
    known = Contact.objects.get(pk=mara.pk)
    Contact.objects.filter(pk=mara.pk).update(kind=Contact.Kind.CUSTOMER)
    known.job_title = "Skipper"
    saved = cards.save_contact(known, [], [], now=day(2), changed=["job_title"])
    mara.refresh_from_db()
    assert (mara.job_title, mara.kind) == ("Skipper", Contact.Kind.CUSTOMER)
    assert saved.kind == Contact.Kind.CUSTOMER


def test_nothing_is_learnt_about_somebody_erased(client: Client, ines: User, mara: Contact) -> None:
    client.force_login(ines)
    known = Contact.objects.get(pk=mara.pk)
    people.erase(mara, now=day(2))
    assert client.post(f"/contacts/{mara.pk}/facts/", FACT).status_code == 404
    fact = Fact(text="Sails", learned_from="Call", learned_on=day(1).date())
    with pytest.raises(ValidationError, match=REFUSAL):
        cards.learn(known, fact)
    assert is_forgotten(mara)
