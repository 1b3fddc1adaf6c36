"""Run web, worker and beat on one machine: restart what dies, stop all together.

Each child leads a process group, so that its own children (gunicorn's workers, Celery's pool)
end with it. See docs/decisions/002-supervisor.md.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from config import reaper

TICK_SECONDS = 0.2
FIRST_PAUSE = timedelta(seconds=0.5)
LONGEST_PAUSE = timedelta(seconds=30)
# A child that ran this long was well: its next fall starts with the first pause again.
WELL_AFTER = timedelta(seconds=60)
# Longer than Celery's own soft shutdown, which lets running tasks end.
PATIENCE = timedelta(seconds=40)
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@dataclass
class Child:
    """One program to keep running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    due: float = 0
    pause: timedelta = FIRST_PAUSE

    def fell(self, now: float) -> None:
        """Note the end at `now` (monotonic seconds) and when to start again."""
        if now - self.started > WELL_AFTER.total_seconds():
            self.pause = FIRST_PAUSE
        self.due = now + self.pause.total_seconds()
        self.pause = min(self.pause * 2, LONGEST_PAUSE)


class Reaper:
    """The process that ends the groups it was told of, should this one be killed."""

    def __init__(self, groups: Iterable[int] = ()) -> None:
        reading, writing = os.pipe()
        self.process = subprocess.Popen(  # noqa: S603  # our own file
            [sys.executable, "-I", reaper.__file__], stdin=reading, start_new_session=True
        )
        os.close(reading)
        self._lifeline = os.fdopen(writing, "w", buffering=1)
        for group in groups:
            self.tell(f"+{group}")

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def tell(self, line: str) -> None:
        # killed by someone: the next look starts another, which hears of all that runs
        with contextlib.suppress(BrokenPipeError):
            self._lifeline.write(f"{line}\n")

    def let_go(self) -> None:
        """End the reaper too, and with it whatever it still knows of."""
        with contextlib.suppress(BrokenPipeError):
            self._lifeline.close()
        self.process.wait()


class Supervisor:
    """Keep `children` running until told to stop; `say` gets a line for each thing that happens."""

    def __init__(
        self,
        children: Sequence[Child],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self.children = children
        self.environment = environment
        self.say = say
        self.stopping = False
        self.reaper = Reaper()

    def run(self) -> None:
        """Block until SIGINT, SIGTERM or SIGHUP, then stop every child and return."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_soon)
        try:
            while not self.stopping:
                self._look_after(time.monotonic())
                time.sleep(TICK_SECONDS)
        finally:
            self._stop_all()

    def _look_after(self, now: float) -> None:
        if not self.reaper.is_alive:
            self.reaper = Reaper(process.pid for process in self._running())
        for child in self.children:
            if child.process is None and now >= child.due:
                self._start(child, now)
            elif child.process is not None and child.process.poll() is not None:
                self._bury(child, child.process, now)

    def _running(self) -> list[subprocess.Popen[bytes]]:
        return [child.process for child in self.children if child.process is not None]

    def _start(self, child: Child, now: float) -> None:
        child.process = subprocess.Popen(  # noqa: S603  # our own commands
            child.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  # this process has no threads
        )
        child.started = now
        self.reaper.tell(f"+{child.process.pid}")
        self.say(f"{child.name} started (process {child.process.pid})")

    def _bury(self, child: Child, process: subprocess.Popen[bytes], now: float) -> None:
        reaper.kill_group(process.pid)  # what it left behind would hold the port
        self.reaper.tell(f"-{process.pid}")
        child.process = None
        child.fell(now)
        ended = f"{child.name} ended ({_in_words(process.returncode)})"
        self.say(f"{ended}; it starts again in {child.due - now:.1f} s")

    def _stop_soon(self, *_: object) -> None:
        self.stopping = True

    def _stop_all(self) -> None:
        self.say("Stopping web, worker and beat")
        running = self._running()
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE.total_seconds()
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(deadline - time.monotonic(), 0))
            reaper.kill_group(process.pid)  # the impatient end, and what it left behind
            process.wait()
            self.reaper.tell(f"-{process.pid}")
        self.reaper.let_go()


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, before the reaper even hears of it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _in_words(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
