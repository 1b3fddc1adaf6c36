"""What each figure of the gone-dark report counts, as rows. `docs/figures.md` says each in words.

Every figure comes as rows of one shape: `at` (when), `of_deal`, `of_stage`, `of_owner`,
`of_amount` and `of_currency`, the last four as they were at the crossing.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, FilteredRelation, Q, QuerySet, TextChoices, When
from django.db.models.functions import Coalesce

from accounts.models import User
from deals.cutoffs import Cutoffs
from deals.models import By, DarkSpell, Ending, Silence
from deals.periods import Period

Rows = QuerySet[Any]


class Figure(TextChoices):
    """The figures of the report, in the order of its tables."""

    DARK_NOW = "dark_now", "Dark now"
    WENT_DARK = "went_dark", "Went dark"
    RELIT = "relit", "Relit"
    LET_GO = "let_go", "Let go"
    WE_WENT_QUIET = "we_went_quiet", "We went quiet"


OF_A_PERIOD = (Figure.WENT_DARK, Figure.RELIT, Figure.LET_GO, Figure.WE_WENT_QUIET)


def rows(figure: Figure, *, reader: User, period: Period, cutoffs: Cutoffs) -> Rows:
    """Return the rows that a figure counts for a reader: what they or their teams owned then.

    Only "dark now" goes by the cutoffs of now instead of the period: today's owner and amount,
    and the truth between two sweeps too. Source: decision 050.
    """
    found = _all(figure, period, cutoffs)
    if reader.is_admin:
        return found
    return found.filter(of_owner__in=User.objects.overseen_by(reader).values("pk"))


def _all(figure: Figure, period: Period, cutoffs: Cutoffs) -> Rows:
    match figure:
        case Figure.DARK_NOW:
            return _dark_now(cutoffs)
        case Figure.WENT_DARK:
            return _crossed(By.THEM, period)
        case Figure.RELIT:
            return _ended("relit_at", period, Silence.objects.by_them())
        case Figure.LET_GO:
            let_go = Silence.objects.by_them().filter(ending=Ending.LET_GO)
            return _ended("ended_at", period, let_go)
        case Figure.WE_WENT_QUIET:
            return _crossed(By.US, period)


def _dark_now(cutoffs: Cutoffs) -> Rows:
    return Silence.objects.filter(cutoffs.dark()).annotate(
        at=F("started_at"),
        of_deal=F("deal"),
        of_stage=F("stage"),
        of_owner=F("deal__owner"),
        of_amount=F("deal__amount"),
        of_currency=F("deal__currency"),
    )


def _crossed(by: By, period: Period) -> Rows:
    """Return the spells that began in the period, of silences by them or by us."""
    spells = DarkSpell.objects.filter(
        silence__by=by, started_at__gte=period.since, started_at__lt=period.until
    )
    return spells.annotate(
        at=F("started_at"),
        of_deal=F("silence__deal"),
        of_stage=F("stage"),
        of_owner=F("owner"),
        of_amount=F("amount"),
        of_currency=F("currency"),
    )


def _ended(field: str, period: Period, silences: Rows) -> Rows:
    """Return silences that ended in the period, with what the crossing they were dark by recorded.

    One that was let go while it was not dark has none: the deal speaks for it.
    """
    within = {f"{field}__gte": period.since, f"{field}__lt": period.until}
    dark_to_the_end = Q(spells__ended_at=F("ended_at"))
    ended: Rows = silences.filter(**within).annotate(
        crossing=FilteredRelation("spells", condition=dark_to_the_end),
        at=F(field),
        of_deal=F("deal"),
        of_stage=Coalesce("crossing__stage", "stage"),
        of_owner=Coalesce("crossing__owner", "deal__owner"),
        of_currency=Coalesce("crossing__currency", "deal__currency"),
        of_amount=Case(
            When(crossing__isnull=True, then=F("deal__amount")), default=F("crossing__amount")
        ),
    )
    return ended
