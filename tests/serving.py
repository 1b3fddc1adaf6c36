"""The product as a person starts it: `manage.py up` in a folder of its own, on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

PROJECT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 180  # for a busy machine; nothing here waits that long
OF_SERVERS = (
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "SECRET_KEY",
    "DEBUG",
    "BASE_URL",
    "ALLOWED_HOSTS",
)


def environment(var: Path, **told: str) -> dict[str, str]:
    """Return the environment of an installation that keeps everything in one folder."""
    clean = {name: value for name, value in os.environ.items() if name not in OF_SERVERS}
    ours = {"DJANGO_SETTINGS_MODULE": "config.settings", "LAMPLIGHTER_VAR": str(var)}
    return {**clean, **ours, **told}


def command(env: dict[str, str], *words: str) -> None:
    """Run one of manage.py's commands to its end."""
    subprocess.run(
        [sys.executable, "manage.py", *words], cwd=PROJECT, env=env, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def served(env: dict[str, str], log: Path) -> Iterator[str]:
    """Run web, worker and beat; give the address once all three have done their first work."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with log.open("w") as told:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=PROJECT, env=env, stdout=told, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while not _is_ready(f"{url}/health/ready"):
        assert process.poll() is None, log.read_text()
        assert monotonic() < deadline, log.read_text()
        Event().wait(0.1)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return int(response.status) == 200
    except (urllib.error.HTTPError, OSError):
        return False
