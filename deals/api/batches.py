"""Touches as a program sends them, one or many: each is taken or refused by itself.

What is taken is recorded together: deals locked in order of id, touches inserted, one replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError as RuleError
from pydantic import Field, ValidationError

from accounts.api import keys
from accounts.api.answers import ApiRequest
from accounts.api.keys import Keyed, Pair
from accounts.api.problems import ProblemOut, Wrong, of_rule, of_shape, unprocessable
from accounts.api.values import Given, Instant, Note, Subject, Switch, Taken
from deals import conversation
from deals.api.addresses import ChannelName
from deals.api.finding import (
    NO_DEAL,
    NOT_ON_THE_DEAL,
    ContactRef,
    DealRef,
    People,
    deals_meant,
    name_of,
)
from deals.arrivals import TOLD, Recorded
from deals.conversation import not_in_the_future
from deals.models import Deal, Touch

MOST = 1000
REFERENCE = "#/components/schemas/{model}"
DirectionName = Literal["inbound", "outbound", "two_way"]
TurnLeft = Literal["theirs", "ours", "unchanged"]
COLUMNS = {"deal": "deal_id", "contact": "contact_id"}  # where a field has another name


class TouchIn(Keyed):
    """One communication. With source and external_id the same again corrects it, or changes nothing.

    A new one was just now without `occurred_at`, with the deal's primary contact without
    `contact`, and without `turn` it leaves theirs after we write, ours after they do. Of a known
    one, what is not sent stays as it is.
    """

    deal: DealRef
    channel: ChannelName
    direction: DirectionName
    occurred_at: Instant | None = None
    contact: ContactRef | None = None
    turn: TurnLeft | None = None
    is_heard: Switch = Field(default=True, description="False for what a robot sent.")
    is_delivered: Switch = Field(default=True, description="False for what did not arrive.")
    subject: Subject = ""
    note: Note = ""

    @property
    def told(self) -> set[str]:
        """What it says of the touch, as the columns; with null it says nothing."""
        sent = {name for name in self.model_fields_set if getattr(self, name) is not None}
        return {COLUMNS.get(name, name) for name in sent} & {*TOLD}


class Batch(Taken):
    """Up to 1,000 touches."""

    items: Annotated[list[Any], Field(min_length=1, max_length=MOST)]


class ItemOut(Given):
    """What became of one item: created, updated, unchanged, or refused with a problem."""

    index: int
    result: Literal["created", "updated", "unchanged", "refused"]
    touch: int | None = None
    problem: ProblemOut | None = None


class BatchOut(Given):
    """What became of a batch, item by item, and how many of each."""

    created: int
    updated: int
    unchanged: int
    refused: int
    items: list[ItemOut]


def describe(schemas: dict[str, Any]) -> None:
    """Say in the API's description what items are meant; each is checked by itself, so any goes."""
    schemas["TouchIn"] = TouchIn.model_json_schema(ref_template=REFERENCE)
    schemas |= schemas["TouchIn"].pop("$defs")
    schemas["Batch"]["properties"]["items"]["items"] = {
        "anyOf": [{"$ref": REFERENCE.format(model="TouchIn")}, {}],
        "description": "A TouchIn. Whatever else is refused by itself, and not the batch.",
    }


@dataclass
class Reading:
    """The items of a batch: those that can be taken, and what is wrong with the others."""

    is_batch: bool = True
    taken: dict[int, TouchIn] = field(default_factory=dict)
    touches: dict[int, Touch] = field(default_factory=dict)
    refused: dict[int, list[Wrong]] = field(default_factory=dict)

    def place(self, index: int) -> tuple[str | int, ...]:
        """Return where an item stands in the body."""
        return ("items", index) if self.is_batch else ()


def touch_of(request: ApiRequest, said: TouchIn) -> Touch:
    """Return the touch that a body means, not saved; raise Problem (422) where it cannot be taken."""
    reading = Reading(is_batch=False, taken={0: said})
    _fill(request, reading)
    if reading.refused:
        raise unprocessable(reading.refused[0])
    return reading.touches[0]


def record(request: ApiRequest, items: Sequence[Any]) -> BatchOut:
    """Record what can be taken of a batch, and say what became of each item."""
    reading = _read(items)
    _fill(request, reading)
    places = list(reading.touches)
    fates = conversation.record_many(
        list(reading.touches.values()), now=request.now,
        each=[reading.taken[place].told for place in places],
    )  # fmt: skip
    return _told(len(items), dict(zip(places, fates, strict=True)), reading.refused)


def _read(items: Sequence[Any]) -> Reading:
    reading = Reading()
    for index, item in enumerate(items):
        try:
            reading.taken[index] = TouchIn.model_validate(item)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False, include_context=False)
            reading.refused[index] = of_shape(errors, reading.place(index))
    return reading


def _fill(request: ApiRequest, reading: Reading) -> None:
    """Find the deals, people and sources that the items mean, in a few queries for all."""
    deals = deals_meant(request, (said.deal for said in reading.taken.values()))
    refs = (said.contact for said in reading.taken.values())
    people = People({*deals.values()}, [ref for ref in refs if ref is not None])
    pairs = {said.pair for said in reading.taken.values() if said.pair is not None}
    seen = Touch.objects.visible_to(request.user)
    sources = keys.sources(Touch, seen, pairs, request.user)
    for index, said in reading.taken.items():
        deal = deals.get(name_of(said.deal))
        try:
            reading.touches[index] = _touch(request, said, deal, people, sources)
        except RuleError as error:
            reading.refused[index] = of_rule(error, reading.place(index))


def _touch(
    request: ApiRequest, said: TouchIn, deal: Deal | None, people: People, sources: dict[Pair, str]
) -> Touch:
    """Return an item as a touch; raise ValidationError where it cannot be taken."""
    if deal is None:
        raise RuleError({"deal": NO_DEAL})
    contact = people.meant(deal, said.contact)
    if contact is None:
        raise RuleError({"contact": NOT_ON_THE_DEAL})
    try:
        at = not_in_the_future(said.occurred_at or request.now, request.now)
    except RuleError as error:
        raise RuleError({"occurred_at": error.messages}) from None
    key = {"source": sources[said.pair], "external_id": said.pair[1]} if said.pair else {}
    return Touch(
        deal=deal, contact=contact, user=request.user, channel=said.channel,
        direction=said.direction, occurred_at=at, turn=said.turn or "", is_heard=said.is_heard,
        is_delivered=said.is_delivered, subject=said.subject, note=said.note, **key,
    )  # fmt: skip


def _told(count: int, fates: dict[int, Recorded], refused: dict[int, list[Wrong]]) -> BatchOut:
    items = [
        ItemOut(index=index, result=fates[index].fate, touch=fates[index].touch.pk)
        if index in fates
        else ItemOut(index=index, result="refused", problem=unprocessable(refused[index]).said)
        for index in range(count)
    ]
    results = [item.result for item in items]
    return BatchOut(
        created=results.count("created"), updated=results.count("updated"),
        unchanged=results.count("unchanged"), refused=results.count("refused"), items=items,
    )  # fmt: skip
