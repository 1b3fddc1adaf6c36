"""Large imports: memory stays flat however many rows there are, and a kill -9 doubles nothing."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from threading import Event
from time import monotonic

import psycopg
import pytest
from django.conf import settings

from tests.cast import day
from tests.serving import PATIENCE_SECONDS, PROJECT, command, environment

TOUCHES_EACH = 4  # so that a deal stands for five rows
FLAT = 1.25  # times the memory of an import a tenth as large
Count = Callable[[str], int]


def large_folder(folder: Path, rows: int) -> Path:
    """Write so many rows: deals of eight owners, each with its touches, in no order of deals."""
    folder.mkdir()
    deals = rows // (1 + TOUCHES_EACH)
    with (folder / "deals.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["deal", "title", "owner", "amount", "contact_name", "company", "opened_at"]
        )
        for number in range(deals):
            owner, company = f"Rep {number % 8}", f"Company {number % 500}"
            opened = (day(0) + timedelta(minutes=number)).isoformat()
            writer.writerow(
                [f"D{number}", f"Deal {number}", owner, 100, f"P {number}", company, opened]
            )
    with (folder / "touches.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["deal", "touch", "occurred_at", "direction", "channel", "note"])
        for place in range(TOUCHES_EACH):
            direction = ("outbound", "inbound")[place % 2]
            for number in range(deals):
                at = (day(1 + place) + timedelta(minutes=number)).isoformat()
                writer.writerow(
                    [f"D{number}", f"{number}-{place}", at, direction, "email", "x" * 80]
                )
    return folder


def importing(env: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_crm", str(folder), "--json"],
        cwd=PROJECT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def most_memory(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; return the most memory that it held, in the unit of the system."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss


def kill_at(process: subprocess.Popen[bytes], count: Count, deals: int) -> None:
    """Kill an import once that many deals stand, in whatever it is doing then."""
    deadline = monotonic() + PATIENCE_SECONDS
    while count("deals_deal") < deals:
        assert process.poll() is None, "it came to its end before it could be killed"
        assert monotonic() < deadline
        Event().wait(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def import_twice_killed(env: dict[str, str], count: Count, tmp_path: Path, rows: int) -> None:
    small = most_memory(importing(env, large_folder(tmp_path / "small", rows // 10)))
    before = count("deals_deal")
    folder, deals = large_folder(tmp_path / "large", rows), rows // (1 + TOUCHES_EACH)
    for done in (deals // 10, deals // 2):
        kill_at(importing(env, folder), count, before + done)
        assert before + done <= count("deals_deal") < before + deals
    large = most_memory(importing(env, folder))
    assert count("deals_deal") == before + deals
    assert count("deals_touch") == (before + deals) * TOUCHES_EACH
    assert count("contacts_contact") == before + deals
    assert large < small * FLAT


def test_a_killed_import_goes_on_without_doubles_and_in_flat_memory(tmp_path: Path) -> None:
    env = environment(tmp_path / "var")
    command(env, "migrate", "--verbosity", "0")
    [base] = (tmp_path / "var").glob("*.sqlite3")

    def count(table: str) -> int:
        with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True, timeout=30)) as connected:
            [found] = connected.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(found)

    import_twice_killed(env, count, tmp_path, rows=5000)


@pytest.fixture
def own_database() -> Iterator[str]:
    """Make a database of its own on the server of the tests; give its address."""
    server = settings.DATABASES["default"]
    place = f"{server['USER']}:{server['PASSWORD']}@{server['HOST']}:{server['PORT'] or 5432}"
    name = f"lamplighter_large_{os.getpid()}"
    with psycopg.connect(f"postgresql://{place}/postgres", autocommit=True) as connected:
        connected.execute(f"CREATE DATABASE {name}")
        try:
            yield f"postgres://{place}/{name}"
        finally:
            connected.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.services
def test_fifty_thousand_rows_come_in_through_kills_in_flat_memory(
    own_database: str, tmp_path: Path
) -> None:
    told = {"DATABASE_URL": own_database, "SECRET_KEY": token_urlsafe(50)}
    told["CELERY_BROKER_URL"] = os.environ["CELERY_BROKER_URL"]
    env = environment(tmp_path / "var", **told)
    command(env, "migrate", "--verbosity", "0")
    with psycopg.connect(own_database, autocommit=True) as connected:

        def count(table: str) -> int:
            found = connected.execute(f"SELECT count(*) FROM {table}").fetchone()
            return int(found[0]) if found else 0

        import_twice_killed(env, count, tmp_path, rows=50_000)
