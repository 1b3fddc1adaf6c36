"""Digests beside workers that die and workers that race: each is made once and mailed once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from time import monotonic
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from accounts.models import Team, User, Workspace
from outreach.digest import making, recipients, sending
from outreach.models import Telling
from tests.cast import Cast
from tests.digesting import TUESDAY_8, dark, states
from tests.mailing import Postbox, mail_server
from tests.outreach.test_killed_worker import worker
from tests.serving import PATIENCE_SECONDS, PROJECT, command, environment


def digests(env: dict[str, str], *words: str) -> str:
    """Do something about digests in a process of its own; return the states of all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.one_digest", *words],
        cwd=PROJECT, env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def until(env: dict[str, str], wanted: str) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while digests(env) != wanted:
        if monotonic() > deadline:
            pytest.fail(f"The digests are never {wanted}.")
        Event().wait(0.5)


@pytest.mark.parametrize("kind", ["morning", "weekly"])
def test_a_digest_whose_worker_is_killed_is_unknown_and_not_sent_twice(
    tmp_path: Path, kind: str
) -> None:
    with mail_server(Postbox(is_slow=True)) as postbox:
        env = environment(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{postbox.port}")
        command(env, "migrate", "--verbosity", "0")
        with worker(env):
            assert digests(env, kind) == "queued"
            assert postbox.has_accepted.wait(PATIENCE_SECONDS)
        postbox.is_slow = False
        assert digests(env) == "sending"
        with worker(env):
            digests(env, kind)
            until(env, "sending sent")
            assert digests(env, "lost") == "unknown sent"
            digests(env, kind)
            until(env, "unknown sent sent")
    to = [recipients for _, recipients, _ in postbox.accepted]
    assert to == [[f"user{number}@yard.example"] for number in range(3)]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_make_and_send_each_digest_once(cast: Cast) -> None:
    Workspace.objects.update(time_zone="UTC")
    people = [
        User.objects.create_user(f"rep{one}@example.com", "x" * 8, name=f"Rep {one}")
        for one in range(20)
    ]
    for user in people:
        dark(user)
    together = Barrier(4)

    def work() -> int:
        together.wait()
        made = making.make(TUESDAY_8)
        sending.send_due(TUESDAY_8, seconds=60)
        return made

    made = sum(each.result() for each in _at_once(work, 4))
    made += making.make(TUESDAY_8)
    sending.send_due(TUESDAY_8, seconds=60)
    assert (made, Telling.objects.count()) == (20, 20)
    assert states() == ["sent"] * 20
    told = sorted(sent.recipients()[0] for sent in mail.outbox)
    assert told == sorted(f"Rep {one} <rep{one}@example.com>" for one in range(20))


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_weekly_report_once(cast: Cast) -> None:
    Workspace.objects.update(time_zone="UTC")
    dark(cast.ines)
    monday = TUESDAY_8 + timedelta(days=6)
    leads = [
        User.objects.create_user(
            f"lead{one}@example.com", "x" * 8, name=f"Lead {one}", role=User.Role.MANAGER
        )
        for one in range(6)
    ]
    for one, lead in enumerate(leads):
        lead.led_teams.add(Team.objects.get(name="North"))
        recipients.add_recipient(lead, f"board{one}@example.org", now=TUESDAY_8)
    together = Barrier(4)

    def work() -> int:
        together.wait()
        made = making.make(monday)
        sending.send_due(monday, seconds=60)
        return made

    for each in _at_once(work, 4):
        each.result()
    making.make(monday)
    sending.send_due(monday, seconds=60)
    reports = [sent.recipients()[0] for sent in mail.outbox if sent.subject.startswith("Week")]
    boards = [f"board{one}@example.org" for one in range(6)]
    others = [f"Lead {one} <lead{one}@example.com>" for one in range(6)]
    assert sorted(reports) == sorted(
        ["Ada <ada@example.com>", "Maud <maud@example.com>", *boards, *others]
    )


def _at_once(work: Callable[[], int], times: int) -> list[Future[int]]:
    """Run something in so many threads, each with a connection of its own."""

    def closing(*_: Any) -> int:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [pool.submit(closing) for _ in range(times)]
