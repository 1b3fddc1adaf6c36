"""A worker that is killed between sending and saving: a real worker, a real mail server, SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from tests.mailing import Postbox, mail_server
from tests.serving import PATIENCE_SECONDS, PROJECT, command, environment


@contextmanager
def worker(env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker of our own; whatever is left of it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "-P", "threads", "-c", "2"],
        cwd=PROJECT, env=env, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def mail(env: dict[str, str], *words: str) -> str:
    """Do something about mail in a process of its own; return the states of all mails."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.one_mail", *words],
        cwd=PROJECT, env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def until(env: dict[str, str], states: str) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while mail(env) != states:
        if monotonic() > deadline:
            pytest.fail(f"The mails are never {states}.")
        Event().wait(0.5)


def test_a_mail_whose_worker_is_killed_is_asked_about_and_not_sent_twice(tmp_path: Path) -> None:
    with mail_server(Postbox(is_slow=True)) as postbox:
        env = environment(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{postbox.port}")
        command(env, "migrate", "--verbosity", "0")
        with worker(env):
            assert mail(env, "order") == "queued"
            assert postbox.has_accepted.wait(PATIENCE_SECONDS)
        postbox.is_slow = False
        assert mail(env) == "sending"
        with worker(env):
            mail(env, "order")
            until(env, "sending sent")
            assert mail(env, "lost") == "unknown sent"
            mail(env, "order")
            until(env, "unknown sent sent")
    to = [recipients for _, recipients, _ in postbox.accepted]
    assert to == [[f"mara{number}@yard.example"] for number in range(3)]
