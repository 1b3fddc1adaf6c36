"""Deals as a list: which ones, in which order, each with how its silence stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    When,
)
from django.db.models.functions import Lower

from accounts.models import User
from deals import standing
from deals.cutoffs import Cutoffs
from deals.models import By, Deal, Direction, Outcome, Pipeline, Silence, Stage, Touch
from deals.policies import Rulebook
from deals.standing import DIMMING_SHARE, Standing, State

PAGE = 25
COUNTED = 10_000  # a page's count reads at most so many rows, however many deals there are
AT_ONCE = 500  # deals that one act takes: about as long as somebody waits (docs/re-engaging.md)
ANY = "any"

STATES = (
    ("dark", "Dark"),
    ("dimming", "Dimming"),
    ("waiting", "Waiting for them"),
    ("held", "On hold"),
    ("ours", "Our move"),
    ("nobody", "Nobody’s move"),
    ("untouched", "Awaiting a first touch"),
)
SORTS = (
    ("-opened", "Newest first"),
    ("opened", "Oldest first"),
    ("silence", "Longest silence first"),
    ("-amount", "Largest amount first"),
    ("amount", "Smallest amount first"),
    ("title", "Title, A to Z"),
    ("-title", "Title, Z to A"),
)
NEWEST = "-opened"
# Silences by them come first; the longer, the earlier their clock began.
MOST_SILENT = (
    Case(When(silent__by=By.THEM, then=0), default=1, output_field=IntegerField()),
    F("silent__clock_from").asc(nulls_last=True),
    F("pk").asc(),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asked the list for; what is empty narrows nothing."""

    text: str = ""
    pipeline: Pipeline | None = None
    stage: Stage | None = None
    owner: User | None = None
    outcome: str = "open"
    state: str = ""
    amount: str = ""
    sort: str = NEWEST


@dataclass(frozen=True, slots=True)
class Row:
    """One deal of a page; `stands` is None for a closed one."""

    deal: Deal
    stands: Standing | None


class BoundedPaginator(Paginator):
    """Pages of a list that is counted only so far."""

    @cached_property
    def count(self) -> int:
        found: Any = self.object_list
        return int(found[:COUNTED].count())


def listed(reader: User, asked: Asked, cutoffs: Cutoffs) -> QuerySet[Deal]:
    """Return the deals that a reader may see and asked for, in a stable order."""
    deals: QuerySet[Deal] = Deal.objects.visible_to(reader).filter(_narrowed(asked))
    if asked.text:
        deals = deals.filter(matching(asked.text))
    if asked.state == "untouched":
        deals = untouched(deals)
    elif asked.state:
        deals = deals.filter(pk__in=in_state(asked.state, reader, cutoffs).values("deal"))
    return ordered(deals, asked.sort)


def untouched(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """Keep the open deals with prospects to whom we have not said a word yet.

    What they wrote is none of ours, and what was not delivered was not said.
    """
    said = Touch.objects.standing().filter(deal=OuterRef("pk"))
    ours = said.filter(
        Q(direction=Direction.OUTBOUND, is_delivered=True) | Q(direction=Direction.TWO_WAY)
    )
    prospects = deals.filter(outcome=Outcome.OPEN, stage__pipeline__kind=Pipeline.Kind.PROSPECTS)
    return prospects.filter(~Exists(ours.order_by()))


def _narrowed(asked: Asked) -> Q:
    told = {
        "stage__pipeline": asked.pipeline,
        "stage": asked.stage,
        "owner": asked.owner,
        "outcome": None if asked.outcome == ANY else asked.outcome,
    }
    narrowed = Q(**{name: value for name, value in told.items() if value})
    if asked.amount:
        narrowed &= Q(amount__isnull=asked.amount == "without")
    return narrowed


def matching(text: str) -> Q:
    """Return which deals have every word of a text in their title, contact or company."""
    found = Q()
    for word in text.split():
        found &= (
            Q(title__icontains=word)
            | Q(contact__first_name__icontains=word)
            | Q(contact__last_name__icontains=word)
            | Q(company__name__icontains=word)
        )
    return found


def in_state(state: str, reader: User, cutoffs: Cutoffs) -> QuerySet[Silence]:
    """Return the open silences, of deals that a reader may see, that stand so at an instant.

    Judged by the cutoffs, so also between two sweeps. Source: SILENCE.md, "When it is dark".
    """
    silences = Silence.objects.visible_to(reader).open().order_by()
    if state in (By.NOBODY, "ours"):
        return silences.filter(by=By.US if state == "ours" else By.NOBODY)
    if state == "held":
        return silences.filter(pk__in=_held(silences, cutoffs))
    if state == "dark":
        return silences.filter(cutoffs.dark())
    if state == "dimming":
        return silences.filter(cutoffs.dimming())
    waiting = silences.filter(by=By.THEM).exclude(cutoffs.due(By.THEM, DIMMING_SHARE))
    return waiting.exclude(pk__in=_held(silences, cutoffs))


def _held(silences: QuerySet[Silence], cutoffs: Cutoffs) -> list[int]:
    """Return those whose clock stands still now; only silences with a hold to come are judged."""
    held = silences.filter(by=By.THEM, held_until__gt=cutoffs.now)
    found = standing.of(held, cutoffs.now, cutoffs.rulebook)
    return [pk for pk, stands in found.items() if stands.state == State.HELD]


def ordered(deals: QuerySet[Deal], sort: str) -> QuerySet[Deal]:
    """Return deals in one of the orders of `SORTS`; ties go by id, so that pages do not overlap."""
    if sort == "silence":
        return most_silent_first(deals)
    down = sort.startswith("-")
    columns: dict[str, Any] = {
        "opened": F("opened_at"),
        "amount": F("amount"),
        "title": Lower("title"),
    }
    first = columns[sort.removeprefix("-")]
    order = first.desc(nulls_last=True) if down else first.asc(nulls_last=True)
    return deals.order_by(order, "-pk" if down else "pk")


def open_silence() -> FilteredRelation:
    """Return the one open silence of each deal, to be joined; a new one each time: it keeps state."""
    return FilteredRelation("silences", condition=Q(silences__ended_at=None))


def most_silent_first(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """Return deals by how long they have been silent: by them first, then the rest, closed last."""
    return deals.annotate(silent=open_silence()).order_by(*MOST_SILENT)


def with_people(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    """Return deals with all that a row shows, in two queries."""
    open_ones = Prefetch("silences", Silence.objects.open(), to_attr="open_silences")
    related = deals.select_related("contact", "company", "owner", "stage__pipeline")
    return related.prefetch_related(open_ones)


def rows(deals: Iterable[Deal], now: datetime, rulebook: Rulebook | None = None) -> list[Row]:
    """Return deals (`with_people`) with how each one's silence stands."""
    deals = list(deals)
    silences = {deal.pk: deal.open_silences[0] for deal in deals if deal.open_silences}  # type: ignore[attr-defined]
    found = standing.of(silences.values(), now, rulebook) if silences else {}
    return [
        Row(deal, found[silences[deal.pk].pk] if deal.pk in silences else None) for deal in deals
    ]
