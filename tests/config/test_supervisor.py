"""The supervisor with small programs: who lives, who dies. Processes report over a socket, whose
end tells their death exactly, zombies and grandchildren included."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from config.reaper import groups_left
from config.supervisor import FIRST_PAUSE, LONGEST_PAUSE, WELL_AFTER, Child

PATIENCE_SECONDS = 60  # for a busy machine; nothing here waits that long
SUPERVISE = Path(__file__).with_name("supervise.py")


@dataclass
class Caller:
    name: str
    pid: int
    line: socket.socket

    def has_died(self) -> bool:
        """Wait for its end."""
        try:
            return self.line.recv(1) == b""
        except ConnectionResetError:
            return True

    def is_alive(self) -> bool:
        self.line.setblocking(False)
        try:
            return self.line.recv(1) != b""
        except BlockingIOError:
            return True
        finally:
            self.line.settimeout(PATIENCE_SECONDS)


class Switchboard:
    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(PATIENCE_SECONDS)
        self.port = self.server.getsockname()[1]
        self.waiting: dict[str, list[Caller]] = {"child": [], "grandchild": []}
        self.all: list[Caller] = []

    def next(self, name: str) -> Caller:
        """Wait for the next report of a `name`."""
        while not self.waiting[name]:
            line, _ = self.server.accept()
            line.settimeout(PATIENCE_SECONDS)
            called, pid = line.recv(100).decode().split()
            self.all.append(Caller(called, int(pid), line))
            self.waiting[called].append(self.all[-1])
        return self.waiting[name].pop(0)


@pytest.fixture
def calls() -> Iterator[Switchboard]:
    switchboard = Switchboard()
    yield switchboard
    for caller in switchboard.all:
        if caller.is_alive():
            os.kill(caller.pid, signal.SIGKILL)
        caller.line.close()
    switchboard.server.close()


@pytest.fixture
def supervisor(calls: Switchboard) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, SUPERVISE, str(calls.port)])
    yield process
    process.kill()
    process.wait()


def test_a_killed_child_is_started_again_and_its_own_children_end_first(calls, supervisor):
    child, grandchild = calls.next("child"), calls.next("grandchild")

    os.kill(child.pid, signal.SIGKILL)

    assert grandchild.has_died()
    assert calls.next("child").pid != child.pid
    assert calls.next("grandchild").is_alive()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_stop_children_and_grandchildren(calls, supervisor, sign):
    child, grandchild = calls.next("child"), calls.next("grandchild")

    supervisor.send_signal(sign)

    assert supervisor.wait(PATIENCE_SECONDS) == 0
    assert child.has_died()
    assert grandchild.has_died()


def test_a_killed_supervisor_leaves_neither_children_nor_grandchildren(calls, supervisor):
    child, grandchild = calls.next("child"), calls.next("grandchild")

    supervisor.kill()

    assert child.has_died()
    assert grandchild.has_died()


def test_the_reaper_ends_what_started_and_did_not_end():
    assert groups_left(["+10\n", "+11\n", "-10\n", "+12\n"]) == {11, 12}


def test_a_child_that_falls_at_once_waits_twice_as_long_each_time_up_to_a_limit():
    child = Child("web", ["false"])
    pauses = []
    for _ in range(9):
        child.started = 1000
        child.fell(1001)
        pauses.append(child.due - 1001)

    assert pauses[:4] == [0.5, 1, 2, 4]
    assert pauses[-1] == LONGEST_PAUSE.total_seconds()


def test_a_child_that_was_well_for_a_minute_starts_again_soon():
    child = Child("web", ["false"], pause=timedelta(seconds=16), started=0)

    child.fell(WELL_AFTER.total_seconds() + 1)

    assert child.due == WELL_AFTER.total_seconds() + 1 + FIRST_PAUSE.total_seconds()
