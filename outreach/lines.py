"""Whom to talk to about which deal first: one contact has one suggestion at a time.

Source: SILENCE.md, "What the sweep does": their other dark deals say "first talk about …".
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from django.db.models import Count, QuerySet

from contacts.models import Contact
from outreach.models import Suggestion


def line_up(contacts: Iterable[int]) -> None:
    """Let the best ranked live suggestion of each contact lead and the others come after it.

    In the caller's transaction. Whoever lines up the same contact waits here; suggestions that
    somebody acts on at this moment are left out, and lined up when that is done.
    """
    ids = sorted(set(contacts))
    if not ids:
        return
    people = Contact.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    list(people.values_list("pk"))
    rows = _lined(ids).select_for_update(of=("self",), skip_locked=True, no_key=True)
    locked = set(rows.values_list("pk", flat=True))
    waiting = list(_lined(ids).order_by("contact", "-rank", "pk"))
    changed = []
    for _, group in groupby(waiting, key=lambda row: row.contact_id):
        first, *others = group
        for row, after in [(first, None), *((row, first.pk) for row in others)]:
            if row.after_id != after and row.pk in locked:
                row.after_id = after
                changed.append(row)
    Suggestion.objects.bulk_update(changed, ["after"], batch_size=500)


def out_of_line() -> QuerySet[Suggestion, int]:
    """Return the contacts whose line lost its leader, or has two because two of them became one."""
    pending = Suggestion.objects.pending().order_by()
    followers = pending.filter(after__isnull=False).free()
    leaders = pending.filter(state=Suggestion.State.QUEUED, after=None).exclude(channel="")
    crowded = leaders.values("contact").annotate(count=Count("pk")).filter(count__gt=1)
    return followers.values_list("contact", flat=True).union(
        crowded.values_list("contact", flat=True)
    )


def _lined(contacts: list[int]) -> QuerySet[Suggestion]:
    """Return what stands in the contacts' lines: not what rests, and not what talks to nobody."""
    live = Suggestion.objects.live().filter(state=Suggestion.State.QUEUED, contact__in=contacts)
    return live.exclude(channel="").order_by("pk")
