"""Choosing a contact or a company by name: a plain text field that knows whom the reader may see."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy

from accounts.models import User
from contacts.models import Company, Contact

NUMBER = re.compile(r"#(\d{1,18})\s*$")
OFFERED = 12  # names offered while one types


def contacts_like(text: str, reader: User) -> QuerySet[Contact]:
    """Return the contacts that a reader may see with every word of a text in name or company."""
    found = Q(erased_at=None)
    for word in _words(text):
        found &= (
            Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(company__name__icontains=word)
        )
    return Contact.objects.visible_to(reader).filter(found).select_related("company")


def companies_like(text: str, reader: User) -> QuerySet[Company]:
    """Return the companies that a reader may see with every word of a text in their name."""
    found = Q()
    for word in _words(text):
        found &= Q(name__icontains=word)
    return Company.objects.visible_to(reader).filter(found)


def _words(text: str) -> list[str]:
    """Return the words of a search; a NUL, which PostgreSQL takes in no text, ends one."""
    return text.replace("\x00", " ").split()


def label_of(thing: Contact | Company) -> str:
    """Name a contact or company so that the name leads back to it: "Mara Lind · Nordhavn #12"."""
    company = f" · {thing.company}" if isinstance(thing, Contact) and thing.company else ""
    return f"{thing}{company} #{thing.pk}"


class NamedField(forms.CharField):
    """A contact or company by name; `reader` and `pool` are set by the form that holds it."""

    reader: User
    kind: type[Contact | Company]

    def __init__(self, *, offers: str, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs |= {
            "autocomplete": "off",
            "hx-get": reverse_lazy(offers),
            "hx-trigger": "input changed delay:200ms",
            "hx-sync": "this:replace",
        }

    def prepare_value(self, value: Any) -> Any:
        return label_of(value) if isinstance(value, (Contact, Company)) else value

    def matches(self, text: str) -> list[Any]:
        """Return whom a text can mean: who has that number, else who is called just so, else like it."""
        if number := NUMBER.search(text):
            return list(self.like("").filter(pk=int(number[1])))
        found = list(self.like(text)[:OFFERED])
        exact = [thing for thing in found if str(thing).casefold() == text.strip().casefold()]
        return exact or found

    def like(self, text: str) -> QuerySet[Any]:
        raise NotImplementedError


class ContactField(NamedField):
    """One contact whom the reader may see."""

    def __init__(self, **options: Any) -> None:
        super().__init__(offers="deals:contact-names", **options)
        self.widget.attrs |= {"list": "contact-names", "hx-target": "#contact-names"}

    def like(self, text: str) -> QuerySet[Contact]:
        return contacts_like(text, self.reader)

    def clean(self, value: Any) -> Contact | None:
        text = super().clean(value)
        if not text:
            return None
        found = self.matches(text)
        if not found:
            raise ValidationError(
                f"No contact of yours is called “{text}”. Check the spelling, "
                "or add them under Contacts first."
            )
        only: Contact = _only(found, text)
        return only


class CompanyField(NamedField):
    """One company whom the reader may see; a name that is new makes a new company."""

    def __init__(self, **options: Any) -> None:
        super().__init__(offers="deals:company-names", **options)
        self.widget.attrs |= {"list": "company-names", "hx-target": "#company-names"}

    def like(self, text: str) -> QuerySet[Company]:
        return companies_like(text, self.reader)

    def clean(self, value: Any) -> Company | None:
        text = super().clean(value)
        if not text:
            return None
        found = self.matches(text)
        if NUMBER.search(text) or (found and str(found[0]).casefold() == text.casefold()):
            only: Company = _only(found, text)
            return only
        return Company(name=text, owner=self.reader)


def _only(found: list[Any], text: str) -> Any:
    """Return the one that is meant; raise ValidationError, with the choices, where several are."""
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidationError(f"“{text}” is not there any more. Choose another one.")
    names = ", ".join(f"“{label_of(thing)}”" for thing in found)
    raise ValidationError(f"Several fit “{text}”. Write which one: {names}.")
