"""By what other systems know our rows: `source` and `external_id`, and whose those words are.

A row is known by both together, over all teams. Whoever sends a pair that a row they may not see
has taken must neither learn of it nor reach it, so theirs is kept beside it, under a source that
names them too, and is given back to them as they sent it. Decision 102.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Annotated, Any

from django.db.models import QuerySet
from pydantic import AfterValidator, Field, model_validator

from accounts.api.values import Name, Taken
from accounts.models import Sourced, User

OURS = frozenset({Sourced.HAND, "mail", "meeting", "onboarding"})  # what we write ourselves
MARK = "~"  # stands between a source and whose it is; no program may send it
SOURCE = r"^[A-Za-z0-9][A-Za-z0-9._:@ -]{0,38}[A-Za-z0-9._:@-]$|^[A-Za-z0-9]$"
Pair = tuple[str, str]


def _is_a_source(text: str) -> str:
    if not re.fullmatch(SOURCE, text, re.ASCII):
        raise ValueError(
            "Name the system that knows it in up to 40 letters, digits and . _ : @ - or spaces, "
            "such as hubspot."
        )
    if text in OURS:
        raise ValueError(f"“{text}” is our own word. Name the system that knows it: hubspot.")
    return text


Source = Annotated[
    str,
    AfterValidator(_is_a_source),
    Field(json_schema_extra={"pattern": SOURCE, "not": {"enum": sorted(OURS)}}),
]
ExternalId = Name


class Key(Taken):
    """By what another system knows a row."""

    source: Source
    external_id: ExternalId

    @property
    def pair(self) -> Pair:
        return self.source, self.external_id


class Keyed(Taken):
    """What may be known to another system: both words or neither."""

    source: Source | None = None
    external_id: ExternalId | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Keyed:
        if (self.source is None) != (self.external_id is None):
            raise ValueError("Send source and external_id together, or neither.")
        return self

    @property
    def pair(self) -> Pair | None:
        """Both words, None where it is known to nobody else."""
        if self.source is None or self.external_id is None:
            return None
        return self.source, self.external_id


def shown(source: str) -> str:
    """Return a source as whoever sent it knows it."""
    return source.split(MARK, maxsplit=1)[0]


def apart(source: str, user: User) -> str:
    """Return the source under which a user's rows stand whose pair somebody else has taken."""
    return f"{source}{MARK}{user.pk}"


def found(rows: QuerySet[Any], pairs: Iterable[Pair], user: User) -> dict[Pair, Any]:
    """Return the rows of those that a user sees, by the pairs as the user knows them."""
    wanted = _by_source(pairs)
    known: dict[Pair, Any] = {}
    for source, ids in wanted.items():
        ours = rows.filter(source__in=[source, apart(source, user)], external_id__in=ids)
        for row in ours.order_by("pk"):
            if (source, row.external_id) not in known or MARK in row.source:
                known[source, row.external_id] = row
    return known


def sources(
    model: type[Any], visible: QuerySet[Any], pairs: Collection[Pair], user: User
) -> dict[Pair, str]:
    """Return under which source to write each pair, so that no row a user may not see is reached."""
    kept = {pair: pair[0] for pair in pairs}
    for source, ids in _by_source(pairs).items():
        both = [source, apart(source, user)]
        taken = model.objects.filter(source__in=both, external_id__in=ids).order_by()
        seen = set(visible.filter(source=source, external_id__in=ids).values_list("pk", flat=True))
        for pk, kept_source, external_id in taken.values_list("pk", "source", "external_id"):
            if kept_source != source or pk not in seen:
                kept[source, external_id] = apart(source, user)
    return kept


def _by_source(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for source, external_id in pairs:
        wanted.setdefault(source, []).append(external_id)
    return wanted
