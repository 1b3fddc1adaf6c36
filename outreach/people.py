"""Whom one may ask, and by which ways: people as the rules of plays see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contacts.models import Address, Fact, OptOut
from deals.models import Direction
from outreach.answers import Answers, Told, answers_of
from outreach.rates import counted


@dataclass(frozen=True, slots=True)
class Way:
    """One address of a person, by its id, with what may be done with it."""

    address: int
    channel: str
    is_alive: bool = True
    is_refused: bool = False
    is_preferred: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be asked.

    `opt_outs` names channels, "" for all of them; `heard_on` the deals on which they were heard.
    """

    contact: int
    ways: tuple[Way, ...] = ()
    opt_outs: frozenset[str] = frozenset()
    answers: Mapping[str, Answers] = field(default_factory=dict)
    has_fact: bool = False
    heard_on: frozenset[int] = frozenset()

    @property
    def may_be_named(self) -> bool:
        """Whether they want to hear from us at all."""
        return "" not in self.opt_outs

    def usable(self) -> list[Way]:
        """The ways to them that work and that they allow."""
        ways = [way for way in self.ways if way.is_alive and not way.is_refused]
        return [way for way in ways if self.may_be_named and way.channel not in self.opt_outs]


def read(ids: Iterable[int]) -> dict[int, Person]:
    """Return contacts as the rules see them, in four queries."""
    wanted = sorted(set(ids))
    ways: dict[int, list[Way]] = defaultdict(list)
    for row in Address.objects.filter(contact__in=wanted):
        is_refused = row.consent == Address.Consent.REFUSED
        is_alive = row.health == Address.Health.ALIVE
        way = Way(row.pk, row.channel, is_alive, is_refused, row.is_preferred)
        ways[row.contact_id].append(way)
    outs: dict[int, set[str]] = defaultdict(set)
    opted_out = OptOut.objects.filter(contact__in=wanted, lifted_at=None)
    for contact, channel in opted_out.values_list("contact_id", "channel"):
        outs[contact].add(channel)
    facts = Fact.objects.filter(contact__in=wanted, last_used_at=None).order_by()
    personal = set(facts.values_list("contact_id", flat=True))
    told = _told(wanted)
    return {
        pk: Person(
            pk, tuple(ways[pk]), frozenset(outs[pk]), answers_of(told[pk].touches),
            pk in personal, frozenset(told[pk].heard_on),
        )
        for pk in wanted
    }  # fmt: skip


@dataclass
class _Told:
    """What was said between us and one contact, over all deals, in order."""

    touches: list[Told] = field(default_factory=list)
    heard_on: set[int] = field(default_factory=set)


def _told(contacts: Sequence[int]) -> dict[int, _Told]:
    """Read what was said with each contact."""
    told: dict[int, _Told] = defaultdict(_Told)
    rows = counted().filter(contact__in=contacts).order_by("occurred_at", "pk")
    said = rows.values_list("contact_id", "deal_id", "channel", "direction")
    for contact, deal, channel, direction in said:
        told[contact].touches.append(Told(channel, direction))
        if direction != Direction.OUTBOUND:
            told[contact].heard_on.add(deal)
    return told
