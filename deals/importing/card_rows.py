"""Contacts and companies as files tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from accounts.models import validate_time_zone
from contacts.models import Channel, Contact
from deals.importing import values
from deals.importing.rows import (
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_NOTE,
    SaidRow,
    identity,
    split_name,
)
from deals.importing.values import Reader, RefusalError

CONTACT_TEXTS = {
    "first_name": 120, "last_name": 120, "job_title": 120, "language": 10, "time_zone": 60,
    "city": 120, "country": 80, "note": LONGEST_NOTE, "company": 200, "owner": LONGEST_NAME,
}  # fmt: skip
COMPANY_TEXTS = {
    "domain": 200, "sector": 120, "country": 80, "note": LONGEST_NOTE, "owner": LONGEST_NAME,
}  # fmt: skip
KINDS = tuple(Contact.Kind.values)
ALL_CHANNELS = "all"
REFUSALS = {"no_email": Channel.EMAIL.value, "no_phone": Channel.PHONE.value}  # yes in a column
SEVERAL = ";"  # between several addresses in one cell


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow(SaidRow):
    """A contact; what is empty says nothing."""

    key: str
    first_name: str = ""
    last_name: str = ""
    kind: str = ""
    company: str = ""
    job_title: str = ""
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    language: str = ""
    time_zone: str = ""
    city: str = ""
    country: str = ""
    note: str = ""
    owner: str = ""
    opted_out: Sequence[str] = ()

    @classmethod
    def read(cls, said: Mapping[str, str], _: Reader) -> ContactRow:
        texts = _texts(said, CONTACT_TEXTS)
        if not texts["first_name"] and not texts["last_name"]:
            first, last = split_name(values.words("name", said.get("name", ""), 120))
            texts |= {"first_name": first, "last_name": last}
        mails = SEVERAL.join((said.get("email", ""), said.get("other_email", "")))
        emails = values.emails("email", mails)
        phones = [
            values.words("phone", text, 254) for text in _several(said, "phone", "other_phone")
        ]
        if not (texts["first_name"] or texts["last_name"] or emails):
            raise RefusalError("has neither a name nor an e-mail address: fill one in")
        if texts["time_zone"]:
            _check_zone(texts["time_zone"])
        key = values.words("contact", said.get("contact", ""), LONGEST_ID)
        return cls(
            key=key or _contact_key(texts, emails),
            kind=values.one_of("kind", said["kind"], KINDS) if said.get("kind") else "",
            emails=emails, phones=phones, opted_out=_opted_out(said),
            **texts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow(SaidRow):
    """A company; what is empty says nothing."""

    key: str
    name: str
    domain: str = ""
    sector: str = ""
    country: str = ""
    note: str = ""
    owner: str = ""

    @classmethod
    def read(cls, said: Mapping[str, str], _: Reader) -> CompanyRow:
        name = values.words("name", said.get("name", ""), 200)
        if not name:
            raise RefusalError("has no name: fill it in")
        key = values.words("company", said.get("company", ""), LONGEST_ID)
        texts = _texts(said, COMPANY_TEXTS)
        texts["domain"] = (
            texts["domain"].casefold().removeprefix("https://").removeprefix("http://")
        )
        texts["domain"] = texts["domain"].removeprefix("www.").rstrip("/")
        return cls(key=key or name, name=name, **texts)


def _texts(said: Mapping[str, str], longest: Mapping[str, int]) -> dict[str, str]:
    return {name: values.words(name, said.get(name, ""), most) for name, most in longest.items()}


def _several(said: Mapping[str, str], *names: str) -> list[str]:
    parts = (part.strip() for name in names for part in said.get(name, "").split(SEVERAL))
    return list(dict.fromkeys(part for part in parts if part))


def _opted_out(said: Mapping[str, str]) -> list[str]:
    """Return on which channels somebody wants to hear nothing."""
    known = (ALL_CHANNELS, *Channel.values)
    found = [values.one_of("opted_out", text, known) for text in _several(said, "opted_out")]
    found += [channel for name, channel in REFUSALS.items() if values.yes_or_no(said, name)]
    return list(dict.fromkeys(found))


def _check_zone(name: str) -> None:
    try:
        validate_time_zone(name)
    except ValidationError as error:
        raise RefusalError(
            f"time_zone “{name}” is not known: write a name such as Europe/Berlin"
        ) from error


def _contact_key(texts: Mapping[str, str], emails: Sequence[str]) -> str:
    """Name a contact without an id as `parties.contact_id` does, so that deals find them."""
    if emails:
        return identity("email", emails[0].casefold())
    return identity("name", texts["company"], f"{texts['first_name']} {texts['last_name']}".strip())
