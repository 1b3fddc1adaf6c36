"""What a row says once it is read: a deal, a touch or a stage entry, in our words and in UTC."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Self

from contacts.models import Channel
from deals.arrivals import turn_left
from deals.importing import values
from deals.importing.endings import ending
from deals.importing.values import Reader, RefusalError
from deals.models import Direction, Turn

SPEAKERS = {"us": "outbound", "them": "inbound", "both": "two_way"}
DIRECTIONS, CHANNELS, TURNS = map(tuple, (Direction.values, Channel.values, Turn.values))
LONGEST_ID = 200
NAMED = re.compile(r"([^(;]+?) *\(([^\s()@]+@[^\s()@]+)\)(?:;|$)")
SUFFIXES = {"jr", "sr", "ii", "iii", "phd", "md", "mba", "esq", "inc", "ltd"}  # behind a comma
LONGEST_NAME = 120
LONGEST_NOTE = 20_000


def identity(*parts: str) -> str:
    """Name a row that has no id of its own by what it says; no longer than an id can be."""
    name = "/".join(parts)
    return name if len(name) <= LONGEST_ID else hashlib.sha256(name.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    """A row that can be laid aside as text and taken up again."""

    def to_json(self) -> str:
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(said, default=str, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        said = json.loads(text)
        for name, value in said.items():
            if value is not None and name.endswith("_at"):
                said[name] = datetime.fromisoformat(value)
            elif value is not None and name == "amount":
                said[name] = Decimal(value)
        return cls(**said)


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchRow(SaidRow):
    """A touch of a deal; `turn` "" leaves the usual one."""

    deal: str
    key: str
    occurred_at: datetime
    direction: str
    channel: str
    by: str
    note: str
    subject: str
    turn: str
    heard: bool | None = None
    delivered: bool | None = None

    @classmethod
    def read(cls, said: Mapping[str, str], reader: Reader) -> TouchRow:
        if said.get("done") == "no":
            raise RefusalError("is still to be done: only what has happened comes in")
        deal = _id(said, "deal")
        at = reader.instant("occurred_at", _given(said, "occurred_at"))
        direction = values.one_of("direction", _given(said, "direction"), DIRECTIONS)
        channel = values.one_of("channel", _given(said, "channel"), CHANNELS)
        turn = said.get("turn", "")
        key = values.words("touch", said.get("touch", ""), LONGEST_ID)
        return cls(
            deal=deal,
            key=key or identity(deal, at.isoformat(), direction, channel),
            occurred_at=at,
            direction=direction,
            channel=channel,
            by=values.words("by", said.get("by", ""), LONGEST_NAME),
            note=values.words("note", said.get("note", ""), LONGEST_NOTE),
            subject=values.words("subject", said.get("subject", ""), 300),
            turn=values.one_of("turn", turn, TURNS) if turn else "",
            heard=values.yes_or_no(said, "heard"),
            delivered=values.yes_or_no(said, "delivered"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow(SaidRow):
    """A deal's entry into a stage."""

    deal: str
    key: str
    stage: str
    entered_at: datetime
    pipeline: str = ""  # "" for that of the deal
    turn: str = ""  # whose move it left; "" says nothing

    @classmethod
    def read(cls, said: Mapping[str, str], reader: Reader) -> EntryRow:
        deal = _id(said, "deal")
        stage = values.words("stage", _given(said, "stage"), LONGEST_NAME)
        at = reader.instant("entered_at", _given(said, "entered_at"))
        key = values.words("entry", said.get("entry", ""), LONGEST_ID)
        turn = said.get("turn", "")
        return cls(
            deal=deal, key=key or identity(deal, stage, at.isoformat()), stage=stage, entered_at=at,
            pipeline=values.words("pipeline", said.get("pipeline", ""), LONGEST_NAME),
            turn=values.one_of("turn", turn, TURNS) if turn else "",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRow(SaidRow):
    """A deal with its people; what is empty says nothing, and changes nothing that is known."""

    key: str
    owner: str
    title: str = ""
    contact: str = ""
    contact_name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    sector: str = ""
    country: str = ""
    amount: Decimal | None = None
    currency: str = ""
    wanted: str = ""
    next_step: str = ""
    pipeline: str = ""  # "" for that of the import
    stage: str = ""
    entered_at: datetime | None = None
    opened_at: datetime | None = None
    outcome: str = ""
    closed_at: datetime | None = None
    reason: str = ""
    team: str = ""
    manager: str = ""
    last_contact_at: datetime | None = None
    last_contact_by: str = ""
    last_contact_channel: str = ""
    last_contact_note: str = ""

    @classmethod
    def read(cls, said: Mapping[str, str], reader: Reader) -> DealRow:
        texts = {
            name: values.words(name, said.get(name, ""), longest)
            for name, longest in LENGTHS.items()
        }
        for several in ("contact", "company"):  # as HubSpot writes them: 551;552
            first, sign, _ = texts[several].partition(";")
            if sign and not texts[several].endswith(";") and "; " not in texts[several]:
                texts[several] = first.strip()
                reader.several += several == "company"
        name, address = person(texts["contact_name"])
        texts["contact_name"] = name
        instants = {
            name: reader.instant(name, said[name])
            for name in ("entered_at", "opened_at", "last_contact_at")
            if said.get(name)
        }
        stated = said.get("currency", "")
        amount, currency = values.amount(said.get("amount", ""), stated, reader)
        row = cls(
            key=_id(said, "deal"),
            owner=values.words("owner", _given(said, "owner"), LONGEST_NAME),
            email=next(iter(values.emails("email", said.get("email", ""))), address),
            amount=amount,
            currency=currency,
            **texts,  # type: ignore[arg-type]
            **instants,  # type: ignore[arg-type]
            **ending(said, reader),
            **_last_contact(said),  # type: ignore[arg-type]
        )
        row.check_order()
        return row

    def check_order(self) -> None:
        """Refuse a deal that closes before it opens, or was spoken about by nobody."""
        if self.closed_at and self.opened_at and self.closed_at < self.opened_at:
            raise RefusalError("closed_at is before opened_at: correct one of them")
        if self.last_contact_at and not self.last_contact_by:
            raise RefusalError("last_contact_by is empty: say who spoke last, us, them or both")

    @property
    def last_touch(self) -> TouchRow | None:
        """The one touch that a last-contact column amounts to.

        Each instant is a touch of its own: a later export adds an attempt and moves no start.
        """
        at = self.last_contact_at
        if at is None:
            return None
        direction = SPEAKERS[self.last_contact_by]
        return TouchRow(
            deal=self.key, key=identity(self.key, "last contact", at.isoformat()), occurred_at=at,
            direction=direction, channel=self.last_contact_channel or Channel.OTHER.value,
            by="" if direction == Direction.INBOUND else self.owner,
            note=self.last_contact_note, subject="", turn=turn_left(direction).value,
        )  # fmt: skip


LENGTHS = {
    "title": 200, "contact": 180, "contact_name": 120, "phone": 254, "company": 200,
    "sector": 120, "country": 80, "wanted": LONGEST_NOTE, "next_step": 200,
    "pipeline": LONGEST_NAME, "stage": LONGEST_NAME, "reason": 200, "team": LONGEST_NAME,
    "manager": LONGEST_NAME,
    "last_contact_note": LONGEST_NOTE,
}  # fmt: skip


def _last_contact(said: Mapping[str, str]) -> dict[str, str]:
    choices = {"last_contact_by": tuple(SPEAKERS), "last_contact_channel": CHANNELS}
    return {
        name: values.one_of(name, said[name], known)
        for name, known in choices.items()
        if said.get(name)
    }


def person(text: str) -> tuple[str, str]:
    """Return name and address of “Mara Lind (mara@example.org)”, as HubSpot writes people.

    Of several, separated by semicolons, the first counts.
    """
    match = NAMED.match(text)
    return (match[1], match[2]) if match else (text, "")


def split_name(text: str) -> tuple[str, str]:
    """Return first and last name of “Mara Lind” or “Lind, Mara”."""
    last, comma, first = (part.strip() for part in text.partition(","))
    if comma and first and "," not in first and first.rstrip(".").casefold() not in SUFFIXES:
        return first, last
    first, _, last = text.rpartition(" ")
    return first, last


def _given(said: Mapping[str, str], name: str) -> str:
    if not said.get(name):
        raise RefusalError(f"has no {name}: fill it in")
    return said[name]


def _id(said: Mapping[str, str], name: str) -> str:
    return values.words(name, _given(said, name), LONGEST_ID)
