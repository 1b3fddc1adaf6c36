"""`manage.py up` as a person runs it: the real web, worker and beat on SQLite and files."""

import os
import re
import signal
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

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120  # for a busy machine; nothing here waits that long
SERVERS = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "DEBUG", "BASE_URL", "ALLOWED_HOSTS")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def command(port: int, var: Path) -> dict[str, object]:
    clean = {name: value for name, value in os.environ.items() if name not in SERVERS}
    return {
        "args": [sys.executable, "manage.py", "up", "--port", str(port)],
        "cwd": PROJECT,
        "env": clean | {"DJANGO_SETTINGS_MODULE": "config.settings", "LAMPLIGHTER_VAR": str(var)},
        "text": True,
        "stdout": subprocess.PIPE,
    }


@contextmanager
def up(port: int, var: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(**command(port, var))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def said(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Wait until `process` prints a line that matches."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"It ended without saying {pattern}")


def answer(port: int, path: str) -> int:
    """Return the status, 0 where nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until_it_answers(port: int, path: str, status: int) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while answer(port, path) != status:
        assert monotonic() < deadline, f"{path} never answered {status}"
        Event().wait(0.1)


def wait_until_dead(pid: int) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while is_running(pid):
        assert monotonic() < deadline, f"process {pid} lives on"
        Event().wait(0.1)


def is_running(pid: int) -> bool:
    """Say whether `pid` runs; a zombie, which only waits for its parent to look, does not."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self").exists():
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_serves_and_sweeps_restarts_a_killed_web_and_takes_all_down_when_killed(tmp_path):
    port = free_port()
    with up(port, tmp_path) as process:
        pids = {
            name: int(said(process, rf"^{name} started \(process (\d+)\)")[1])
            for name in ("web", "worker", "beat")
        }
        said(process, rf"^Lamplighter listens on http://127\.0\.0\.1:{port}$")
        wait_until_it_answers(port, "/health/ready", 200)  # beat, broker and worker did a sweep

        os.kill(pids["web"], signal.SIGKILL)

        assert said(process, r"^web ended \((.+)\); it starts again")[1] == "signal SIGKILL"
        pids["web"] = int(said(process, r"^web started \(process (\d+)\)")[1])
        wait_until_it_answers(port, "/health/ready", 200)

        process.kill()

        for pid in pids.values():
            wait_until_dead(pid)
        wait_until_it_answers(port, "/health/live", 0)  # gunicorn's own workers held the port too


def test_ctrl_c_stops_all_and_is_no_error(tmp_path):
    port = free_port()
    with up(port, tmp_path) as process:
        said(process, r"^Lamplighter listens on")
        process.send_signal(signal.SIGINT)
        said(process, r"^Stopping web, worker and beat$")

        assert process.wait(PATIENCE_SECONDS) == 0
        assert answer(port, "/health/live") == 0


def test_a_port_in_use_is_a_sentence_with_the_remedy(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        done = subprocess.run(**command(port, tmp_path), stderr=subprocess.PIPE, check=False)

    assert done.returncode == 1
    assert done.stderr == (
        f"CommandError: Port {port} on 127.0.0.1 cannot be used (Address already in use). "
        f"Take another one: PORT={port + 1} make run, or manage.py up --port {port + 1}\n"
    )


@pytest.mark.parametrize("port", ["80000", "0", "http"])
def test_what_is_no_port_is_a_sentence_and_wrong_usage(tmp_path, port):
    wrong = command(8000, tmp_path) | {"args": [sys.executable, "manage.py", "up", "--port", port]}

    done = subprocess.run(**wrong, stderr=subprocess.PIPE, check=False)

    assert done.returncode == 2
    assert done.stderr.endswith(f"a port is a number from 1 to 65535, and not {port}\n")
