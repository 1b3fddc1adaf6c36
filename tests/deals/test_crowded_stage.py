"""Another threshold for a stage with a hundred thousand open deals, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import User
from bench import crowd
from deals import rebuilding, sweep, thresholds
from deals.models import DarkSpell, Silence, Stage
from deals.spans import Span
from deals.supposing import suppose
from deals.whatif import WhatIf
from tests.cast import day, sweep_at

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

CROWD = 100_000
NOW = day(40)
# of 500 deals one is dark by a week and not by ten days, and one is dark by both
BEGAN = [day(40) - timedelta(hours=8 + number % 120) for number in range(498)] + [day(32), day(25)]
DARK = CROWD // 500


@pytest.fixture
def demo(ines: User) -> Stage:
    """Demo, dark after a week, with the crowd in it; swept."""
    stage = Stage.objects.get(name="Demo")
    crowd.fill(stage, ines, BEGAN, CROWD)
    assert len(sweep_at(NOW)) == 2 * DARK
    sweep.beat(NOW, marked_dark=2 * DARK, suggested=0)
    return stage


def scans(rows: Any) -> Iterator[tuple[str, str]]:
    """Yield how the server reads the silences that a query asks for, and by which index."""
    told = rows.explain(format="json")
    for plan in json.loads(told) if told else ():  # what can have no row is not asked for
        yield from _scans(plan["Plan"])


def _scans(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if plan.get("Index Name") or plan["Node Type"] == "Seq Scan":
        yield plan["Node Type"], plan.get("Index Name", plan.get("Relation Name", ""))
    for part in plan.get("Plans", ()):
        yield from _scans(part)


def rows_as_they_lie() -> tuple[Any, ...]:
    """Return what changes when any silence is written, were it with the same values."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(hashtext(id || ctid::text || xmin)) FROM deals_silence"
        )
        return cursor.fetchone()


def test_another_threshold_is_foreseen_by_index_rewrites_nothing_and_leaves_all_in_line(
    demo: Stage, ada: User
) -> None:
    supposed = suppose(demo, "10d", NOW)
    for rows in (supposed.before, supposed.now_dark, supposed.no_longer_dark):
        found = {*scans(rows)}
        assert {index for _, index in found} <= {
            "silence_due",
            "silence_dark",
            "deals_silence_pkey",
        }
        assert "Seq Scan" not in {kind for kind, _ in found}
    assert thresholds.effect(demo, "10d", NOW) == thresholds.Effect(0, DARK, 2 * DARK)
    asked = WhatIf.of(demo.pk, NOW)
    assert asked.flags(Span.parse("10d")).at.size == DARK

    before = rows_as_they_lie()
    writer = psycopg.connect(**connection.get_connection_params())
    with writer:
        # somebody records a touch meanwhile: neither waits for the other
        writer.execute("SELECT id FROM deals_deal ORDER BY id LIMIT 300 FOR NO KEY UPDATE")
        writer.execute("SELECT id FROM deals_silence ORDER BY id LIMIT 300 FOR NO KEY UPDATE")
        with transaction.atomic():
            connection.cursor().execute("SET LOCAL lock_timeout = '1s'")
            thresholds.change_span(demo, "10d", now=NOW, user=ada)
    writer.close()
    assert rows_as_they_lie() == before

    later = NOW + timedelta(minutes=1)
    sweep_at(later)
    sweep.beat(later, marked_dark=0, suggested=0)
    assert Silence.objects.filter(dark_at__isnull=False).count() == DARK
    assert DarkSpell.objects.filter(ended_at=NOW).count() == DARK
    assert rebuilding.check(lambda: later).differing == []
