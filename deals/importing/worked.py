"""Whether anything rests on a row that an import made: then an undo leaves it standing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model, Q

from accounts.models import Team, User
from contacts.models import Address, Company, Contact
from deals.models import (
    DarkSpell,
    Deal,
    ImportedRow,
    OutcomeEntry,
    Participation,
    Particulars,
    Pipeline,
    Silence,
    Stage,
    StageEntry,
    Threshold,
    Touch,
)

# What follows from a row by itself, or came with it; histories are looked at one by one.
FOLLOWS: dict[str, tuple[type[Model], ...]] = {
    "deal": (Silence, DarkSpell, Touch, StageEntry, OutcomeEntry, Participation, Particulars),
    "contact": (Address,),
    "silence": (DarkSpell,),
    "stage": (Threshold,),
    "user": (Team.managers.through,),
}

# What an import brings itself: where it stays, it has been told, or somebody made it by hand.
MAIN: tuple[type[Model], ...] = (
    Company, Contact, DarkSpell, Deal, OutcomeEntry, Participation, Particulars, Silence, Stage, StageEntry,
    Team, Touch, User, Team.managers.through, Pipeline,
)  # fmt: skip


def worked_on(model: type[Model], rows: Sequence[Any]) -> dict[int, str]:
    """Return which rows something rests on that the import did not bring, with what that is.

    What is only still needed, as the contact of a deal that stays, comes with "".

    A model may say in `counts_as_work` which of its rows a person made: suggestions and notices
    come by themselves.
    """
    name = str(model._meta.model_name)  # noqa: SLF001
    why: dict[int, str] = {}
    for other, column in _resting_on(model):
        if other in (ImportedRow, *FOLLOWS.get(name, ())):
            continue
        work = getattr(other, "counts_as_work", Q())
        found = other._default_manager.filter(work, **{f"{column}__in": rows})  # noqa: SLF001
        label = str(other._meta.verbose_name)  # noqa: SLF001
        reason = "" if model is not Deal and other in MAIN else f"a {label} belongs to it"
        for pk in found.order_by().values_list(column, flat=True).distinct():
            why[pk] = why.get(pk) or reason
    if name == "deal":
        why |= _joined(rows) | _thought_about(rows)
    return why


def _thought_about(deals: Sequence[Any]) -> dict[int, str]:
    """Return the deals about whose silences somebody has said something."""
    silences = dict(Silence.objects.filter(deal__in=deals).values_list("pk", "deal"))
    return {silences[pk]: why for pk, why in worked_on(Silence, list(silences)).items()}


def _resting_on(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    """Yield the models that point at one, with the column that does."""
    for relation in model._meta.get_fields(include_hidden=True):  # noqa: SLF001
        if relation.auto_created and not relation.concrete and not relation.many_to_many:
            yield relation.related_model, relation.field.name  # type: ignore[union-attr, misc]


def _joined(deals: Sequence[Any]) -> dict[int, str]:
    """Return the deals with other people on them than came in."""
    own = {deal.pk: deal.contact_id for deal in deals}
    parts = Participation.objects.filter(deal__in=deals).values_list("deal", "contact", "left_at")
    return {
        deal: "people joined or left it since"
        for deal, contact, left_at in parts
        if left_at is not None or own[deal] != contact
    }
