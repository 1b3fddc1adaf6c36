"""What each figure of the gone-dark report counts, as rows. `docs/figures.md` says each in words.

Every figure comes as rows of one shape (`SHAPE`): `at` (when), of which silence, deal, stage,
owner, amount, currency, kind and business, the last six as they were at the crossing, and
`crossed_at`, the instant of it. Where there was no crossing, what stood when the silence ended,
or at the end of the scope, stands in. Source: decisions 050, 110 and 111.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from accounts.models import User
from deals.basis import Basis
from deals.models import By, DarkSpell, Ending, Outcome, Silence, Stage, StageEntry
from deals.models.particulars import standing_at
from deals.scopes import INSTANT, Scope

Rows = QuerySet[Any]
PLAYED = (By.THEM, By.US)  # whose silences go dark, or overdue
FACTS = ("owner", "amount", "currency", "kind", "is_business")
SHAPE = (
    "at", "crossed_at", "of_silence", "of_deal", "of_stage", *(f"of_{name}" for name in FACTS),
)  # fmt: skip


class Figure(TextChoices):
    """The figures of the report, in the order of its tables; then what shares are shares of."""

    DARK_NOW = "dark_now", "Dark now"
    WENT_DARK = "went_dark", "Went dark"
    RELIT = "relit", "Relit"
    LET_GO = "let_go", "Let go"
    WE_WENT_QUIET = "we_went_quiet", "We went quiet"
    WON = "won", "Won after dark"
    LOST = "lost", "Lost after dark"
    OPEN = "open", "Open pipeline"
    WAITED = "waited", "Silences"
    CROSSED = "crossed", "Silences that went dark"
    OWED = "owed", "Answers we owed"
    OWED_LONG = "owed_long", "Answers we owed too long"
    ENDED_DARK = "ended_dark", "Dark silences that ended"
    CAME_BACK = "came_back", "Dark silences that ended in a reply"


OF_A_MOMENT = (Figure.DARK_NOW, Figure.OPEN)
TOLD = tuple(Figure)[: tuple(Figure).index(Figure.OPEN)]  # in the report's own tables
OF_A_PERIOD = tuple(figure for figure in TOLD if figure not in OF_A_MOMENT)


@dataclass(frozen=True)
class Source:
    """Rows of one kind, of which each figure counts a part: one question tells several of them."""

    found: Callable[[Scope], Rows]
    parts: Mapping[Figure, Q]


def rows(figure: Figure, *, reader: User, scope: Scope, basis: Basis | None = None) -> Rows:
    """Return the rows that a figure counts for a reader: what they or their teams owned then."""
    source = next(source for source in SOURCES if figure in source.parts)
    found = together(source, reader=reader, scope=scope, basis=basis)
    return found.filter(source.parts[figure])


def together(source: Source, *, reader: User, scope: Scope, basis: Basis | None = None) -> Rows:
    """Return the rows of which the figures of a source count their parts.

    Only "dark now" of the present asks the `basis` (read if it is not at hand): the truth between
    two sweeps too.
    """
    if Figure.DARK_NOW in source.parts and scope.is_now:
        found = _dark_now(scope, basis or Basis(scope.as_of))
    else:
        found = source.found(scope)
    found = _narrowed(found, scope)
    if reader.is_admin:
        return found
    return found.filter(of_owner__in=User.objects.overseen_by(reader).values("pk"))


def _narrowed(rows: Rows, scope: Scope) -> Rows:
    """Keep what the scope's filters leave; nothing is looked up through what was worked out."""
    own = {name: said for name, said in scope.filters().items() if "__" not in name}
    own = {name: getattr(said, "pk", said) for name, said in own.items()}
    if scope.pipeline:
        stages = Stage.objects.filter(pipeline=scope.pipeline).order_by()
        rows = rows.filter(of_stage__in=stages.values("pk"))
    if scope.team:
        members = User.objects.filter(team=scope.team).order_by()
        rows = rows.filter(of_owner__in=members.values("pk"))
    return rows.filter(**own)


