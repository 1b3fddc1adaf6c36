"""Read a calendar in a process of its own: `python -m outreach.mail.parsing.calendar_reader ZONE NOW …`.

A short calendar can ask for endless work (a meeting each second, on the 30th of February). The
process gets so much time and memory, knows no settings and no secrets, and says on its output what
it found. `appointments` is for everybody else: it starts the process and takes it down.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from outreach.mail.parsing.invitations import (
    Appointment,
    Attendee,
    Occurrence,
    UnreadableCalendarError,
    read,
)

SECONDS = 30
MEMORY_BYTES = 512 * 1024 * 1024
PROJECT = Path(__file__).resolve().parent.parent.parent.parent
NEEDED = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")
INSTANTS = ("stamped_at", "starts_at", "ends_at")
TOO_MUCH = (
    "Reading the calendar takes too much time or memory: a series in it may come again without "
    "end. Publish fewer months of it, or a calendar of your meetings only."
)


def appointments(
    text: str, *, zone: str, now: datetime, seconds: int = SECONDS
) -> list[Appointment]:
    """Return what `invitations.read` does, for so many seconds at most.

    Raises UnreadableCalendarError, in a sentence, for what is no calendar or too much of one.
    """
    told = [zone, now.isoformat(), str(seconds), str(MEMORY_BYTES)]
    try:
        done = subprocess.run(  # noqa: S603  # ourselves
            [sys.executable, "-sE", "-m", "outreach.mail.parsing.calendar_reader", *told],
            input=text.encode("utf-8", "replace"), capture_output=True, cwd=PROJECT, check=True,
            timeout=2 * seconds + 5, start_new_session=True,
            env={name: os.environ[name] for name in NEEDED if name in os.environ},
        )  # fmt: skip
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise UnreadableCalendarError(TOO_MUCH) from error
    said = json.loads(done.stdout)
    if "unreadable" in said:
        raise UnreadableCalendarError(said["unreadable"])
    return [_appointment(one) for one in said["appointments"]]


def _appointment(said: dict[str, Any]) -> Appointment:
    parts = {
        "attendees": tuple(Attendee(**who) for who in said["attendees"]),
        "occurrences": tuple(Occurrence(**_with_instants(one)) for one in said["occurrences"]),
        "changes": tuple(map(_appointment, said["changes"])),
    }
    return Appointment(**{**_with_instants(said), **parts})


def _with_instants(said: dict[str, Any]) -> dict[str, Any]:
    named = {name for name in INSTANTS if said.get(name)}
    return {**said, **{name: datetime.fromisoformat(said[name]) for name in named}}


def main() -> None:
    """Read the calendar on the input and say what it holds, within limits."""
    zone, now, seconds, memory = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    text = sys.stdin.buffer.read().decode()
    try:
        found = read(text, zone=zone, now=datetime.fromisoformat(now))
    except UnreadableCalendarError as error:
        said: dict[str, Any] = {"unreadable": str(error)}
    else:
        said = {"appointments": [asdict(one) for one in found]}
    json.dump(said, sys.stdout, default=lambda instant: instant.isoformat())


if __name__ == "__main__":
    main()
