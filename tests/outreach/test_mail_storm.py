"""A storm of mail through two doors at once, with the worker killed again and again.

Real processes on a database of their own, a real Dovecot, a real web server; SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from psycopg import connect, sql

from tests.dovecot import Account, Dovecot
from tests.serving import PATIENCE_SECONDS, PROJECT, command, environment

SEED = 20261123
SECRET = "storm:of mail"
DAYS = 20


@dataclass(frozen=True)
class Sent:
    """One mail of the storm: whose it is, through which door it comes, when our server had it."""

    raw: bytes
    at: datetime
    rep: str
    is_ours: bool
    door: str


def mails(count: int, deals: int, reps: list[str], chance: Random) -> list[Sent]:
    """Return mails between reps and contacts, a tenth of them without an id."""
    made = []
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(count):
        deal, is_ours = chance.randrange(deals), chance.random() < 0.4
        rep = reps[deal % len(reps)]
        us, them = f"{rep}@us.example", f"p{deal}@them.example"
        at = now - timedelta(seconds=chance.randrange(60, DAYS * 86_400))
        head = [
            f"From: {us if is_ours else them}", f"To: {them if is_ours else us}",
            f"Subject: No. {number}", f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000",
        ]  # fmt: skip
        if number % 10:
            head.append(f"Message-ID: <{number}.{uuid4().hex}@them.example>")
        raw = "\r\n".join([*head, "", f"This is what number {number} says.", ""]).encode()
        door = chance.choice(("sent", "twice") if is_ours else ("imap", "twice", "webhook", "both"))
        made.append(Sent(raw, at, rep, is_ours, door))
    chance.shuffle(made)
    return made


def storm(env: dict[str, str], *words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.storm", *map(str, words)],
        cwd=PROJECT, env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


@contextmanager
def web(env: dict[str, str]) -> Iterator[str]:
    """Serve the installation on a free port; give the address of its webhook."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    served = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"],
        cwd=PROJECT, env={**env, "BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1"},
        start_new_session=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/health/live")
        yield f"{url}/anymail/sparkpost/inbound/"
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait(PATIENCE_SECONDS)


def _wait_for(url: str) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=10).close()
        except OSError:
            assert monotonic() < deadline
            Event().wait(0.1)
        else:
            return


def post(url: str, mail: Sent) -> None:
    content = {"email_rfc822": b64encode(mail.raw).decode(), "email_rfc822_is_base64": True}
    told = [{"msys": {"relay_message": {"content": content, "rcpt_to": "", "msg_from": ""}}}]
    headers = {
        "Authorization": "Basic " + b64encode(SECRET.encode()).decode(),
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(url, json.dumps(told).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200


def put(accounts: list[Account], mail: Sent) -> None:
    """Let a mail arrive in its rep's mailbox; one that came twice lies there twice."""
    account = next(account for account in accounts if account.name == mail.rep)
    for _ in range({"webhook": 0, "twice": 2}.get(mail.door, 1)):
        account.deliver(mail.raw, at=mail.at, folder=".Sent" if mail.is_ours else "")


def rage(env: dict[str, str], post_office: Dovecot, *, count: int, deals: int, kills: int) -> Any:
    """Let a storm pass over an installation, and return what it left."""
    chance = Random(SEED)
    accounts = [post_office.new_account() for _ in range(2)]
    names = [account.name for account in accounts]
    command(env, "migrate", "--verbosity", "0")
    storm(env, "begin", deals, post_office.port, *names)
    falling = mails(count, deals, names, chance)
    early, late = falling[: count // 4], falling[count // 4 :]
    for mail in early:  # was there before the mailbox was first read
        put(accounts, mail)
    with web(env) as url, ThreadPoolExecutor(3) as pool:
        working = pool.submit(storm, env, "work", kills, count, SEED)
        by_mail = pool.submit(lambda: [put(accounts, mail) for mail in late])
        for mail in falling:
            if mail.door in ("webhook", "both"):
                post(url, mail)
        by_mail.result()
        working.result()
    return json.loads(storm(env, "tell"))


def as_it_should_be(count: int, deals: int) -> dict[str, Any]:
    made = mails(count, deals, ["a", "b"], Random(SEED))
    ours = sum(mail.is_ours for mail in made)
    return {
        "touches": count, "directions": {"inbound": count - ours, "outbound": ours},
        "subjects": count, "mails": count, "waiting": [], "elsewhere": [], "differing": [],
        "deals": deals, "problems": [],
    }  # fmt: skip


def test_after_a_small_storm_each_mail_is_one_touch(tmp_path: Path, post_office: Dovecot) -> None:
    env = environment(tmp_path, ANYMAIL_WEBHOOK_SECRET=SECRET)
    assert rage(env, post_office, count=200, deals=20, kills=5) == as_it_should_be(200, 20)


@pytest.fixture
def own_database() -> Iterator[str]:
    """A database of PostgreSQL beside that of the tests, for processes of their own."""
    given = settings.DATABASES["default"]
    name = f"storm_{uuid4().hex[:12]}"
    told = {"host": given["HOST"], "port": given["PORT"] or 5432, "user": given["USER"],
            "password": given["PASSWORD"] or None, "dbname": "postgres"}  # fmt: skip
    with connect(**told, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            signs = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
            yield f"postgres://{signs}@{told['host']}:{told['port']}/{name}"
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            server.execute(drop)


@pytest.mark.services
def test_after_a_storm_of_five_thousand_mails_and_fifty_kills_each_is_one_touch(
    tmp_path: Path, post_office: Dovecot, own_database: str
) -> None:
    env = environment(
        tmp_path, ANYMAIL_WEBHOOK_SECRET=SECRET, DATABASE_URL=own_database,
        SECRET_KEY="k" * 50, DEBUG="0", BASE_URL="http://127.0.0.1",
    )  # fmt: skip
    left = rage(env, post_office, count=5000, deals=200, kills=50)
    assert left == as_it_should_be(5000, 200)
