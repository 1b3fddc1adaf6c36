"""Say of the silences that a sweep looked at what they wait for, so that it can pass them by.

A dark silence is settled while a suggestion is live on it or it waits for a step. Both rest on
rows whose writers lock the silence first, and that lock unsettles it; so nothing has to be looked
at until then, or until the wait is over. Decision 135.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef

from deals.models import Participation, Silence
from outreach.models import Suggestion
from outreach.steps import MOST, Step


def settle(silences: Sequence[Silence], waits: Mapping[int, Step]) -> None:
    """Note for locked silences that they were looked at, and for which step some of them wait.

    In the caller's transaction, after all that is queued or filed for them was.
    """
    unsure = _out_of_reach(silences)
    for row in silences:
        step = waits.get(row.pk)
        row.waiting_step = min(step.number, MOST) if step else None
        row.waiting_since = step.since if step else None
    Silence.objects.settle(row for row in silences if row.pk not in unsure)


def _out_of_reach(silences: Sequence[Silence]) -> set[int]:
    """Return those whose suggestion names somebody who is neither on the deal nor of its company.

    Whoever writes about such a person does not lock the deal (`people.deals_around`), as when
    they changed company since: the sweep looks again each time.
    """
    part = Participation.objects.filter(deal=OuterRef("deal"), contact=OuterRef("contact"))
    pending = Suggestion.objects.pending().filter(silence__in=silences).order_by()
    named = pending.values_list(
        "silence", "contact__company", "deal__company", Exists(part.order_by())
    )
    return {
        silence
        for silence, company, ours, takes_part in named
        if not takes_part and (company is None or company != ours)
    }