def _dark_now(scope: Scope, basis: Basis) -> Rows:
    """Return what is dark by the cutoffs; of what no sweep has marked yet, today's facts."""
    return _open(scope).filter(basis.dark)


def _dark(scope: Scope) -> Rows:
    """Return the spells that lasted at an instant."""
    lasting = Q(ended_at=None) | Q(ended_at__gt=scope.as_of)
    spells = DarkSpell.objects.filter(lasting, silence__by=By.THEM, started_at__lte=scope.as_of)
    return _spells(spells, at="silence__started_at")


def _open(scope: Scope) -> Rows:
    """Return the silences that lasted at an instant, by whomever: every open deal has one."""
    at = scope.as_of
    lasting = Q(ended_at=None) | Q(ended_at__gt=at)
    spell = Q(spells__ended_at=None) | Q(spells__ended_at__gt=at)
    found = Silence.objects.filter(lasting, started_at__lte=at).annotate(
        crossing=FilteredRelation("spells", condition=spell & Q(spells__started_at__lte=at))
    )
    return _silences(found, at="started_at", stood_at=at, stage=_stage_at(scope, at))


def _crossed(scope: Scope) -> Rows:
    """Return the spells that began in the period."""
    within = DarkSpell.objects.filter(started_at__gte=scope.since, started_at__lt=scope.until)
    return _spells(within.filter(silence__by__in=PLAYED), at="started_at")


def _waited(scope: Scope) -> Rows:
    """Return the silences that waited, or crossed, at some instant of the period.

    That leaves out those that were dark already when it began, and to their end or its end.
    """
    since, until = scope.since, scope.until
    lasted = Q(ended_at__gt=since) & Q(ended_at__gt=F("started_at"))
    to_the_end = Q(ended_at=None) | Q(ended_at__gte=until) | Q(ended_at=OuterRef("ended_at"))
    spells = DarkSpell.objects.filter(silence=OuterRef("pk"))
    within = Q(spells__started_at__gte=since, spells__started_at__lt=until)
    earlier = spells.filter(
        started_at__gte=since, started_at__lt=OuterRef("crossing__started_at")
    )  # a silence that crossed twice counts once, by its first crossing
    found = (
        Silence.objects.filter(Q(ended_at=None) | lasted, by__in=PLAYED, started_at__lt=until)
        .filter(~Exists(spells.filter(to_the_end, started_at__lt=since)))
        .annotate(
            crossing=FilteredRelation("spells", condition=within),
            stood_at=Least(
                Coalesce("ended_at", Value(until, DateTimeField())),
                Value(until - INSTANT, DateTimeField()),
            ),
        )
        .filter(~Exists(earlier))
    )
    return _silences(
        found, at="started_at", stood_at=F("stood_at"), stage=_stage_at(scope, OuterRef("stood_at"))
    )


def _relit(scope: Scope) -> Rows:
    return _told(scope, "relit_at")


def _ended(scope: Scope) -> Rows:
    return _told(scope, "ended_at")


def _told(scope: Scope, field: str) -> Rows:
    """Return silences by them with an instant in the period, by the spell they ended in.

    One that was let go while it was not dark has none: what stood at its end speaks for it.
    """
    within = {f"{field}__gte": scope.since, f"{field}__lt": scope.until}
    to_the_end = Q(spells__ended_at=F("ended_at"))
    ended = Silence.objects.by_them().filter(**within)
    crossed = ended.annotate(crossing=FilteredRelation("spells", condition=to_the_end))
    return _silences(crossed, at=field, stood_at=F("ended_at"), stage=F("stage"))


