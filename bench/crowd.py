"""Make one stage crowded: as many open deals as wanted, each waiting for an answer, by SQL alone.

Only on PostgreSQL, in a workspace that is furnished. The rows are those that the doors would have
written: `rebuild_silences --check` finds nothing to mend.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal, Stage, WorkCalendar

PEOPLE = 500  # contacts that lead the deals between them
EACH = "FROM generate_series(1, %(count)s) AS n"
BEGAN = "(%(spread)s::timestamptz[])[1 + n %% %(kinds)s] - n * interval '1 millisecond'"
TABLES = (
    "contacts_contact", "deals_deal", "deals_participation", "deals_particulars",
    "deals_stageentry", "deals_touch", "deals_silence",
)  # fmt: skip


@transaction.atomic
def fill(stage: Stage, owner: User, began: Sequence[datetime], count: int) -> None:
    """Open deals in a stage, each written to when it began; the beginnings go round.

    Raises RuntimeError where there are deals already.
    """
    if Deal.objects.exists():
        raise RuntimeError("There are deals already: use a database without any.")
    for number in range(PEOPLE):
        Contact.objects.create(first_name="Mara", last_name=f"Lind {number}")
    first = Contact.objects.order_by("pk").values_list("pk", flat=True)[0]
    told = {
        "count": count, "stage": stage.pk, "owner": owner.pk, "contact": first, "people": PEOPLE,
        "spread": list(began), "kinds": len(began), "deal": 1_000_000, "touch": 1_000_000,
        "calendar": WorkCalendar.objects.get(is_workspace=True).pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in _statements():
            cursor.execute(statement, told)
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")


def _statements() -> list[str]:
    """Return what writes the deals, who leads them, how they entered, what we wrote, and the silence."""
    deal = {
        "id": "%(deal)s + n", "title": "'Fleet telematics ' || n", "stage_id": "%(stage)s",
        "contact_id": "%(contact)s + n %% %(people)s", "owner_id": "%(owner)s",
        "amount": "n", "currency": "'EUR'", "opened_at": BEGAN, "outcome": "'open'",
        "source": "'crowd'", "external_id": "n::text", "wanted": "''", "next_step": "''",
        "link": "''",
    }  # fmt: skip
    of_deal = {"deal_id": "%(deal)s + n"}
    led = {"contact_id": "%(contact)s + n %% %(people)s"}
    known = {"source": "'crowd'", "external_id": "n::text"}
    return [
        _insert("deals_deal", deal),
        _insert("deals_participation", {**of_deal, **led, "is_primary": "true", "joined_at": BEGAN}),
        _insert("deals_particulars", {
            **of_deal, "owner_id": "%(owner)s", "amount": "n", "currency": "'EUR'",
            "kind": "'prospect'", "is_business": "false",
        }),
        _insert("deals_stageentry", {
            **of_deal, **known, "stage_id": "%(stage)s", "occurred_at": BEGAN,
            "turn": "'unchanged'",
        }),
        _insert("deals_touch", {
            **of_deal, **led, **known, "id": "%(touch)s + n", "channel": "'email'",
            "direction": "'outbound'", "occurred_at": BEGAN, "recorded_at": BEGAN,
            "turn": "'theirs'", "is_heard": "true", "is_delivered": "true", "subject": "''",
            "note": "''",
        }),
        _insert("deals_silence", {
            **of_deal, "by": "'them'", "opening": "'touch:' || (%(touch)s + n)",
            "started_at": BEGAN, "clock_from": BEGAN, "stage_id": "%(stage)s",
            "calendar_id": "%(calendar)s", "ending": "''", "attempts": "0", "dark_attempts": "0",
        }),
    ]  # fmt: skip


def _insert(table: str, values: dict[str, str]) -> str:
    names = ", ".join(f'"{name}"' for name in values)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} {EACH}"
