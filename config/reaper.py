"""End process groups when the supervisor is gone, however it went.

Runs as a process of its own beside the supervisor, which writes `+GROUP` and `-GROUP` lines to
its standard input. A supervisor that is killed cannot clean up; its end of the pipe closes all
the same, on every system. Needs nothing but Python. See docs/decisions/002-supervisor.md.
"""

import os
import signal
import sys
from collections.abc import Iterable


def main() -> None:
    # Ctrl-C and a closed terminal reach the whole session: only the end of the pipe counts here.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    for group in groups_left(sys.stdin):
        kill_group(group)


def groups_left(lines: Iterable[str]) -> set[int]:
    """Follow what the supervisor starts and ends; return what still runs when the pipe closes."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def kill_group(group: int) -> None:
    """Kill every process of `group`; one that is gone already is as good.

    Killed outright: tasks are acknowledged late and write in transactions, so none is harmed.
    """
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a zombie
        return


if __name__ == "__main__":
    main()