def _closed(scope: Scope) -> Rows:
    """Return closings in the period of deals that had been dark, by their last crossing before."""
    entry = "silence__deal__outcome_entries"
    within = {f"{entry}__occurred_at__gte": scope.since, f"{entry}__occurred_at__lt": scope.until}
    closing = FilteredRelation(entry, condition=Q(**within))
    later = DarkSpell.objects.filter(
        silence__by=By.THEM,
        silence__deal=OuterRef("silence__deal"),
        started_at__gt=OuterRef("started_at"),
        started_at__lte=OuterRef("closing__occurred_at"),
    )
    spells = DarkSpell.objects.annotate(closing=closing).filter(silence__by=By.THEM)
    closed = spells.filter(closing__occurred_at__gte=F("started_at")).filter(~Exists(later))
    return _spells(closed, at="closing__occurred_at")


HAS_CROSSED = Q(crossing__isnull=False)
SOURCES = (
    Source(_dark, {Figure.DARK_NOW: Q()}),
    Source(_open, {Figure.OPEN: Q()}),
    Source(
        _crossed,
        {
            Figure.WENT_DARK: Q(silence__by=By.THEM),
            Figure.WE_WENT_QUIET: Q(silence__by=By.US),
        },
    ),
    Source(
        _waited,
        {
            Figure.WAITED: Q(by=By.THEM),
            Figure.CROSSED: Q(by=By.THEM) & HAS_CROSSED,
            Figure.OWED: Q(by=By.US),
            Figure.OWED_LONG: Q(by=By.US) & HAS_CROSSED,
        },
    ),
    Source(_relit, {Figure.RELIT: Q()}),
    Source(
        _ended,
        {
            Figure.LET_GO: Q(ending=Ending.LET_GO),
            Figure.ENDED_DARK: HAS_CROSSED,
            Figure.CAME_BACK: HAS_CROSSED & Q(ending=Ending.REPLIED),
        },
    ),
    Source(
        _closed,
        {
            Figure.WON: Q(closing__outcome=Outcome.WON),
            Figure.LOST: Q(closing__outcome=Outcome.LOST),
        },
    ),
)


def _spells(spells: Rows, *, at: str) -> Rows:
    """Give spells the shape: what they recorded."""
    told: Rows = spells.annotate(
        at=F(at),
        crossed_at=F("started_at"),
        of_silence=F("silence"),
        of_deal=F("silence__deal"),
        of_stage=F("stage"),
        **{f"of_{name}": F(name) for name in FACTS},
    )
    return told


def _silences(silences: Rows, *, at: str, stood_at: Any, stage: Any) -> Rows:
    """Give silences the shape: what their `crossing` recorded, else what stood at an instant."""
    then = standing_at(stood_at, "deal__particulars__")
    found = silences.annotate(stood=FilteredRelation("deal__particulars", condition=then))
    told: Rows = found.annotate(
        at=F(at),
        crossed_at=Coalesce("crossing__started_at", stood_at),
        of_silence=F("pk"),
        of_deal=F("deal"),
        of_stage=Coalesce("crossing__stage", stage, output_field=BigIntegerField()),
        of_amount=Case(
            When(crossing__isnull=True, then=F("stood__amount")), default=F("crossing__amount")
        ),
        **{
            f"of_{name}": Coalesce(f"crossing__{name}", f"stood__{name}")
            for name in FACTS
            if name != "amount"
        },
    )
    return told


def _stage_at(scope: Scope, at: datetime | OuterRef) -> Any:
    """Return the stage of a silence's deal at an instant; of the present the silence knows it."""
    if scope.is_now:
        return F("stage")
    entries = StageEntry.objects.filter(deal=OuterRef("deal"))
    order = ("occurred_at", "source", "external_id")
    last = entries.filter(occurred_at__lte=at).order_by(*(f"-{name}" for name in order))
    first = entries.order_by(*order)
    found = (Subquery(rows.values("stage")[:1]) for rows in (last, first))
    return Coalesce(*found, output_field=BigIntegerField())
