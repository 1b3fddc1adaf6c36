"""Somebody is erased while another saves what is known about them, on a real server."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from contacts.models import Contact, Fact
from deals import cards, people
from tests.cast import day, make_contact

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
PATIENCE = 30  # seconds, where nobody comes to wait


def _waits(cursor: Any) -> bool:
    """Whether somebody waits for a lock."""
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(cursor.fetchone()[0])


def test_an_erasure_that_waited_takes_what_was_noted_meanwhile(ines: User) -> None:
    tove = make_contact("Tove", "Berg", owner=ines)
    held = threading.Event()

    def note() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            fact = {"learned_from": "Call", "learned_on": day(1).date()}
            cards.learn(tove, Fact(text="Sails at weekends", **fact))
            held.set()
            until = monotonic() + PATIENCE
            while monotonic() < until and not _waits(cursor):
                pass
            cards.learn(tove, Fact(text="Plays the cello", **fact))
        connection.close()

    def erase() -> None:
        held.wait()
        people.erase(Contact.objects.get(pk=tove.pk), now=day(2))
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(note), pool.submit(erase)]:
            job.result(timeout=60)
    assert not Fact.objects.exists()
