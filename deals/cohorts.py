"""Silences by them as a report tells them apart: whose, of which kind, as it was when they began.

A dark spell keeps what stood at its crossing. A silence that never crossed has no crossing to go
by, and all that are counted together have to be told apart alike. Source: decisions 110 and 113.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from deals.models import Ending, Silence
from deals.models.particulars import standing_at
from deals.scopes import INSTANT, Scope

STOOD = "stood"  # the particulars that stood when the silence began
OF_THE_SILENCE = ("stage", "stage__pipeline")
Rows = QuerySet[Any]


def begun(reader: User, scope: Scope) -> Rows:
    """Return the silences by them that began in the scope's days, of deals that were the reader's."""
    days = (scope.since, scope.until - INSTANT)
    return _of(reader, scope, Silence.objects.by_them().filter(started_at__range=days))


def heard(reader: User, scope: Scope) -> Rows:
    """Return those that were answered in the scope's days, also after a letting go; `heard_at` says when."""
    days = (scope.since, scope.until - INSTANT)
    answered = Q(relit_at=None, ending=Ending.REPLIED, ended_at__range=days)
    rows = Silence.objects.by_them().filter(answered | Q(relit_at__range=days))
    found: Rows = _of(reader, scope, rows).annotate(heard_at=Coalesce("relit_at", "ended_at"))
    return found


def _of(reader: User, scope: Scope, rows: Rows) -> Rows:
    """Keep what the scope's filters and the reader's sight leave."""
    asked = {
        lookup if lookup in OF_THE_SILENCE else f"{STOOD}__{lookup}": said
        for lookup, said in scope.filters(of="").items()
    }
    if not reader.is_admin:
        asked[f"{STOOD}__owner__in"] = User.objects.overseen_by(reader).values("pk")
    when = standing_at(F("started_at"), "deal__particulars__")
    stood = {STOOD: FilteredRelation("deal__particulars", condition=when)}
    kept: Rows = rows.annotate(**stood).filter(**asked).order_by()
    return kept
