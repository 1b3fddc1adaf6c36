"""Mail in any order, through any doors, any number of times: the same touches and silences."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from contacts.models import Address
from deals.models import Deal, Hold, Silence, Touch
from outreach.mail.parsing.parsed import ParsedMail
from outreach.models import Door, Mail
from tests.cast import MONDAY_9, make_contact, make_deal
from tests.incoming import came, read_mail

NOW = MONDAY_9 + timedelta(days=60)
DOORS = tuple(Door)
# How much later than it was written a door has a mail: each door keeps its own time.
LATER = {Door.IMAP: 2, Door.CAPTURE: 1, Door.WEBHOOK: 3, Door.ARCHIVE: 0}
KINDS = ("ours", "reply", "answer", "elsewhere", "robot", "away", "away until", "bounce")


@dataclass(frozen=True)
class Written:
    """A mail of a story: its kind, the hour, and which earlier mail of ours it is about."""

    kind: str
    hour: int
    about: int


MAILS = st.lists(
    st.builds(Written, st.sampled_from(KINDS), st.integers(1, 40 * 24), st.integers(0, 5)),
    min_size=2,
    max_size=7,
    unique_by=lambda mail: mail.hour,
)


@dataclass
class World:
    """One deal with one contact, under a domain of its own, so that two can be compared."""

    name: str
    deal: Deal

    @property
    def mara(self) -> str:
        return f"mara@{self.name}.example"

    def id_of(self, number: int) -> str:
        return f"<{number}@{self.name}.example>"

    def read(self, number: int, mail: Written, mails: Sequence[Written]) -> ParsedMail:
        before = [(place, other) for place, other in enumerate(mails) if other.hour < mail.hour]
        ours = [place for place, other in before if other.kind == "ours"]
        about = (self.id_of(ours[mail.about % len(ours)]),) if ours else ()
        told: dict[str, Any] = {
            "sender": self.mara, "to": ("ines@example.com",), "message_id": self.id_of(number),
            "at": written_at(mail), "text": f"{mail.kind} {number}",
        }  # fmt: skip
        told |= {
            "ours": {"sender": "ines@example.com", "to": (self.mara,)},
            "reply": {},
            "answer": {"answers": about},
            "elsewhere": {"answers": about, "sender": f"private@{self.name}.example"},
            "robot": {"verdict": "auto_reply"},
            "away": {"verdict": "out_of_office"},
            "away until": {
                "verdict": "out_of_office",
                "until": date(2026, 3, 2) + timedelta(days=mail.hour // 24 + 3),
            },
            "bounce": {
                "verdict": "bounce", "about": about, "dead": (self.mara,), "sender": "",
            },
        }[mail.kind]  # fmt: skip
        return read_mail(**told)

    def touches(self) -> list[tuple[Any, ...]]:
        rows = Touch.objects.filter(deal=self.deal).order_by("occurred_at")
        return [
            (row.occurred_at, row.direction, row.is_heard, row.is_delivered, row.note, row.contact_id is None)
            for row in rows
        ]  # fmt: skip

    def silences(self) -> list[tuple[Any, ...]]:
        rows = Silence.objects.filter(deal=self.deal).order_by("started_at", "ended_at", "by")
        names = ("by", "started_at", "ended_at", "ending", "attempts", "clock_from", "held_until")
        return list(rows.values_list(*names, "relit_at"))

    def rest(self) -> tuple[Any, ...]:
        holds = Hold.objects.filter(contact=self.deal.contact).order_by("starts_at", "ends_at")
        mails = Mail.objects.filter(message_id__endswith=f"@{self.name}.example>")
        return (
            list(holds.values_list("starts_at", "ends_at")),
            list(mails.order_by("message_id").values_list("state", "occurred_at", "door")),
            Address.objects.get(value=self.mara).health,
        )


def written_at(mail: Written) -> datetime:
    return MONDAY_9 + timedelta(hours=mail.hour)


def bring(world: World, mails: Sequence[Written], copies: Sequence[tuple[int, Door]]) -> None:
    for number, door in copies:
        mail = mails[number]
        received_at = written_at(mail) + timedelta(minutes=LATER[door])
        came(
            world.read(number, mail, mails), NOW, door=door,
            received_at=None if door == Door.ARCHIVE else received_at,
            is_from_us=mail.kind == "ours" and door == Door.IMAP,
        )  # fmt: skip


@pytest.mark.django_db
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mails=MAILS, chance=st.randoms(use_true_random=False), data=st.data())
def test_any_order_through_any_doors_any_number_of_times_comes_to_the_same(
    ines: User, mails: list[Written], chance: random.Random, data: st.DataObject
) -> None:
    doors = [
        data.draw(st.lists(st.sampled_from(DOORS), min_size=1, max_size=3, unique=True))
        for _ in mails
    ]
    copies = [(number, door) for number, chosen in enumerate(doors) for door in chosen]
    shuffled = [*copies, *chance.choices(copies, k=len(copies) // 2)]
    chance.shuffle(shuffled)
    worlds = []
    for order in (sorted(copies, key=lambda copy: mails[copy[0]].hour), shuffled):
        name = f"w{uuid.uuid4().hex}"
        contact = make_contact(addresses={"email": f"mara@{name}.example"})
        world = World(name, make_deal(ines, "Demo", contact=contact))
        bring(world, mails, order)
        worlds.append(world)
    one, other = worlds
    assert one.touches() == other.touches()
    assert one.silences() == other.silences()
    assert one.rest() == other.rest()
